// What of `_meta` is between two neighbours, and is not passed on.
import t from 'tap'
import { isReservedMeta } from '../../../../plugins/mcp/relay/exchange.ts'

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
