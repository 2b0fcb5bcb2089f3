// Messages to the endpoint and the discovery document: this server as it is shipped, beside bare routes that answer the same
// bytes, and beside servers that are made with the official SDK alone.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../run.ts'
import { connect } from '../connection.ts'
import { measureCost, warmUp, type Costed, type Load } from '../measure.ts'
import { startProcess, startShipped, type Running } from '../processes.ts'
import { compareAll, type Row } from '../table.ts'

const MODERN = '2026-07-28'
const envelope = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' }
}

interface Message {
  method: string
  params?: Record<string, unknown>
  modern: boolean
}

/** One request to the MCP endpoint. */
export function messageOf ({ method, params = {}, modern }: Message, token: string): Pick<Load, 'headers' | 'body'> {
  const name = params['name']
  return {
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': modern ? MODERN : '2025-11-25',
      ...(modern && { 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': name }) })
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, ...(modern && { _meta: envelope }) } })
  }
}

/** One in so many answers may be late. */
const MAX_REFUSED = 100
const DISCOVERY = '/.well-known/oauth-authorization-server'
const OURS = 'token and person from storage, access rules, schemas both ways, audit entry and its log line'
const DOES: Readonly<Record<string, string>> = {
  'this server, SQLite': OURS,
  'this server, Redis': OURS,
  'node:http': 'body parsed, token in a map; constant answer',
  'Fastify, map': 'body parsed, token in a map; constant answer',
  'Fastify, Redis': 'body parsed, token in Redis; constant answer',
  'SDK v2 on Fastify': 'token in a map, the same tools and schemas, a server for each request; no person, no audit, no log',
  'SDK v1 on Express': 'token in a map, the same tools and schemas, one session that is kept in memory; no person, no audit, no log'
}

interface Work {
  name: string
  message?: Message
  connections?: number
  /** Those it is compared with, and how many times their processor time it may take. */
  goals: ReadonlyArray<[contender: string, atMost: number]>
  storages?: ReadonlyArray<'SQLite' | 'Redis'>
}

const call = (name: string, args: object, modern = false): Message => ({ method: 'tools/call', params: { name, arguments: args }, modern })
const INITIALIZE: Message = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  modern: false
}

const BOTH = ['SQLite', 'Redis'] as const
const WORKS: readonly Work[] = [
  { name: 'call', message: call('greet', { name: 'bench' }), storages: BOTH, goals: [['Fastify, map', 2.2], ['node:http', 0], ['Fastify, Redis', 0], ['SDK v2 on Fastify', 1], ['SDK v1 on Express', 1]] },
  { name: 'call-modern', message: call('greet', { name: 'bench' }, true), goals: [['Fastify, map', 2.2], ['SDK v2 on Fastify', 1]] },
  { name: 'calculate', message: call('calculate', { expression: '1+1' }), goals: [['Fastify, map', 2.8], ['SDK v2 on Fastify', 1], ['SDK v1 on Express', 1]] },
  { name: 'list', message: { method: 'tools/list', modern: false }, goals: [['Fastify, map', 1.6]] },
  { name: 'initialize', message: INITIALIZE, goals: [['Fastify, map', 1.6]] },
  { name: 'discover', message: { method: 'server/discover', modern: true }, goals: [['Fastify, map', 1.6]] },
  { name: 'ping', message: { method: 'ping', modern: false }, goals: [['Fastify, map', 1.6]] },
  { name: 'metadata', goals: [['Fastify, map', 1.15]] },
  { name: 'p99', message: call('greet', { name: 'bench' }), connections: 256, goals: [['Fastify, map', 2]] }
]
const TITLES: Readonly<Record<string, string>> = {
  call: 'tools/call of a trivial tool (2025-11-25)',
  'call-modern': 'tools/call of a trivial tool (2026-07-28)',
  calculate: 'tools/call of calculate (2025-11-25)',
  list: 'tools/list of everything shipped',
  discover: 'server/discover',
  metadata: 'discovery document',
  p99: 'p99 of tools/call at 256 connections'
}

