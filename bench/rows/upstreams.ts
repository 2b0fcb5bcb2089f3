// Calls that go on to an existing MCP server: this server beside the least a proxy can be, and beside the official client;
// and what processes of people cost while nobody uses them.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../connection.ts'
import { measureCost, type Load, type Measured } from '../measure.ts'
import { startProcess, type Running } from '../processes.ts'
import type { Bench } from '../run.ts'
import { compare, type Row } from '../table.ts'
import { messageOf } from './calls.ts'

/** As many calls at a time as one person may have at an upstream, with some room. */
const CONNECTIONS = 16
/** What is compiled only after thousands of calls is half of the cost of a call. */
const WARM_UP = { calls: 10_000, seconds: 30 }
const PEOPLE = 50
/** Longer than it takes to start all of them. */
const IDLE_SECONDS = 90
const MEGABYTE = 1024
const MEMORY = 'node_modules/@modelcontextprotocol/server-memory/dist/index.js'

type Entry = Record<string, unknown>
type Put = (load: Load) => Promise<Measured>

export async function upstreams (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const storage of ['SQLite', 'Redis'] as const) {
    rows.push(await besidePipe(bench, storage, 'sdk', true))
    rows.push(await besidePipe(bench, storage, 'sessions', false))
    rows.push(await besideClient(bench, storage))
  }
  return [...rows, ...(await idlePeople(bench))]
}

/** @param isModern whether client and upstream speak 2026-07-28; otherwise the upstream has sessions (2025-11-25). */
async function besidePipe (bench: Bench, storage: 'SQLite' | 'Redis', name: string, isModern: boolean): Promise<Row> {
  const upstream = await startProcess(name, {}, { core: 1 })
  const url = upstream.url.replace('localhost', '127.0.0.1')
  const ours = await startOurs(bench, storage, { url })
  const pipe = await startProcess('pipe', { UPSTREAM_URL: url })
  const session = isModern ? {} : await openSession(pipe.url)
  const { access } = await connect(ours.url)
  const call = (tool: string) => messageOf({ ...greet(tool), modern: isModern }, access)
  const piped = call('greet')
  const version = isModern ? '2026-07-28, JSON' : '2025-11-25, sessions and events'
  const row = await beside(
    bench,
    `tools/call of an HTTP upstream (${version}), ${storage}: × node:http piping, by processor time`,
    { goal: 1.6, ours, other: pipe, name: 'pipe' },
    { ours: { url: ours.url, ...call('it_greet') }, other: { url: pipe.url, ...piped, headers: { ...piped.headers, ...session } } }
  )
  await Promise.all([ours.stop(), pipe.stop(), upstream.stop()])
  return row
}

async function besideClient (bench: Bench, storage: 'SQLite' | 'Redis'): Promise<Row> {
  const command = { command: process.execPath, args: [join(import.meta.dirname, '../servers/stdio.ts')] }
  // Their own process runs beside them: both may use every core.
  const ours = await startOurs(bench, storage, command, false)
  const client = await startProcess('stdio-client', {}, { core: undefined })
  const { access } = await connect(ours.url)
  const put = (load: Load) =>
    new Promise<Measured>((resolve) => {
      client.child.once('message', (measured) => resolve(measured as Measured))
      client.child.send(load)
    })
  const row = await beside(
    bench,
    `tools/call of a process, ${storage}: × the SDK's client, by processor time`,
    { goal: 1.5, ours, other: client, name: 'client', put },
    { ours: { url: ours.url, ...messageOf({ ...greet('it_greet'), modern: true }, access) }, other: { url: '' } }
  )
  await Promise.all([ours.stop(), client.stop()])
  return row
}

interface Beside {
  goal: number
  ours: Running
  other: Running
  /** Of the other, in the table. */
  name: string
  put?: Put
}

