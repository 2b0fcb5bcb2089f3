// What is wrong with a request is said in a sentence, however long the words of the error are.
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { ProtocolError } from '@modelcontextprotocol/server'
import type { FastifyBaseLogger } from 'fastify'
import t, { type Test } from 'tap'
import { StrictServer } from '../../../../plugins/mcp/sdk/strict-server.ts'

/** What a client gets where a handler throws. */
async function refusalOf (t: Test, error: Error): Promise<string> {
  const info = { name: 'test', version: '1' }
  const capabilities = { tools: {} }
  const log = { error () {} } as unknown as FastifyBaseLogger
  const server = new StrictServer(info, { capabilities }, { log, requestId: 'r', signal: new AbortController().signal })
  server.setRequestHandler('tools/list', () => {
    throw error
  })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client(info)
  await Promise.all([
    server.connect(theirs),
    client.connect(ours)
  ])
  t.teardown(() => client.close())
  try {
    await client.listTools()
    return 'answered'
  } catch (error) {
    return (error as Error).message
  }
}

t.test('what an error says is looked through once, whatever looks like the beginning of JSON in it (BW-28)', async (t) => {
  const words = '[{'.repeat(500_000)
  const issues = '[{"path":["params","a"],"message":"no"}]'
  const cases = [
    [new Error(words), /Internal error/],
    [
      new ProtocolError(-32602, words),
      /^(?:.*: )?\[\{\[\{/
    ],
    [
      new ProtocolError(-32602, `${words}}]`),
      /they do not have the shape/
    ],
    [
      new Error(`Invalid params: ${issues}`),
      /Invalid params of tools\/list: a: no/
    ]
  ] as const
  for (const [error, refusal] of cases) {
    t.match(await refusalOf(t, error), refusal)
  }
})
