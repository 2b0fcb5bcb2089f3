// Loaded into every test before tap's own hooks (.taprc): the test and
// its children run as production does, and what is
// compiled is cached for all tests.
import { fileURLToPath } from 'node:url'
import processOnSpawn from 'process-on-spawn'
import { findMemoryDisk } from './memory-disk.ts'

// Compiling the server takes half of what a small test takes. .taprc
// names this folder relative to where tap starts; a
// child may start elsewhere.
process.env['NODE_COMPILE_CACHE'] = fileURLToPath(new URL('../../.tap/compile-cache', import.meta.url))

// tap's recorder of loaded files adds itself to NODE_OPTIONS of every
// child. A worker, which may reach nothing, cannot
// start with it.
delete process.env['NODE_OPTIONS']
processOnSpawn.removeAllListeners()
processOnSpawn.addListener = () => { /* and none comes later */ }

// In this process it would read every file a second time, for reports
// that nobody asks for: a third of what starting a
// server takes.
process.env['_TAPJS_PROCESSINFO_EXCLUDE_'] = '/./'

// The children inherit it.
const memoryDisk = findMemoryDisk()
if (memoryDisk !== undefined) process.env['TMPDIR'] ??= memoryDisk
