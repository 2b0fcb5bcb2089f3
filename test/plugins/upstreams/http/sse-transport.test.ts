// The transport of 2024-11-05: it opens in time or says why not, and does not try again by itself.
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { startRecordingUpstream } from '../../../helpers/recording-upstream.ts'
import { connectHttp, httpSettings, startHttp } from '../../../helpers/http-upstreams.ts'
import { until } from '../../../helpers/until.ts'

const openStream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

t.test('why a stream does not open is said, and nothing tries again (UH-05)', async (t) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    unauthorized: (response) => response.writeHead(401).end(),
    timeout: (response) => openStream(response).write(': nothing to say\n\n'),
    failed: (response) => openStream(response).write('event: endpoint\ndata: https://elsewhere.example/messages\n\n')
  }
  for (const [fault, answer] of Object.entries(answers)) {
    const upstream = await startRecordingUpstream(t, (_request, response) => answer(response))
    const transport = startHttp(t).open(httpSettings(upstream.url, { timeoutMs: 200 }), undefined, 'sse')
    const found = await transport.start().catch((error: unknown) => error)
    if (fault === 'failed') t.match(found, { message: /origin does not match/ })
    else t.match(found, { fault })
    t.ok(await until(() => upstream.sockets.size === 0), `${fault}: the connection is closed`)
    t.equal(upstream.requests.length, 1)
  }
})

t.test('the end of the stream is the end of the connection: what waits is told', async (t) => {
  let stream: ServerResponse | undefined
  const upstream = await startRecordingUpstream(t, ({ method, body }, response) => {
    if (method === 'GET') {
      stream = openStream(response)
      stream.write('event: endpoint\ndata: /messages\n\n')
      return
    }
    const { id, method: asked } = JSON.parse(body) as { id?: number; method: string }
    response.writeHead(202).end()
    if (asked === 'tools/call') stream!.end()
    if (asked !== 'initialize') return
    const result = {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'old', version: '1' }
    }
    stream!.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
  })
  const client = await connectHttp(t, httpSettings(upstream.url), {
    kind: 'sse',
    mode: 'legacy'
  })
  let ends = 0
  client.onclose = () => ends++
  await t.rejects(client.request({ method: 'tools/call', params: { name: 'x' } }), { code: 'CONNECTION_CLOSED' })
  t.equal(ends, 1)
  t.equal(upstream.requests.filter(({ method }) => method === 'GET').length, 1, 'a new stream would be another session')
})
