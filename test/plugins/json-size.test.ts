// Depth and tokens of a JSON text are counted before it is parsed. As a body of
// the endpoint: test/plugins/mcp/json-rpc.test.ts.
import t from 'tap'
import { exceeded, hasMoreValues } from '../../plugins/json-size.ts'

const bounds = { maxDepth: 3, maxTokens: 10 }
const check = (text: string) => exceeded(Buffer.from(text), bounds)

t.test('what is within the bounds is let through', async (t) => {
  const texts = ['', '1', '[[[1]]]', '{"a":{"b":[1,2,3]}}', '[] [] []']
  for (const text of texts) t.equal(check(text), undefined, text)
})

t.test('depth and tokens are counted outside of strings alone', async (t) => {
  t.equal(check('[[[['), 'depth')
  t.equal(check('{"a":{"b":{"c":{'), 'depth')
  t.equal(check(`[${'1,'.repeat(10)}1]`), 'tokens')
  t.equal(check(JSON.stringify('[{,:'.repeat(20))), undefined)
  t.equal(check(JSON.stringify('\\"[[[['.repeat(5))), undefined)
})

t.test('members are counted for each object, whatever is in it or beside it', async (t) => {
  const check = (value: unknown) => exceeded(Buffer.from(JSON.stringify(value)), { maxDepth: 5, maxTokens: 1_000, maxMembers: 3 })
  const three = { a: 1, b: ':', c: [1, 2, 3] }
  t.equal(check([three, three, { a: three, b: three, c: three }]), undefined)
  t.equal(check({ ...three, d: 1 }), 'tokens')
  t.equal(check([three, { a: { ...three, d: 1 } }]), 'tokens')
  t.equal(check({ a: three, b: 1, c: three, d: 1 }), 'tokens')
})

t.test('values are counted up to a number, whatever they are in', async (t) => {
  const of: Array<[value: unknown, count: number]> = [
    [null, 1], ['text', 1], [[], 1], [{ a: 1, b: [2, null] }, 5], [[[[[]]]], 4], [JSON.parse('{"__proto__":{"a":1}}'), 3]
  ]
  for (const [value, count] of of) {
    t.notOk(hasMoreValues(value, count), JSON.stringify(value))
    if (count > 1) t.ok(hasMoreValues(value, count - 1), JSON.stringify(value))
  }
  t.ok(hasMoreValues(Array(1_000_000).fill({}), 10))
})
