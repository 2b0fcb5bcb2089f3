// How often an upstream may ask in one request, and of whom.
import t from 'tap'
import { Conversation } from '../../../../plugins/upstreams/connections/conversation.ts'

function start (mayWait: () => boolean) {
  const conversation = new Conversation({
    upstream: 'crm',
    timeoutMs: 5_000,
    mayWait,
    send: () => new Promise(() => {})
  })
  const { signal } = new AbortController()
  return {
    conversation,
    ask: () => conversation.ask({ message: 'Which?' }, signal)
  }
}

t.test('the 21st question of a request is declined, and asks nobody', async (t) => {
  const { conversation, ask } = start(() => true)
  const asked = Array.from({ length: 20 }, ask)
  t.same(await ask(), { action: 'decline' })
  conversation.end('the test is over')
  for (const one of asked) t.same(await one, { action: 'cancel' })
})

t.test('where no more may wait, a question is declined', async (t) => {
  const { ask } = start(() => false)
  t.same(await ask(), { action: 'decline' })
})
