// Loaded before server.ts, so that the second start need not take off types and compile again what the first one did:
// half the time, and 25 MB less memory. JavaScript, since this cannot be cached itself. A folder that cannot be written
// changes nothing.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, 'node_modules/.cache/server'))
