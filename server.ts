// The process: serves the folder it is started in, with the environment and its `.env`.
// Tested in test/journeys/crash.test.ts and test/journeys/shutdown.test.ts.
import { loadConfig, readEnvironment } from './config/index.ts'
import { serve } from './serve.ts'

await serve(() => loadConfig(readEnvironment()))
