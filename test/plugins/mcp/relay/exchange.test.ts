// What of `_meta` is between two neighbours, and is not passed on; and whom a request counts for.
import t from 'tap'
import { createReporter } from '../../../../plugins/mcp/handlers/progress.ts'
import type { Caller } from '../../../../plugins/mcp/handlers/protocol-errors.ts'
import { exchangeOf, isReservedMeta } from '../../../../plugins/mcp/relay/exchange.ts'

t.test('members of the protocol stay between two neighbours (UP-02)', async (t) => {
  for (const key of [
    'progressToken',
    'traceparent',
    'io.modelcontextprotocol/protocolVersion',
    'com.mcp.tools/x',
    'dev.mcp/x',
    'io.github.mcp-oauth-server/caller',
    'mcp/www_authenticate'
  ]) t.ok(isReservedMeta(key), key)
  for (const key of ['own', 'openai/locale', 'com.example.mcp/x', 'example.com/mcp']) {
    t.notOk(isReservedMeta(key), key)
  }
})

t.test('a request without sign-in counts for its site, and any other for its person (WK-08)', async (t) => {
  const channel = { capabilities: undefined, meta: {} }
  const of = (request: object) => {
    const caller = { request, services: { groupsOf: () => [] }, channel } as unknown as Caller
    return exchangeOf(caller, new AbortController().signal, createReporter(channel))
  }
  t.match(of({ access: null, address: '192.0.2.1' }), { caller: undefined, site: '192.0.2.1' })
  for (const network of ['2001:db8:0:1::', '2001:db8:0:ffff::']) {
    t.equal(of({ access: null, address: network }).site, '2001:db8::')
  }
  const { caller, site } = of({ access: { clientId: 'app', user: { id: 'ann', emailVerified: false } }, address: '192.0.2.1' })
  t.match([caller?.id, site], ['ann', undefined])
})
