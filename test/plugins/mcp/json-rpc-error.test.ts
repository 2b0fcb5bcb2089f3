// A refusal as a JSON-RPC error.
import t from 'tap'
import { INVALID_REQUEST, JsonRpcError } from '../../../plugins/mcp/json-rpc-error.ts'

t.test('the id of the refused request is repeated where it could be read, else null', async (t) => {
  const error = { code: INVALID_REQUEST, message: 'No' }
  t.strictSame(new JsonRpcError(400, INVALID_REQUEST, 'No').body, { jsonrpc: '2.0', error, id: null })
  const known = new JsonRpcError(429, INVALID_REQUEST, 'No', { id: 0, headers: { 'retry-after': '5' } })
  t.strictSame([known.body.id, known.statusCode, known.headers], [0, 429, { 'retry-after': '5' }])
})
