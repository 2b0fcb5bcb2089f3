// The processes of a measurement: each server alone on the first core, the load generator on the second.
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../test/helpers/ports.ts'
import type { Usage } from './servers/tell.ts'

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
export function pin ({ pid }: { pid?: number | undefined }, core: number): void {
  if (canPin) execFileSync('taskset', ['-a', '-cp', String(core), String(pid)], { stdio: 'ignore' })
}

// What this process does itself is load, too.
pin(process, 1)

export interface Running {
  url: string
  child: ChildProcess
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** @param name a file of servers/. @param core where it runs; `undefined` where its own processes need the other cores. */
export async function startProcess (
  name: string,
  env: Record<string, string>,
  { core }: { core: number | undefined } = { core: 0 }
): Promise<Running> {
  const port = await freePort()
  const child = fork(join(SERVERS, `${name}.ts`), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      ...env
    }
  })
  if (core !== undefined) pin(child, core)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  const stop = async () => {
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await over
  }
  const usage = () =>
    new Promise<Usage>((resolve) => {
      child.once('message', (told) => resolve(told as Usage))
      child.send('usage')
    })
  return { url: `http://localhost:${port}`, child, usage, stop }
}

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
  /** Milliseconds; whole ones from the load generator. */
  p50: number
  p99: number
  /** Answers other than 200, and results of tools that failed where these are looked at. */
  refused: number
}

/** As {@link measure}, with the microseconds of processor time that each answer took the server. */
export async function measureCost (
  server: Running,
  load: Load,
  put: (load: Load) => Promise<Measured> = measure
): Promise<Measured & { cost: number }> {
  const before = await server.usage()
  const measured = await put(load)
  const after = await server.usage()
  return { ...measured, cost: (after.cpu - before.cpu) / measured.answers }
}

/** Puts load on a server from a process of its own. */
export function measure (load: Load): Promise<Measured> {
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
