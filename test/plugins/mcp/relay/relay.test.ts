// The official client of the `initialize` era: it is asked what an
// upstream asks, and gets its progress.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { asks, fakeUpstreams, says } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const form = {
  mode: 'form',
  message: 'Your name?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } } }
}

t.test('in a session, a question is a request to the client, and progress reaches it', async (t) => {
  const upstreams = fakeUpstreams({
    name: 'shop',
    tools: [{ name: 'buy' }],
    answer (_request, { retry, progress }) {
      progress?.({ progress: 1, total: 2, message: 'half' })
      return retry ? says(JSON.stringify(retry)) : asks(form)
    }
  })
  const { url } = await start(t, { upstreams })
  const client = new Client(
    { name: 'c', version: '1' },
    { capabilities: { elicitation: { form: {} } } }
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    t.match(params, { message: 'Your name?' })
    return { action: 'accept', content: { name: 'Ann' } }
  })
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: 'Bearer alice' } }
  })
  await client.connect(transport)
  t.teardown(() => client.close())
  const heard: unknown[] = []
  const onprogress = (progress: unknown) => { heard.push(progress) }
  const called = await client.callTool({ name: 'shop_buy' }, { onprogress })
  const [{ text }] = called.content as unknown as [{ text: string }]
  t.strictSame(JSON.parse(text), {
    state: 'its state',
    responses: { question: { action: 'accept', content: { name: 'Ann' } } }
  })
  t.match(heard[0], { progress: 1, total: 2, message: 'half' })
  t.equal(upstreams.sent.length, 2)
  t.match(upstreams.sent[0]!.exchange.capabilities, { elicitation: { form: {} } })
})
