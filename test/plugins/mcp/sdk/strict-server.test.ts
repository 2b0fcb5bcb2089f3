// What is wrong with a request is said in a sentence, however long the words of the error are.
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { ProtocolError } from '@modelcontextprotocol/server'
import t, { type Test } from 'tap'
import { StrictServer } from '../../../../plugins/mcp/sdk/strict-server.ts'

/** What a client gets where a handler throws. */
async function refusalOf (t: Test, error: Error): Promise<string> {
  const server = new StrictServer({ name: 'test', version: '1' }, { capabilities: { tools: {} } })
  server.onerror = () => {}
  server.setRequestHandler('tools/list', () => { throw error })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client({ name: 'test', version: '1' })
  await Promise.all([server.connect(theirs), client.connect(ours)])
  t.teardown(() => client.close())
  return client.listTools().then(() => 'answered', ({ message }: Error) => message)
}

t.test('what an error says is looked through once, whatever looks like the beginning of JSON in it (BW-28)', async (t) => {
  const words = '[{'.repeat(500_000)
  t.match(await refusalOf(t, new Error(words)), /Internal error/)
  t.match(await refusalOf(t, new ProtocolError(-32602, words)), /^(?:.*: )?\[\{\[\{/)
  t.match(await refusalOf(t, new ProtocolError(-32602, `${words}}]`)), /they do not have the shape/)
  t.match(await refusalOf(t, new Error('Invalid params: [{"path":["params","a"],"message":"no"}]')), /Invalid params of tools\/list: a: no/)
})
