// The servers of a measurement, each alone on the first core; the load comes from the second (load.ts).
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/helpers/ports.ts'
import { usageOf, usageWithChildren, type Usage } from './usage.ts'

const ROOT = join(import.meta.dirname, '..')
const SERVERS = join(import.meta.dirname, 'servers')
/** What `npm start` gives to Node before the file. */
export const startFlags = /node (.+?) server\.ts/
  .exec((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } }).scripts.start)![1]!
  .split(' ')
  .map((flag) => (flag.startsWith('./') ? join(ROOT, flag) : flag))
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
  usage(): Usage
  stop(): Promise<void>
}

/** @param name a file of servers/. @param core where it runs; `undefined` where its own processes need the other cores. */
export async function startProcess (
  name: string,
  env: Record<string, string>,
  { core }: { core: number | undefined } = { core: 0 }
): Promise<Running> {
  const port = await freePort()
  const options = {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'] as ['ignore', 'ignore', 'inherit', 'ipc'],
    env: environment(port, env),
    ...(name === 'shipped' && { execArgv: startFlags })
  }
  const child = fork(join(SERVERS, `${name}.ts`), options)
  if (core !== undefined) pin(child, core)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  return running(child, port, usageOf)
}

/**
 * The server as it is shipped, as `npm start` starts it.
 * @param folder where it runs: with what is in `tools/` there besides its own tools.
 */
export async function startShipped (folder: string, env: Record<string, string>): Promise<Running> {
  const port = await freePort()
  const child = spawn(process.execPath, [...startFlags, join(ROOT, 'server.ts')], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment(port, env)
  })
  pin(child, 0)
  // Nothing is left of a bench that fails.
  process.once('exit', () => child.kill('SIGKILL'))
  const server = running(child, port, usageWithChildren)
  for (;;) {
    if (child.exitCode !== null) throw new Error(`server.ts ended with ${child.exitCode}`)
    const answer = await fetch(`${server.url}/health/ready`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return server
    await sleep(20)
  }
}

const environment = (port: number, env: Record<string, string>) => ({
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: String(port),
  PUBLIC_URL: `http://localhost:${port}`,
  ...env
})

function running (child: ChildProcess, port: number, usage: typeof usageOf): Running {
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  return { url: `http://localhost:${port}`, child, usage: () => usage(child.pid!), stop }
}
