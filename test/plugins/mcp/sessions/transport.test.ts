// What a server asks its client in a session, and which answer counts: one for each question, under an id of our own.
import t from 'tap'
import { SessionTransport } from '../../../../plugins/mcp/sessions/transport.ts'

interface Message { id?: string | number; method?: string; params?: { requestId?: string }; result?: object }

function open () {
  const written: Message[] = []
  const heard: Message[] = []
  const transport = new SessionTransport((message) => written.push(message as Message))
  transport.onmessage = (message) => heard.push(message as Message)
  const ask = async (id: number) => {
    await transport.send({ jsonrpc: '2.0', id, method: 'elicitation/create' })
    return written.at(-1)!.id as string
  }
  return { transport, written, heard, ask }
}

t.test('an answer counts once, for its own question, and one to no question is nobody\'s', async (t) => {
  const { transport, heard, ask } = open()
  const [first, second] = [await ask(0), await ask(1)]
  t.not(first, second)
  t.match(first, /^[\da-f-]{36}$/, 'and it cannot be guessed')
  const answer = (id: string | number) => transport.answer({ jsonrpc: '2.0', id, result: {} })
  for (const made of [0, 1, 'made up', first.toUpperCase()]) answer(made)
  t.same(heard, [])
  answer(second)
  answer(second)
  t.same(heard.map(({ id }) => id), [1])
  answer(first)
  t.same(heard.map(({ id }) => id), [1, 0])
})

t.test('a question that is withdrawn is withdrawn under the id that the client knows; another withdrawal is not sent', async (t) => {
  const { transport, written, ask } = open()
  const id = await ask(7)
  const cancel = (requestId: number) => transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
  await cancel(8)
  t.equal(written.length, 1)
  await cancel(7)
  t.match(
    written[1],
    { method: 'notifications/cancelled', params: { requestId: id } }
  )
})

t.test('what is replayed for a session is answered to nobody, and everything else is written', async (t) => {
  const { transport, written, heard } = open()
  const replayed = transport.replay('initialize', undefined)
  t.match(heard, [{ id: 'replayed initialize', method: 'initialize' }])
  await transport.send({ jsonrpc: '2.0', id: 'replayed initialize', result: {} })
  await replayed
  t.same(written, [])
  await transport.send({ jsonrpc: '2.0', id: 'replayed initialize', result: {} })
  await transport.send({ jsonrpc: '2.0', id: 1, result: {} })
  await transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } })
  t.equal(written.length, 3)
})
