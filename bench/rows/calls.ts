// Tool calls, lists and documents: this server beside a bare route that does the least anybody could, and beside the
// SDK's own handler.
import type { Bench } from '../run.ts'
import { connect } from '../connection.ts'
import { measure, measureCost, startProcess, type Load, type Running } from '../processes.ts'
import { again, compare, type Row } from '../table.ts'

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

const call = { method: 'tools/call', params: { name: 'greet', arguments: { name: 'bench' } } }
const initialize = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  modern: false
}

export async function calls (bench: Bench): Promise<Row[]> {
  const rows: Row[] = []
  for (const storage of ['SQLite', 'Redis'] as const) {
    const place = await bench.place(storage)
    const ours = await startProcess('ours', place.env)
    const { access } = await connect(ours.url)
    // The same token: the bare server reads the same storage.
    const bare = await startProcess('bare', place.env)
    const sdk = await startProcess('sdk', {})
    rows.push(...(await atConnections(bench, storage, { ours, bare, sdk }, access)))
    await Promise.all([ours.stop(), bare.stop(), sdk.stop()])
  }
  return rows
}

async function atConnections (
  { rounds, seconds }: Bench,
  storage: string,
  { ours, bare, sdk }: Record<'ours' | 'bare' | 'sdk', Running>,
  token: string
): Promise<Row[]> {
  const rows: Row[] = []
  const size = async (message: Message) => {
    const { headers, body } = messageOf(message, token)
    return (await (await fetch(ours.url, { method: 'POST', headers: headers!, body: body! })).text()).length
  }
  const load = async (server: Running, message: Message, connections: number, query = '') => {
    const measured = await measureCost(server, {
      url: server.url + query,
      ...messageOf(message, token),
      connections,
      seconds
    })
    if (measured.refused > 0) {
      throw new Error(`${measured.refused} answers of ${server.url} to ${message.method} were no 200`)
    }
    return measured
  }
  const besideBare = async (what: string, goal: number, message: Message, connections: number) => {
    const query = `/?size=${await size(message)}`
    const round = async () => {
      const [a, b] = [await load(ours, message, connections), await load(bare, message, connections, query)]
      return {
        ours: a.rate,
        bare: b.rate,
        'µs ours': a.cost,
        'µs bare': b.cost,
        'p99 ours': a.p99,
        'p99 bare': b.p99
      }
    }
    const row = await compare(
      `${what}, ${storage}, ${connections} connections: × bare route`,
      goal,
      rounds,
      ['ours', 'bare'],
      round
    )
    // The rate is what clients see; on a machine that has other work, the processor time tells more.
    rows.push(
      row,
      again(row, `${what}, ${storage}, ${connections} connections: × bare route, by processor time`, goal, [
        'µs bare',
        'µs ours'
      ])
    )
    if (connections === 256 && message.method === 'tools/call') {
      rows.push(
        again(row, `p99 of ${what}, ${storage}, 256 connections: × bare route`, 2, ['p99 ours', 'p99 bare'], {
          atMost: true
        })
      )
    }
  }

  for (const connections of [32, 256]) {
    await besideBare('tools/call (2025-11-25)', 0.6, { ...call, modern: false }, connections)
    await besideBare('tools/call (2026-07-28)', 0.6, { ...call, modern: true }, connections)
  }
  rows.push(
    await compare(
      `tools/call (2026-07-28), ${storage}, 32 connections: × SDK handler on Fastify`,
      5,
      rounds,
      ['ours', 'sdk'],
      async () => ({
        ours: (await load(ours, { ...call, modern: true }, 32)).rate,
        sdk: (await load(sdk, { ...call, modern: true }, 32)).rate
      })
    )
  )
  for (const message of [
    { method: 'tools/list', modern: true },
    { method: 'server/discover', modern: true },
    initialize
  ]) { await besideBare(message.method, 0.8, message, 32) }
  if (storage === 'SQLite') {
    const get = async (url: string) => (await measure({ url, method: 'GET', connections: 32, seconds })).rate
    rows.push(
      await compare('discovery document: × bare route', 0.9, rounds, ['ours', 'bare'], async () => ({
        ours: await get(`${ours.url}/.well-known/oauth-authorization-server`),
        bare: await get(`${bare.url}/document`)
      }))
    )
  }
  return rows
}
