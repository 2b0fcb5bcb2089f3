// Loaded into a server that a test starts as a process: it never takes itself for overloaded. A busy build machine is no fault of
// what is tried.
import performance from 'node:perf_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { monitorEventLoopDelay } = performance
performance.monitorEventLoopDelay = (options) => Object.defineProperty(monitorEventLoopDelay(options), 'mean', { value: 0 })
syncBuiltinESMExports()
