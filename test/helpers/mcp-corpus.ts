// Ordinary and odd requests of both protocol eras, for what has to answer them alike.
import { protocolVersions } from '../../plugins/mcp/protocol-versions.ts'
import { MODERN, modernBody } from './mcp.ts'

export { MODERN }

export interface Sent {
  headers: Record<string, string>
  body: Record<string, unknown>
}

const legacy = (method: string, params?: unknown, headers: Record<string, string> = {}, id: unknown = 1): Sent => ({
  headers,
  body: { jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) }
})

const modern = (
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  meta: Record<string, unknown> = {}
): Sent => ({
  headers: {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
    ...headers
  },
  body: modernBody(method, { ...params, _meta: meta })
})

const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }

const calls: Array<Record<string, unknown>> = [
  { name: 'echo', arguments: { text: 'hello' } },
  { name: 'echo', arguments: { text: 'ä€😀"\\\n\u2028', times: 3 } },
  { name: 'echo', arguments: { text: 'x', times: 1.5 } },
  { name: 'echo', arguments: { text: 'x', extra: 1 } },
  { name: 'echo' },
  { name: 'echo', arguments: {} },
  { name: 'echo', arguments: null },
  { name: 'echo', arguments: [] },
  { name: 'echo', arguments: 'text' },
  { name: 'echo', arguments: { text: null } },
  { name: 'echo', arguments: { text: 'x'.repeat(51) } },
  { name: 'refuse' },
  { name: 'refuse', arguments: { a: 1 } },
  { name: 'break', arguments: {} },
  { name: 'show', arguments: {} },
  { name: 'ask', arguments: {} },
  { name: 'open', arguments: { a: { b: [1, null, true, 'x'] }, constructor: 1 } },
  { name: 'opened', arguments: { a: 1 } },
  { name: 'open', arguments: { a: 1e308, z: -0 } },
  { name: 'nothing', arguments: {} },
  { name: 5 },
  { name: '' },
  {},
  { name: 'echo', arguments: { text: 'x' }, task: { ttl: 5 } },
  { name: 'echo', arguments: { text: 'x' }, inputResponses: {} },
  { name: 'ask', arguments: {}, requestState: 'made up' }
]

const methods = [
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/templates/list',
  'resources/list',
  'prompts/get',
  'resources/read',
  'completion/complete',
  'logging/setLevel',
  'tools/cal',
  'constructor',
  '__proto__'
]

const metas: Array<Record<string, unknown>> = [
  {},
  { 'openai/locale': 'de' },
  { progressToken: 1 },
  { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  { 'io.modelcontextprotocol/logLevel': 'debug' },
  { 'io.modelcontextprotocol/unknown': 1 }
]

const envelopes: Array<Record<string, unknown>> = [
  { 'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' } },
  { 'io.modelcontextprotocol/clientInfo': { name: 'x' } },
  { 'io.modelcontextprotocol/clientInfo': 5 },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {}, url: {} } } },
  { 'io.modelcontextprotocol/clientCapabilities': { roots: { listChanged: true } } },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: true } } },
  { 'io.modelcontextprotocol/clientCapabilities': 1 },
  { 'io.modelcontextprotocol/clientCapabilities': undefined },
  { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' }
]

export const corpus: Sent[] = [
  ...protocolVersions.flatMap((version) => [
    legacy('initialize', { ...initialize, protocolVersion: version }),
    legacy('tools/list', {}, { 'mcp-protocol-version': version }),
    legacy('tools/call', calls[0], { 'mcp-protocol-version': version })
  ]),
  ...[
    { ...initialize, protocolVersion: '1900-01-01' },
    { ...initialize, capabilities: { roots: {} } },
    { ...initialize, capabilities: { experimental: {} } },
    { ...initialize, capabilities: undefined },
    { ...initialize, clientInfo: { name: 'x' } },
    { ...initialize, clientInfo: { name: 'x', version: '1', title: 'X' } },
    { ...initialize, extra: 1 },
    {},
    undefined
  ].map((params) => legacy('initialize', params)),
  ...methods.flatMap((method) => [
    legacy(method),
    legacy(method, {}),
    legacy(method, { cursor: 'x' }),
    legacy(method, { _meta: {} }),
    legacy(method, []),
    modern(method),
    modern(method, { cursor: 'x' }),
    modern(method, {}, { 'mcp-method': 'other' })
  ]),
  ...calls.flatMap((params) => [
    legacy('tools/call', params),
    legacy('tools/call', params, { 'mcp-protocol-version': '2025-06-18' }),
    modern('tools/call', params),
    modern('tools/call', params, { 'mcp-name': 'another' })
  ]),
  ...metas.flatMap((meta) => [
    legacy('tools/call', { ...calls[0], _meta: meta }),
    legacy('tools/list', { _meta: meta }),
    modern('tools/call', calls[0], {}, meta),
    modern('tools/list', {}, {}, meta)
  ]),
  ...envelopes.flatMap((meta) => [
    modern('tools/list', {}, {}, meta),
    modern('tools/call', calls[0], {}, meta),
    modern('tools/call', { name: 'ask', arguments: {} }, {}, meta)
  ]),
  ...['x', '', 0, -1, 1.5, 'ä"\\', 2 ** 53].flatMap((id) => [
    legacy('ping', undefined, {}, id),
    legacy('tools/call', calls[0], {}, id)
  ]),
  ...['1900-01-01', '', 'x', '2026-07-28'].map((version) =>
    legacy('tools/list', {}, { 'mcp-protocol-version': version })
  ),
  ...[
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    { jsonrpc: '2.0', method: 'tools/list' }
  ].map((body) => ({ headers: {}, body }))
]
