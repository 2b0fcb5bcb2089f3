// How much of a message the schemas of the SDK are asked about.
import t from 'tap'
import { refuseLongAnswer, refuseManyValues } from '../../../plugins/mcp/checked-values.ts'

const many = { list: Array(1_001).fill(1) }
const refused = (id: number | null) =>
  ({ name: 'JsonRpcError', statusCode: 400, code: -32600, id })

t.test('the arguments of a tool may have any number of values, and nothing else may', async (t) => {
  const ask = (method: string, params: Record<string, unknown>) => () =>
    refuseManyValues({ jsonrpc: '2.0', id: 7, method, params })
  t.doesNotThrow(ask('tools/call', { name: 'x', arguments: many }))
  t.throws(ask('tools/call', { name: 'x', other: many }), refused(7))
  t.throws(ask('prompts/get', { name: 'x', arguments: many }), refused(7))
})

t.test('a refusal names the request, where it is one', async (t) => {
  const message = { jsonrpc: '2.0' as const, method: 'x', params: many }
  t.throws(() => refuseManyValues({ ...message, id: 0 }), refused(0))
  t.throws(() => refuseManyValues(message), refused(null))
  t.throws(() => refuseManyValues([{ ...message, id: 7 }]), refused(null))
})

t.test('an answer with many values is refused', async (t) => {
  t.doesNotThrow(() => refuseLongAnswer({ result: 1 }))
  t.throws(() => refuseLongAnswer({ result: many }), refused(null))
})
