// Which requests are plain enough for the fast path. That it answers them as the SDK does is in fast-path.test.ts.
import type { JSONRPCRequest } from '@modelcontextprotocol/server'
import t from 'tap'
import { isPlainInitialize, plainVersionOf } from '../../../plugins/mcp/plain-request.ts'
import { MODERN } from '../../helpers/mcp-corpus.ts'

const message = (meta?: Record<string, unknown>, method = 'ping'): JSONRPCRequest =>
  ({ jsonrpc: '2.0', id: 1, method, ...(meta && { params: { _meta: meta } }) })
const modern = (more: object = {}) =>
  ({ 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {}, ...more })
const HEADERS = { 'mcp-protocol-version': MODERN, 'mcp-method': 'ping' }

t.test('a plain request names one version in its headers and its body', async (t) => {
  t.equal(plainVersionOf(message(), {}), 'unnamed')
  t.equal(plainVersionOf(message({ 'openai/locale': 'de' }), { 'mcp-protocol-version': '2025-06-18' }), '2025-06-18')
  t.equal(plainVersionOf(message(modern()), HEADERS), MODERN)
  const info = { 'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' } }
  t.equal(plainVersionOf(message(modern(info)), HEADERS), MODERN)
})

t.test('anything unusual is not plain', async (t) => {
  const cases: Array<[ReturnType<typeof message>, Record<string, string>]> = [
    [message({ progressToken: 1 }), {}],
    [message({ 'io.modelcontextprotocol/unknown': 1 }), {}],
    [message(), { 'mcp-protocol-version': '1900-01-01' }],
    [message(), HEADERS],
    [message(modern(), 'tools/list'), HEADERS],
    [message(modern({ progressToken: 1 })), HEADERS],
    [message(modern({ 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: true } } })), HEADERS],
    [message(modern({ 'io.modelcontextprotocol/clientInfo': { name: 'x' } })), HEADERS]
  ]
  for (const [body, headers] of cases) {
    t.equal(plainVersionOf(body, headers), undefined, JSON.stringify([body, headers]))
  }
})

t.test('a plain initialize is of a client that cannot be asked back (TL-36)', async (t) => {
  const plain = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
  t.ok(isPlainInitialize(plain))
  const others = [
    { capabilities: { roots: {} } },
    { protocolVersion: '1' },
    // What becomes no text, or one that it is not.
    { protocolVersion: { toString: 1 } },
    { protocolVersion: ['2025-11-25'] },
    { clientInfo: {} },
    { extra: 1 }
  ]
  for (const more of others) {
    t.notOk(isPlainInitialize({ ...plain, ...more }), JSON.stringify(more))
  }
})
