// Puts load on a server, and says what each answer cost it: by wrk where it can be had, by autocannon otherwise.
import { execFileSync, fork, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pin, type Running } from './processes.ts'

export interface Load {
  url: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** A token for each request, in turns. */
  tokens?: string[]
  /** Whether the result of a tool that failed counts as refused. */
  isVerified?: boolean
  connections: number
  /** Seconds. */
  seconds: number
}

export interface Measured {
  answers: number
  /** Answers a second. */
  rate: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Answers other than 200, and results of tools that failed where these are looked at. */
  refused: number
}

export type Costed = Measured & { cost: number }

/** As {@link measure}, with the microseconds of processor time that each answer took the server. */
export async function measureCost (
  server: Running,
  load: Load,
  put: (load: Load) => Promise<Measured> = measure
): Promise<Costed> {
  const before = server.usage()
  const measured = await put(load)
  const after = server.usage()
  return { ...measured, cost: (after.cpu - before.cpu) / measured.answers }
}

/** What puts the load: for the table. */
export const generator = ((): 'wrk' | 'autocannon' => {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' })
    return 'wrk'
  } catch {
    return 'autocannon'
  }
})()

/** Puts load on a server from a process of its own. */
export const measure = (load: Load): Promise<Measured> =>
  // wrk looks into bodies only at a price that it pays itself.
  generator === 'wrk' && !load.isVerified && !load.tokens ? byWrk(load) : byAutocannon(load)

function byAutocannon (load: Load): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'load.ts'), { env: { PATH: process.env['PATH'] } })
    pin(child, 1)
    child.once('message', (result) => resolve(result as Measured))
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`the load generator ended with ${code}`))
    })
    child.send(load)
  })
}

const lua = (text: string): string => `[==[${text}]==]`

async function byWrk ({ url, method = 'POST', headers = {}, body, connections, seconds }: Load): Promise<Measured> {
  const script = join(tmpdir(), `bench-${process.pid}.lua`)
  const heads = Object.entries(headers).map(([name, value]) => `wrk.headers[ ${lua(name)} ] = ${lua(value)}`)
  const done = `function done (summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status
  io.write(string.format('{"answers":%d,"took":%d,"p50":%d,"p99":%d,"refused":%d}', summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end`
  await writeFile(script, [`wrk.method = ${lua(method)}`, ...heads, body === undefined ? '' : `wrk.body = ${lua(body)}`, done].join('\n'))
  const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  pin(child, 1)
  const said = (await Array.fromAsync(child.stdout)).join('')
  const { answers, took, p50, p99, refused } = JSON.parse(/\{.*\}/.exec(said)![0]) as Record<'answers' | 'took' | 'p50' | 'p99' | 'refused', number>
  return { answers, rate: answers / (took / 1e6), p50: p50 / 1000, p99: p99 / 1000, refused }
}

/** Rounds of a second until three in a row are alike, or for eight seconds: what V8 compiles late is half of a call. */
export async function warmUp (load: Load): Promise<void> {
  const rates: number[] = []
  for (let rounds = 0; rounds < 8; rounds++) {
    rates.push((await measure({ ...load, seconds: 1 })).rate)
    const last = rates.slice(-3)
    if (last.length === 3 && Math.max(...last) < Math.min(...last) * 1.05) return
  }
}
