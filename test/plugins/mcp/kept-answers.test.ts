// Answers that are repeated: no app fills the memory with them, or keeps those of others out.
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { createFastPath } from '../../../plugins/mcp/fast-path.ts'
import { createAnswers } from '../../../plugins/mcp/kept-answers.ts'

t.test('what was asked for longest ago makes room, by number and by size (ME-15)', async (t) => {
  const answers = createAnswers(3, 100)
  const has = (...keys: string[]) => keys.map((key) => answers.get(key) !== undefined)
  for (const key of ['a', 'b', 'c']) answers.set(key, 'x')
  answers.get('a')
  answers.set('d', 'x')
  t.same(has('a', 'b', 'c', 'd'), [true, false, true, true])
  answers.set('large', Buffer.alloc(97))
  t.same(has('a', 'c', 'd', 'large'), [false, true, true, true])
  answers.set('huge', 'x'.repeat(101))
  t.same(has('d', 'large', 'huge'), [true, true, false])
  answers.set('large', 'x')
  t.equal(answers.get('large'), 'x')
  for (let again = 0; again < 10; again++) answers.set('large', Buffer.alloc(50))
  t.same(has('d', 'large'), [true, true], 'one that is made again is counted once')
})

t.test('all answers together take 32 MB at most (ME-15)', async (t) => {
  const answers = createAnswers()
  const half = Buffer.alloc(16 * 1024 * 1024)
  answers.set('first', half)
  answers.set('second', half)
  t.ok(answers.get('first'))
  answers.set('third', 'x')
  t.notOk(answers.get('second'))
  t.ok(answers.get('first'))
})

/** @param answer is asked for each list that is not repeated. @returns what lists tools with these scopes. */
function listing (answer: () => { status: number; body: string }) {
  const fastPath = createFastPath({
    tools: {} as never,
    services: {} as never,
    serverInfo: { name: 's', version: '1' },
    sdkHandler: async () => ({ headers: {}, ...answer() })
  })
  return async (scopes: string[]) => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const access = { scopes }
    await fastPath.serve({ body, headers: {}, access, rights: ALL_RIGHTS } as never)
  }
}
const TOOLS = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'

t.test('other scopes of an app, and their order, make no other answer (ME-15)', async (t) => {
  let asked = 0
  const list = listing(() => {
    asked++
    return { status: 200, body: TOOLS }
  })
  await list(['mcp:read', 'mcp:write'])
  await list(['mcp:write', 'openid', 'mcp:read'])
  await list(['email', 'mcp:write', 'mcp:read', 'openid'])
  t.equal(asked, 1)
  await list(['mcp:read'])
  t.equal(asked, 2)
})

t.test('what failed is asked again, and what succeeded is repeated', async (t) => {
  let status = 500
  let asked = 0
  const ask = listing(() => {
    asked++
    return { status, body: TOOLS }
  })
  const list = async () => {
    await ask([])
    return asked
  }
  t.same([await list(), await list()], [1, 2])
  status = 200
  t.same([await list(), await list()], [3, 3])
})
