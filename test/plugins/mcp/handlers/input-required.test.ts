// Questions of tools without a session: rounds of answers, and the sealed state between them.
import t from 'tap'
import { z } from 'zod'
import { form, openUrl, roots, sample, text, ToolError } from '../../../../authoring/tool.ts'
import { open, tool } from '../../../helpers/mcp-authored.ts'

t.test('a tool asks, and continues with the answers of several round trips', async (t) => {
  const seen: unknown[] = []
  const { modern } = await open(t, [
    tool('ask', async ({ ask, show }) => {
      const first = await ask({
        name: form('Your name?', z.object({ name: z.string().min(2) })),
        page: openUrl('Look here', 'https://example.com/x')
      })
      if (first.name.action !== 'accept') throw new ToolError(`You said ${first.name.action}.`)
      const { model, folders } = await ask({ model: sample({ messages: [], maxTokens: 5 }), folders: roots() })
      seen.push([first, model, folders])
      show(text(`${first.name.content.name}, ${model.model}, ${folders.roots.length}`))
    })
  ])
  const can = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
  const call = async (round: object = {}, capabilities: object = can) =>
    (await modern('tools/call', { name: 'ask', arguments: { text: 'a' }, ...round }, {}, capabilities)).json
  const { result: first } = await call()
  t.match(first, {
    resultType: 'input_required',
    requestState: String,
    inputRequests: {
      name: {
        method: 'elicitation/create',
        params: { mode: 'form', message: 'Your name?', requestedSchema: { type: 'object', required: ['name'] } }
      },
      page: {
        method: 'elicitation/create',
        params: { mode: 'url', message: 'Look here', url: 'https://example.com/x' }
      }
    }
  })
  const { requestState } = first
  const again = await call({
    requestState,
    inputResponses: {
      name: { action: 'accept', content: { name: 'x' } },
      page: { action: 'accept' },
      extra: { action: 'accept', content: { name: 'x'.repeat(2_000) } }
    }
  })
  t.strictSame(
    Object.keys(again.result.inputRequests),
    ['name'],
    'F43: what does not fit the form is asked again, and only that'
  )
  t.ok(again.result.requestState.length < first.requestState.length + 500, 'what was not asked for is not kept')
  const second = await call({
    requestState: again.result.requestState,
    inputResponses: { name: { action: 'accept', content: { name: 'Ann' } } }
  })
  t.strictSame(
    Object.keys(second.result.inputRequests),
    ['model', 'folders'],
    'the answers of earlier rounds are not asked for again'
  )
  t.notOk(second.result.requestState.includes('Ann'), 'sealed')
  const last = await call({
    requestState: second.result.requestState,
    inputResponses: {
      model: { role: 'assistant', content: { type: 'text', text: 'hi' }, model: 'm' },
      folders: { roots: [{ uri: 'file:///a' }] }
    }
  })
  t.match(last.result.content, [{ text: 'Ann, m, 1' }])
  t.equal(seen.length, 1, 'nothing after a question runs before its answer')
  t.match((await call({ inputResponses: { name: { action: 'decline' }, page: { action: 'cancel' } } })).result, {
    isError: true,
    content: [{ text: 'You said decline.' }]
  })
  const bare = await modern('tools/call', { name: 'ask', arguments: {} }, {}, { elicitation: {} })
  t.equal(bare.status, 400, 'F41: nothing is asked that the client cannot do')
  t.match(bare.json.error, { code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } })
})

t.test('a tool that catches everything still asks', async (t) => {
  const { modern } = await open(t, [
    tool('careless', async ({ ask, show }) => {
      try {
        await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      } catch {
        show(text('swallowed'))
      }
    })
  ])
  t.match((await modern('tools/call', { name: 'careless', arguments: {} }, {}, { elicitation: {} })).json.result, {
    resultType: 'input_required',
    inputRequests: { ok: {} }
  })
})
