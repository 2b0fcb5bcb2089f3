// The whole server in a process of its own, which tells its parent what
// a request costs it: see measured-server.ts. To
// be forked with an IPC channel.
import diagnostics from 'node:diagnostics_channel'
import { readFileSync, writeFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

export interface Route {
  method: string
  url: string
}

/** What the process did between `begin` and `end`. */
export interface Cost {
  /** The most processor time of the main thread between two turns of the event loop. */
  blockMs: number
  /** Processor time of the main thread in all. */
  totalMs: number
  /** How far memory rose above what it was. */
  growthBytes: number
}

const TICK_MS = 4

const routes: Route[] = []
diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url })
  })
})

const { buildApp } = await import('../../app.ts')
const { loadConfig } = await import('../../config/index.ts')
const config = await loadConfig(process.env as Record<string, string>)
const app = await buildApp(config, { maxEventLoopDelayMs: Infinity })
await app.listen({ port: config.port, host: '127.0.0.1' })
await app.library.ready

/** Of this thread alone: garbage collectors and compilers work beside it. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** On Linux the peak is set back first, so that it is the one of this request. */
function resetPeak (): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    /* elsewhere the peak of the process counts, which only hides */
  }
}

function peakBytes (): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

let begun = { cpu: 0, peak: 0 }
let lastTick = 0
let longest = 0
setInterval(() => {
  const now = cpuMs()
  longest = Math.max(longest, now - lastTick)
  lastTick = now
}, TICK_MS)

process.on('message', (message: 'begin' | 'begin clean' | 'end') => {
  if (message !== 'end') {
    if (message === 'begin clean') globalThis.gc?.()
    resetPeak()
    begun = { cpu: cpuMs(), peak: peakBytes() }
    lastTick = begun.cpu
    longest = 0
    process.send!({ begun: true })
    return
  }
  const now = cpuMs()
  process.send!({
    blockMs: Math.max(longest, now - lastTick),
    totalMs: now - begun.cpu,
    growthBytes: Math.max(0, peakBytes() - begun.peak)
  } satisfies Cost)
})
process.on('disconnect', () => process.exit())
process.send!({ routes })
