// Bodies of the MCP endpoint before anything is parsed: depth and number of members are bounded, and a message is told
// from what is none exactly as the SDK does it.
import { isJSONRPCNotification, isJSONRPCRequest } from '@modelcontextprotocol/server'
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import { readMessages, readText } from '../../../plugins/mcp/json-rpc.ts'
import { withoutUnsetMembers } from '../../../plugins/mcp/unset-members.ts'

const read = (text: string) => readText(Buffer.from(text))
const tooMany = { statusCode: 400, code: -32600, message: /too many members/ }
const tooDeep = { statusCode: 400, code: -32600, message: /nested deeper than 64 levels/ }

const members = (count: number, value: string) =>
  `{${Array.from({ length: count }, (_, index) => `"${index.toString(36)}":${value}`).join(',')}}`

t.test('a body with many members is refused before it is parsed, wherever they are (MW-01)', async (t) => {
  const many = [
    ...['1', '""', 'null', '{}'].map((value) => members(11_000, value)),
    `[${'{},'.repeat(11_000)}{}]`,
    `[${'1,'.repeat(21_000)}1]`,
    `[${`${members(950, '1')},`.repeat(11)}{}]`,
    `{"a" : ${'[ [] ,\n'.repeat(60)}${members(11_000, '1')}${']'.repeat(60)}}`
  ]
  for (const body of many) t.throws(() => read(body), tooMany, body.slice(0, 40))
  t.throws(() => read('['.repeat(65) + ']'.repeat(65)), tooDeep)
  t.throws(() => read('{"a":'.repeat(500_000)), tooDeep)
})

t.test('text has no members: a long string with every bracket, quote and comma is read', async (t) => {
  for (const text of ['{}[],:'.repeat(100_000), '\\"{'.repeat(100_000), '\\\\\\'.repeat(50_000), 'ä,:€😀"'.repeat(50_000)]) {
    const body = JSON.stringify({ text })
    t.equal(read(body), body)
  }
  for (const body of [members(6_600, '1'), `[${'1,'.repeat(19_000)}1]`, '['.repeat(64) + ']'.repeat(64), '']) {
    t.equal(read(body), body)
  }
})

t.test('bytes that are not UTF-8 are a parse error', async (t) => {
  t.throws(() => readText(Buffer.from([0x22, 0xff, 0x22])), { statusCode: 400, code: -32700 })
})

t.test("a body counts as a message exactly when the SDK's predicates say so", async (t) => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(null, true, '', 'x', 0, -1, 1.5, 2 ** 53, [], {}, [1], { taskId: 'x' }, { taskId: 1 }),
    fc.jsonValue({ maxDepth: 1 })
  )
  const mostly = (common: unknown) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(common) }, { weight: 1, arbitrary: value })
  const meta = fc.record(
    { progressToken: mostly('x'), 'io.modelcontextprotocol/related-task': mostly({ taskId: 'x' }), other: value },
    { requiredKeys: [] }
  )
  const params = fc.record({ _meta: fc.oneof({ weight: 5, arbitrary: meta }, value), name: value }, { requiredKeys: [] })
  const message = { jsonrpc: mostly('2.0'), method: mostly('ping'), id: mostly(7), params: fc.oneof({ weight: 5, arbitrary: params }, value) }
  const requiredKeys: ['jsonrpc', 'method'] = ['jsonrpc', 'method']
  const body = fc.oneof(
    { weight: 20, arbitrary: fc.record(message, { requiredKeys }) },
    { weight: 2, arbitrary: fc.record({ ...message, extra: value }, { requiredKeys }) },
    { weight: 1, arbitrary: value }
  )
  let taken = 0
  fc.assert(fc.property(body, (body) => {
    if (Array.isArray(body)) return
    const set = withoutUnsetMembers(body)
    const isTheirs = isJSONRPCRequest(set) || isJSONRPCNotification(set)
    const isOurs = (() => {
      try {
        readMessages(body, undefined)
        return true
      } catch {
        return false
      }
    })()
    taken += Number(isOurs)
    if (isOurs !== isTheirs) throw new Error(JSON.stringify(body))
  }), { numRuns: 3_000 })
  t.ok(taken > 300, `${taken} messages`)
})
