// The processes of a measurement: each server alone on the first core, the load generator on the second.
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../test/helpers/ports.ts'

const SERVERS = join(import.meta.dirname, 'servers')
const canPin = (() => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Binds a process to one core, so that server and load do not take it from each other. */
function pin (child: ChildProcess, core: number): void {
  if (canPin) execFileSync('taskset', ['-a', '-cp', String(core), String(child.pid)], { stdio: 'ignore' })
}

export interface Running {
  url: string
  child: ChildProcess
  /** Milliseconds from the start of the process until it listened. */
  startedIn: number
  stop (): Promise<void>
}

/** @param name a file of servers/. @param core undefined for none in particular. */
export async function startProcess (name: string, env: Record<string, string>): Promise<Running> {
  const port = await freePort()
  const begun = performance.now()
  const child = fork(join(SERVERS, `${name}.ts`), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), PUBLIC_URL: `http://localhost:${port}`, ...env } })
  pin(child, 0)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  const startedIn = performance.now() - begun
  const stop = async () => {
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await over
  }
  return { url: `http://localhost:${port}`, child, startedIn, stop }
}

export interface Load {
  url: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** A token for each request, in turns. */
  tokens?: string[]
  connections: number
  /** Seconds. */
  seconds: number
}

export interface Measured {
  /** Answers a second. */
  rate: number
  /** Milliseconds. */
  p99: number
  /** Answers other than 200. */
  refused: number
}

/** Puts load on a server from a process of its own. */
export function measure (load: Load): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'load.ts'), { env: { PATH: process.env['PATH'] } })
    pin(child, 1)
    child.once('message', (result) => resolve(result as Measured))
    child.once('exit', (code) => { if (code !== 0) reject(new Error(`the load generator ended with ${code}`)) })
    child.send(load)
  })
}
