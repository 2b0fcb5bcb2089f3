// What the messages of one batch may cost together: their results share one bound, and each starts on a turn of its own.
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import { createCallerTurns } from '../../../plugins/caller-turns.ts'
import { BatchBudget, MAX_BATCH_CHARACTERS } from '../../../plugins/mcp/batch-budget.ts'
import { about, annotations } from '../../helpers/mcp-held.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { startServer } from '../../helpers/server.ts'

const BATCHES = { 'mcp-protocol-version': '2025-03-26' }

t.test('a budget is spent by the first result that does not fit', async (t) => {
  const budget = new BatchBudget(async () => {}, 10)
  t.ok(budget.take(4))
  t.notOk(budget.isSpent)
  t.notOk(budget.take(7))
  t.ok(budget.isSpent)
  t.notOk(budget.take(1), 'no later one fits')
})

t.test('each message has a turn of its own', async (t) => {
  const callers = createCallerTurns()
  const budget = new BatchBudget(() => callers.next('ann'))
  let turn = 0
  const count = () => {
    if (++turn < 20) setImmediate(count)
  }
  count()
  const turns = await Promise.all([1, 2, 3].map(async () => {
    await budget.turn()
    return turn
  }))
  t.equal(new Set(turns).size, 3, `turns ${turns}`)
})

t.test('the results of a batch are bounded together, and what comes after does not run (MW-05)', async (t) => {
  let ran = 0
  const large = defineTool({
    ...about,
    name: 'large',
    input: z.object({ size: z.number() }),
    annotations,
    run: async ({ size }, { show }) => {
      ran++
      show({ type: 'text', text: 'x'.repeat(size) })
    }
  })
  const { url } = await startServer(
    t, { env: { AUTH_BACKEND: 'none' }, tools: [large as never] }
  )
  const { post } = mcpClient(`${url}/mcp`)
  const call = (id: number, size: number) =>
    ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'large', arguments: { size } } })
  const send = async (batch: object[]) => {
    const { status, text } = await post(batch, BATCHES)
    t.equal(status, 200)
    return { text, answers: JSON.parse(text) as Array<{ id: number; result?: any; error?: any }> }
  }

  const third = MAX_BATCH_CHARACTERS / 3
  const { text, answers } = await send([
    ...Array.from({ length: 8 }, (_, id) => call(id, third)),
    { jsonrpc: '2.0', id: 8, method: 'tools/list' }
  ])
  t.equal(ran, 3, 'the third does not fit, and the others do not run')
  t.ok(text.length < MAX_BATCH_CHARACTERS)
  t.same(answers.map(({ id, result }) => [id, result?.content[0].text.slice(0, 20)]), [
    [0, 'x'.repeat(20)],
    [1, 'x'.repeat(20)],
    [2, 'The results of this '],
    ...[3, 4, 5, 6, 7].map((id) => [id, 'This was not run: th']),
    [8, undefined]
  ])
  for (const { result } of answers.slice(2, 8)) t.equal(result.isError, true)
  t.match(answers[8]!.error, { code: -32603, message: /was not run/ })

  ran = 0
  const small = await send(Array.from({ length: 10 }, (_, id) => call(id, 1_000)))
  t.equal(ran, 10)
  t.ok(
    small.answers.every(({ result }) => result.isError === undefined && result.content[0].text.length === 1_000)
  )
  t.equal((await post(call(1, MAX_BATCH_CHARACTERS + 1))).json.result.content[0].text.length, MAX_BATCH_CHARACTERS + 1,
    'a request of its own is bounded by its tool alone')
})
