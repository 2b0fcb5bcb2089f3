// Loaded into every test (.taprc): its children have the environment of production, and modules are compiled once for all tests.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import processOnSpawn from 'process-on-spawn'

const CACHE = fileURLToPath(new URL('../../.tap/compile-cache', import.meta.url))

// Compiling the server takes half of what a small test takes. Children that inherit the environment take part.
enableCompileCache(CACHE)
process.env['NODE_COMPILE_CACHE'] = CACHE

// tap's recorder of loaded files adds itself to NODE_OPTIONS of every child. A worker, which may reach nothing, cannot start with it.
processOnSpawn.removeAllListeners()
processOnSpawn.addListener = () => { /* and none comes later */ }
