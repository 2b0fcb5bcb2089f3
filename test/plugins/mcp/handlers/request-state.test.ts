// The sealed state between the round trips of a call.
import { createHash } from 'node:crypto'
import t from 'tap'
import { z } from 'zod'
import { form, text } from '../../../../authoring/tool.ts'
import { callId } from '../../../../plugins/mcp/handlers/request-state.ts'
import { tool } from '../../../helpers/mcp-authored.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'

t.test('a requestState that was altered, is of another call or has expired is refused (F42)', async (t) => {
  let time = 1_800_000_000
  const asking = (name: string) =>
    tool(name, async ({ ask, show }) => {
      await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      show(text('done'))
    })
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    now: () => time,
    offer: { tools: [asking('one'), asking('two')], resources: [], prompts: [] }
  })
  const { modern } = mcpClient(url)
  const call = async (name: string, args: object, round: object = {}) =>
    (await modern('tools/call', { name, arguments: args, ...round }, {}, { elicitation: {} })).json
  const {
    result: { requestState }
  } = await call('one', { text: 'a' })
  const inputResponses = { ok: { action: 'accept', content: { ok: true } } }
  const refused = async (name: string, args: object, requestState: unknown, says: string) =>
    t.match(
      (await call(name, args, { requestState, inputResponses })).error,
      { code: -32602, message: /Invalid or expired requestState/ },
      says
    )
  await refused('one', { text: 'a' }, `${requestState}x`, 'longer')
  await refused('one', { text: 'a' }, requestState.slice(0, -2), 'shorter')
  await refused('one', { text: 'a' }, createHash('sha256').update('x').digest('base64url'), 'made up')
  await refused('one', { text: 'b' }, requestState, 'other arguments')
  await refused('two', { text: 'a' }, requestState, 'another tool')
  t.match((await call('one', { text: 'a' }, { requestState, inputResponses })).result.content, [{ text: 'done' }])
  time += 3_601
  await refused('one', { text: 'a' }, requestState, 'an hour later')
})

t.test('a call is the same one in whatever order its members come', (t) => {
  const idOf = (args: unknown, user = 'ann') =>
    callId(user, 'tools/call', ['one', args])
  const id = idOf({ a: 1, b: { c: null, d: [1, 2] } })
  t.equal(idOf({ b: { d: [1, 2], c: null }, a: 1 }), id)
  const others = [
    idOf({ a: 1, b: { c: null, d: [2, 1] } }),
    idOf({ a: 1, b: { c: {}, d: [1, 2] } }),
    idOf({ a: 1, b: { c: null, d: [1, 2] } }, 'bob'),
    callId(undefined, 'tools/call', ['one', { a: 1, b: { c: null, d: [1, 2] } }])
  ]
  t.equal(new Set([id, ...others]).size, 5)
  t.end()
})
