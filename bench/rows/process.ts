// The process itself: how soon it answers after its start, how much memory it holds when nothing happens, and how much
// for each stream that is listened to.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/helpers/ports.ts'
import { connect } from '../connection.ts'
import type { Bench } from '../run.ts'
import { pin, startFlags, startProcess, type Running } from '../processes.ts'
import { compare, type Row } from '../table.ts'

const ROOT = join(import.meta.dirname, '../..')
const MEGABYTE = 1024 * 1024
const STREAMS = 10_000
/** As many as one connection may hold. */
const STREAMS_EACH = 20
const MODERN = '2026-07-28'

export async function process ({ place, rounds }: Bench): Promise<Row[]> {
  const { env } = await place('SQLite')
  const own = { ...env, DOCS_DIR: join(ROOT, 'docs') }
  // Once before: the data folder and the compiled code are there from the second start on.
  await firstAnswer('server.ts', own)
  const start = await compare(
    'start to first 200 of /health: × bare Fastify',
    1.8,
    rounds * 2,
    ['ours', 'bare'],
    async () => ({ ours: await firstAnswer('server.ts', own), bare: await firstAnswer('bench/servers/empty.ts', {}) }),
    { atMost: true }
  )
  return [
    start,
    single('idle memory of `npm start`, MB', 110, (await idleMemory(own)) / MEGABYTE),
    ...(await streams((await place('SQLite')).env))
  ]
}

const single = (work: string, goal: number, value: number): Row => ({
  work,
  goal,
  ratio: value,
  spread: [value, value],
  atMost: true,
  figures: {}
})

async function start (
  file: string,
  env: Record<string, string>
): Promise<{ child: ChildProcess; url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const child = spawn(
    globalThis.process.execPath,
    [...(file === 'server.ts' ? startFlags : []), file],
    {
      cwd: ROOT,
      env: { PATH: globalThis.process.env['PATH'], ...env, HOST: '127.0.0.1', PORT: String(port) },
      stdio: 'ignore'
    }
  )
  pin(child, 0)
  const stop = async () => {
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await over
  }
  return { child, url: `http://127.0.0.1:${port}/`, stop }
}

/** Milliseconds from the start of the process to its first answer that all is well. */
async function firstAnswer (file: string, env: Record<string, string>): Promise<number> {
  const begun = performance.now()
  const { url, stop } = await start(file, env)
  const isThere = () =>
    new Promise<boolean>((resolve) => {
      request(`${url}health`, (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      })
        .on('error', () => resolve(false))
        .end()
    })
  while (!(await isThere())) await sleep(2)
  const took = performance.now() - begun
  await stop()
  return took
}

/** Bytes that the server holds ten seconds after its start, as the system counts them. */
async function idleMemory (env: Record<string, string>): Promise<number> {
  const { child, stop } = await start('server.ts', env)
  await sleep(10_000)
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  await stop()
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
}

/**
 * What each of many open `subscriptions/listen` streams costs the server, whether all of them are served, and what Node
 * alone takes.
 */
async function streams (env: Record<string, string>): Promise<Row[]> {
  const server = await startProcess('shipped', env)
  const tokens: string[] = []
  while (tokens.length < STREAMS / STREAMS_EACH) tokens.push((await connect(server.url)).access)
  const ours = await openMany(server, tokens)
  const bare = await openMany(await startProcess('held', {}), tokens)
  const row = single(`memory of an open listen stream, KB, of ${ours.served} served (${STREAMS} opened)`, 12, ours.each)
  return [{ ...row, figures: { ours: ours.each, 'node:http': bare.each } }]
}

/** Opens the streams, counts those that say something, and ends the server. @returns each one's memory in KB. */
async function openMany (server: Running, tokens: readonly string[]): Promise<{ served: number; each: number }> {
  const before = server.usage()
  const body = (id: number) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'subscriptions/listen',
      params: {
        notifications: { toolsListChanged: true },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientCapabilities': {},
          'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' }
        }
      }
    })
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': MODERN,
    'mcp-method': 'subscriptions/listen'
  }
  const open: Array<ReturnType<typeof request>> = []
  /** Whether the stream has said its first word. */
  const listen = (id: number) =>
    new Promise<boolean>((resolve) => {
      const authorization = `Bearer ${tokens[Math.floor(id / STREAMS_EACH)]}`
      const asked = request(
        server.url,
        { method: 'POST', headers: { ...headers, authorization }, agent: false },
        (answer) => {
          answer.once('data', () => resolve(answer.statusCode === 200))
          answer.on('error', () => {})
        }
      )
      asked.on('error', () => resolve(false))
      asked.end(body(id))
      open.push(asked)
    })
  let served = 0
  for (let first = 0; first < STREAMS; first += 200) {
    served += (await Promise.all(Array.from({ length: 200 }, (_, index) => listen(first + index)))).filter(
      Boolean
    ).length
  }
  await sleep(2_000)
  const after = server.usage()
  for (const each of open) each.destroy()
  await server.stop()
  return { served, each: Math.round((after.rss - before.rss) / served / 102.4) / 10 }
}
