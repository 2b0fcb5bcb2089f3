// The process itself: how soon it answers after its start, and how much memory it holds when nothing happens.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/helpers/ports.ts'
import type { Bench } from '../run.ts'
import { startProcess } from '../processes.ts'
import { compare, type Row } from '../table.ts'

const MEGABYTE = 1024 * 1024

export async function process ({ place, rounds }: Bench): Promise<Row[]> {
  const { env } = await place('SQLite')
  const start = await compare('start until it listens: × bare Fastify', 2, rounds * 2, ['ours', 'bare'], async () => {
    const ours = await startProcess('ours', env)
    await ours.stop()
    const bare = await startProcess('empty', {})
    await bare.stop()
    return { ours: ours.startedIn, bare: bare.startedIn }
  }, { atMost: true })
  const rss = await idleMemory(env)
  return [start, { work: 'idle memory of `npm start`, MB', ratio: rss / MEGABYTE, spread: [rss / MEGABYTE, rss / MEGABYTE], goal: 130, atMost: true, figures: {} }]
}

/** Bytes that the server holds ten seconds after its start, as the system counts them. */
async function idleMemory (env: Record<string, string>): Promise<number> {
  const { readFile } = await import('node:fs/promises')
  const port = await freePort()
  const root = join(import.meta.dirname, '../..')
  const child = spawn(globalThis.process.execPath, ['server.ts'], { cwd: root, env: { PATH: globalThis.process.env['PATH'], ...env, DOCS_DIR: join(root, 'docs'), PORT: String(port) }, stdio: 'ignore' })
  await sleep(10_000)
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  child.kill('SIGTERM')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
}
