// Depth and tokens of a JSON text are counted before it is parsed. As a body of
// the endpoint: test/plugins/mcp/json-rpc.test.ts.
import t from 'tap'
import { exceeded } from '../../plugins/json-size.ts'

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
