// Loaded before server.ts, in JavaScript that every Node can read: an older one gets a sentence and no stack. Then it caches
// stripped and compiled code, so that the second start takes half the time and 25 MB less memory. Without write access to the
// folder there is no cache.
import module from 'node:module'
import { join } from 'node:path'

const MINIMUM = 24

if (Number(process.versions.node.split('.')[0]) < MINIMUM) {
  process.stderr.write(
    `This server needs Node ${MINIMUM} or newer, and this is ${process.version}. ` +
      'Run npm ci, which installs it for this folder, or get it from https://nodejs.org\n'
  )
  process.exit(1)
}
// Node would open its debugger for anyone who may send a signal to this process.
process.on('SIGUSR1', () => {})
module.enableCompileCache(join(import.meta.dirname, 'node_modules/.cache/server'))