async function beside (
  { rounds, seconds }: Bench,
  work: string,
  { goal, ours, other, name, put }: Beside,
  loads: Record<'ours' | 'other', Pick<Load, 'url' | 'headers' | 'body'>>
): Promise<Row> {
  await untilOffered(loads.ours)
  const load = async (server: Running, one: Pick<Load, 'url' | 'headers' | 'body'>, lasting: number, how?: Put) => {
    const whole = { ...one, connections: CONNECTIONS, seconds: lasting, isVerified: true }
    const measured = await measureCost(server, whole, how)
    if (measured.refused > 0) throw new Error(`${measured.refused} calls failed: ${work}`)
    return measured
  }
  const warmUp = async (server: Running, one: Pick<Load, 'url' | 'headers' | 'body'>, how?: Put) => {
    let calls = 0
    for (let took = 0; calls < WARM_UP.calls && took < WARM_UP.seconds; took += 2) {
      calls += (await load(server, one, 2, how)).answers
    }
  }
  const round = async () => {
    const [a, b] = [await load(ours, loads.ours, seconds), await load(other, loads.other, seconds, put)]
    return {
      'µs ours': a.cost,
      [`µs ${name}`]: b.cost,
      'p50 ours': a.p50,
      [`p50 ${name}`]: b.p50,
      'p99 ours': a.p99,
      [`p99 ${name}`]: b.p99,
      'calls/s ours': a.rate,
      [`calls/s ${name}`]: b.rate
    }
  }
  await warmUp(ours, loads.ours)
  await warmUp(other, loads.other, put)
  return await compare(work, goal, rounds, ['µs ours', `µs ${name}`], round, { atMost: true })
}

const greet = (name: string) => ({ method: 'tools/call', params: { name, arguments: { name: 'bench' } } })

/** This server as it is shipped, with one upstream named `it`. */
async function startOurs (bench: Bench, storage: 'SQLite' | 'Redis', entry: Entry, isPinned = true): Promise<Running> {
  const { env } = await bench.place(storage)
  const file = join(dirname(env['DATA_DIR']!), 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers: { it: entry } }))
  return await startProcess('shipped', { ...env, UPSTREAMS: file }, { core: isPinned ? 0 : undefined })
}

/** Lists of upstreams are read beside the start. @param expected in the answer of the tool. */
async function untilOffered (
  { url, headers, body }: Pick<Load, 'url' | 'headers' | 'body'>,
  expected = 'Hello, bench!'
): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await (await fetch(url, { method: 'POST', headers: headers!, body: body! })).text()
    if (answer.includes(expected)) return
    if (tries === 99) throw new Error(`the tool of the upstream is not offered: ${answer}`)
    await sleep(200)
  }
}

/** The head that names a session of the upstream. */
async function openSession (url: string): Promise<Record<string, string>> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } }
  const { headers, body } = messageOf({ method: 'initialize', params, modern: false }, '')
  const answer = await fetch(url, { method: 'POST', headers: headers!, body: body! })
  await answer.text()
  return { 'mcp-session-id': answer.headers.get('mcp-session-id')! }
}

/** One process for each of many people, used once: what they hold while nobody calls, and whether they end. */
async function idlePeople (bench: Bench): Promise<Row[]> {
  const entry = { command: process.execPath, args: [MEMORY], process: 'per-user', idleSeconds: IDLE_SECONDS }
  const ours = await startOurs(bench, 'SQLite', { ...entry, env: { MEMORY_FILE_PATH: '/dev/null' } }, false)
  const bodyFor = (access: string) =>
    messageOf({ method: 'tools/call', params: { name: 'it_read_graph', arguments: {} }, modern: true }, access)
  const people = await Promise.all(Array.from({ length: PEOPLE }, async () => bodyFor((await connect(ours.url)).access)))
  await untilOffered({ url: ours.url, ...people[0]! }, 'entities')
  const before = ours.usage()
  for (const { headers, body } of people) {
    const answer = await (await fetch(ours.url, { method: 'POST', headers: headers!, body: body! })).text()
    if (!answer.includes('entities')) throw new Error(`a process of a person did not answer: ${answer}`)
  }
  await sleep(2_000)
  const [after, processes] = [ours.usage(), await memoryOfChildren(ours)]
  await sleep((IDLE_SECONDS * 1.25 + 10) * 1_000)
  const left = await memoryOfChildren(ours)
  await ours.stop()
  const each = (after.rss - before.rss) / 1024 / MEGABYTE / PEOPLE
  return [
    {
      ...single(`memory of this server for each of ${PEOPLE} idle processes of people, MB`, 0.5, each),
      figures: { processes: processes.length, 'MB of all of them': Math.round(sum(processes) / MEGABYTE) }
    },
    single(`processes left when ${IDLE_SECONDS} seconds without a call are over`, 0, left.length)
  ]
}

const single = (work: string, goal: number, value: number): Row =>
  ({ work, goal, ratio: value, spread: [value, value], atMost: true, figures: {} })

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0)

/** KB of each, with its part of what they share. */
async function memoryOfChildren ({ child }: Running): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const memory = await Promise.all(ids.map(async (id) => {
    const status = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
    // The shell that ends processes after this server was killed stays.
    if (Number(status.split(') ')[1]?.split(' ')[1]) !== child.pid || status.includes('(sh)')) return undefined
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '')
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
  }))
  return memory.filter((each) => each !== undefined)
}
