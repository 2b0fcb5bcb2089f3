// The process itself: how soon it answers after its start, and how much memory it holds when nothing happens, as `npm start` starts it.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/helpers/ports.ts'
import type { Bench } from '../run.ts'
import { compare, type Row } from '../table.ts'

const MEGABYTE = 1024 * 1024
const ROOT = join(import.meta.dirname, '../..')
const OURS = ['--import', './compile-cache.js', 'server.ts']
const BARE = ['bench/servers/empty.ts']

export async function process ({ place, rounds }: Bench): Promise<Row[]> {
  const { env: data } = await place('SQLite')
  const env = { ...data, DOCS_DIR: join(ROOT, 'docs') }
  // The first start is another one: it fills the cache of compiled code, and makes what is stored.
  await started(OURS, env)
  const start = await compare('start to the first 200: × bare Fastify', 2, rounds * 2, ['ms ours', 'ms bare'], async () => ({ 'ms ours': await started(OURS, env), 'ms bare': await started(BARE, {}) }), { atMost: true })
  const rss = await idleMemory(env)
  return [start, { work: 'idle memory of `npm start`, MB', ratio: rss / MEGABYTE, spread: [rss / MEGABYTE, rss / MEGABYTE], goal: 130, atMost: true, figures: {} }]
}

async function begin (args: string[], env: Record<string, string>): Promise<{ child: ChildProcess, url: string }> {
  const port = await freePort()
  const child = spawn(globalThis.process.execPath, args, { cwd: ROOT, env: { PATH: globalThis.process.env['PATH'], ...env, PORT: String(port) }, stdio: 'ignore' })
  return { child, url: `http://127.0.0.1:${port}/` }
}

async function end (child: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await over
}

/** Milliseconds from the start of the process to the first 200. */
async function started (args: string[], env: Record<string, string>): Promise<number> {
  const begun = performance.now()
  const { child, url } = await begin(args, env)
  while (!await fetch(url).then(({ ok }) => ok, () => false)) await sleep(2)
  const took = performance.now() - begun
  await end(child)
  return took
}

/** Bytes that the server holds ten seconds after its start, as the system counts them. */
async function idleMemory (env: Record<string, string>): Promise<number> {
  const { child } = await begin(OURS, env)
  await sleep(10_000)
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  await end(child)
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
}
