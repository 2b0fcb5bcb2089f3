// Messages of nearly 1 MB that are nothing but members, at every place where a record may stand, from a caller without a
// sign-in: none holds up others or takes much memory, neither those that are refused nor the largest that are read.
import t from 'tap'
import { MODERN } from '../../helpers/mcp.ts'
import { startMeasured, type Cost } from '../../helpers/measured-server.ts'

const MAX_BLOCK_MS = 100
const MAX_GROWTH_BYTES = 64 * 1024 * 1024
const isTooMuch = ({ blockMs, growthBytes }: Cost) => blockMs > MAX_BLOCK_MS || growthBytes > MAX_GROWTH_BYTES

const members = (count: number, value: string) =>
  Array.from({ length: count }, (_, index) => `"${index.toString(36)}":${value}`).join(',')
const META = `"io.modelcontextprotocol/protocolVersion":"${MODERN}","io.modelcontextprotocol/clientCapabilities":{}`
const begin = '"protocolVersion":"2025-11-25"'
const info = '"clientInfo":{"name":"x","version":"1"}'
const icons = '"clientInfo":{"name":"x","version":"1","icons":['

/** By place: the method, and the params around the members. */
const PLACES: Array<[place: string, method: string, before: string, value: string, after: string]> = [
  ['params of a notification', 'notifications/x', '', '1', ''],
  ['params of an unknown method', 'x', '', '1', ''],
  ['_meta', 'ping', '"_meta":{', '1', '}'],
  ['experimental capabilities', 'initialize', `${begin},${info},"capabilities":{"experimental":{`, '{}', '}}'],
  ['client information', 'initialize', `${begin},"capabilities":{},"clientInfo":{"name":"x","version":"1",`, '1', '}'],
  ['arguments of a tool', 'tools/call', '"name":"calculate","arguments":{', '1', '}'],
  ['a record in arguments', 'tools/call', '"name":"generate","arguments":{"kind":"text","template":"x","values":{', '1', '}}'],
  ['answers to questions', 'tools/call', '"name":"calculate","arguments":{"expression":"1"},"inputResponses":{', '{}', '}'],
  ['arguments of a prompt', 'prompts/get', '"name":"analyze_code","arguments":{"code":"x",', '""', '}'],
  ['context of a completion', 'completion/complete',
    '"ref":{"type":"ref/prompt","name":"analyze_code"},"argument":{"name":"focus","value":"s"},"context":{"arguments":{',
    '"1"', '}}'],
  ['arguments of a prompt that are no text', 'prompts/get', '"name":"analyze_code","arguments":{"code":"x",', '1', '}']
]

/** What fits no alternative of a schema costs most: the params before and after a list. */
const WRONG: Array<[place: string, method: string, before: string, value: string, after: string]> = [
  ['icons', 'initialize', `${begin},"capabilities":{},${icons}`, '{}', ']}'],
  ['sizes of an icon', 'initialize', `${begin},"capabilities":{},${icons}{"src":"x","sizes":[`, '1', ']}]}'],
  ['icons in an envelope', 'tools/list', `"_meta":{${META},"io.modelcontextprotocol/${icons.slice(1)}`, '{}', ']}}'],
  ['addresses', 'subscriptions/listen', `"_meta":{${META}},"notifications":{"resourceSubscriptions":[`, '1', ']}']
]

t.test('many members cost little, wherever they are (MW-01)', { timeout: 120_000 }, async (t) => {
  const server = await startMeasured(t, { env: { AUTH_BACKEND: 'none' } })
  const statuses = new Set<number>()
  const send = async (what: string, body: string, headers: Record<string, string> = {}, isRefused = false) => {
    let status = 0
    const cost = await server.measure(async () => {
      const response = await fetch(server.url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
      })
      status = response.status
      await response.text()
    }, isTooMuch)
    statuses.add(status)
    if (isRefused) t.equal(status, 400, what)
    t.notOk(isTooMuch(cost), `${what}: ${Math.round(cost.blockMs)} ms, ${Math.round(cost.growthBytes / 1e6)} MB`)
  }
  for (const [place, method, before, value, after] of PLACES) {
    const message = (count: number, more = '') => {
      const id = method.startsWith('notifications/') ? '' : '"id":1,'
      return `{"jsonrpc":"2.0",${id}"method":"${method}","params":{${before}${members(count, value)}${after}${more}}}`
    }
    await send(`refused: ${place}`, message(80_000), {}, true)
    await send(`read: ${place}`, message(value === '{}' ? 6_500 : 9_800))
    if (['initialize', 'ping'].includes(method)) continue
    const headers: Record<string, string> = { 'mcp-protocol-version': MODERN, 'mcp-method': method }
    const name = /"name":"(\w+)"/.exec(before)?.[1]
    if (name !== undefined) headers['mcp-name'] = name
    await send(`read, ${MODERN}: ${place}`, message(value === '{}' ? 6_500 : 9_800, `,"_meta":{${META}}`), headers)
  }
  for (const [place, method, before, value, after] of WRONG) {
    const list = Array(value === '{}' ? 9_900 : 19_000).fill(value).join(',')
    const headers: Record<string, string> = method === 'initialize' ? {} : { 'mcp-protocol-version': MODERN, 'mcp-method': method }
    await send(`wrong: ${place}`, `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${before}${list}${after}}}`, headers, true)
  }
  t.ok(statuses.has(200), [...statuses].join())
})