export async function calls (bench: Bench): Promise<Row[]> {
  const folder = join(bench.folder, 'project')
  await mkdir(join(folder, 'tools'), { recursive: true })
  await writeFile(join(folder, 'tools/greet.ts'), `export { trivialTool as default } from '${join(import.meta.dirname, '../tool.ts')}'\n`)
  const ours = {
    SQLite: await startShipped(folder, (await bench.place('SQLite')).env),
    Redis: await startShipped(folder, (await bench.place('Redis')).env)
  }
  const tokens = { SQLite: (await connect(ours.SQLite.url)).access, Redis: (await connect(ours.Redis.url)).access }
  const file = join(bench.folder, 'answers.json')
  await writeFile(file, JSON.stringify(await answersOf(ours.SQLite.url, tokens.SQLite)))
  const env = { ANSWERS: file, TOKEN: tokens.SQLite, DATA_DIR: join(bench.folder, 'sdk') }
  const others: Record<string, Running> = {
    'node:http': await startProcess('http', env),
    'Fastify, map': await startProcess('bare', env),
    'Fastify, Redis': await startProcess('bare', { ...env, REDIS_URL: (await bench.place('Redis')).env['REDIS_URL']! }),
    'SDK v2 on Fastify': await startProcess('sdk', env),
    'SDK v1 on Express': await startProcess('sdk1', env)
  }
  const rows: Row[] = []
  for (const work of WORKS) {
    for (const storage of work.storages ?? ['SQLite']) {
      const { access, server } = { access: tokens[storage], server: ours[storage] }
      rows.push(...(await measureWork(bench, work, { name: `this server, ${storage}`, server, access }, others, tokens.SQLite)))
    }
  }
  await Promise.all([...Object.values(ours), ...Object.values(others)].map((server) => server.stop()))
  return rows
}

/** What this server answers to each message, for the bare servers. */
async function answersOf (url: string, token: string) {
  const answer = async ({ message }: Work) => {
    const { headers, body } = message ? messageOf(message, token) : {}
    const response = await fetch(message ? url : url + DISCOVERY, message ? { method: 'POST', headers: headers!, body: body! } : {})
    const own = [...response.headers].filter(([name]) => !['connection', 'keep-alive', 'date', 'content-length', 'transfer-encoding'].includes(name))
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${message?.method}: ${response.status} ${text}`)
    return { headers: Object.fromEntries(own), body: text }
  }
  return Object.fromEntries(await Promise.all(WORKS.map(async (work) => [work.name, await answer(work)] as const)))
}

/** @returns the id of a session in which calls can be made. */
async function beginSession (url: string, token: string): Promise<string> {
  const { headers, body } = messageOf(INITIALIZE, token)
  const begun = await fetch(url, { method: 'POST', headers: headers!, body: body! })
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id')! }
  const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await fetch(url, { method: 'POST', headers: { ...headers, ...session }, body: initialized })
  return session['mcp-session-id']
}

async function measureWork (
  { rounds, seconds }: Bench,
  { name, message, goals, connections = 32 }: Work,
  ours: { name: string; server: Running; access: string },
  others: Record<string, Running>,
  token: string
): Promise<Row[]> {
  const contenders: Array<[who: string, server: Running, access: string]> = [
    [ours.name, ours.server, ours.access],
    ...goals.map(([other]): [string, Running, string] => [other, others[other]!, token])
  ]
  const loads = await Promise.all(contenders.map(async ([who, server, access]) => {
    const isConstant = who === 'node:http' || who.startsWith('Fastify')
    const path = isConstant ? `/?answer=${name}` : message ? '' : DISCOVERY
    const asked: Pick<Load, 'method' | 'headers' | 'body'> = message ? messageOf(message, access) : { method: 'GET' }
    const session = who === 'SDK v1 on Express' && { 'mcp-session-id': await beginSession(server.url, access) }
    const load: Load = { url: server.url + path, ...asked, headers: { ...asked.headers, ...session }, connections, seconds }
    return { who, server, load }
  }))
  for (const { load } of loads) await warmUp(load)
  const seen: Array<Record<string, Costed>> = []
  for (let round = 0; round < rounds; round++) {
    const one: Record<string, Costed> = {}
    for (const { who, server, load } of loads) {
      const measured = await measureCost(server, load)
      // wrk counts an answer that took over two seconds as one of these.
      if (measured.refused > 0) process.stdout.write(`${measured.refused} of ${measured.answers} answers of ${who} to ${name} were late, or no 200\n`)
      if (measured.refused > measured.answers / MAX_REFUSED) throw new Error(`too many answers of ${who} to ${name} were no 200`)
      one[who] = measured
    }
    seen.push(one)
  }
  return compareAll(`${TITLES[name] ?? name}, ${connections} connections`, ours.name, goals, seen, {
    by: name === 'p99' ? 'p99' : 'cost',
    does: DOES
  })
}
