// Transports to upstreams over HTTP, with the official client over them: connections are kept, shared and bounded.
import t from 'tap'
import { startHttpUpstream } from '../../../fixtures/upstreams/http-server.ts'
import { connectHttp, httpSettings, startHttp } from '../../../helpers/http-upstreams.ts'
import { settingsOf } from '../../../helpers/memory-upstream.ts'
import { until } from '../../../helpers/until.ts'

const call = (text: string) => ({ name: 'echo', arguments: { text } })

for (const answers of ['json', 'sse'] as const) {
  t.test(`calls one after the other use one connection, answered as ${answers}`, async (t) => {
    const upstream = await startHttpUpstream(t, { answers, sessions: true })
    const client = await connectHttp(t, httpSettings(upstream.url))
    t.ok(await until(() => upstream.streams.size === 1))
    const before = upstream.sockets.size
    for (let round = 0; round < 10; round++) {
      const { content } = await client.callTool(call(`${round}`))
      t.same(content, [{ type: 'text', text: `${round}` }])
    }
    t.ok(upstream.sockets.size <= before)
  })
}

t.test('an upstream has 64 requests at a time, whosever they are, and the others wait for their turn', async (t) => {
  const upstream = await startHttpUpstream(t, { sessions: true })
  const http = startHttp(t)
  const connect = () => connectHttp(t, httpSettings(upstream.url), { http })
  const clients = [await connect(), await connect()]
  const other = await startHttpUpstream(t)
  const elsewhere = await connectHttp(t, httpSettings(other.url, { name: 'other' }), { http })
  upstream.fault = 'slow'
  const calls = Array.from({ length: 70 }, (_, index) =>
    clients[index % 2]!.callTool(call(`${index}`)).catch((error: unknown) => error))
  t.ok(await until(() => upstream.sockets.size >= 64))
  await elsewhere.callTool(call('not in the way'))
  t.equal(upstream.sockets.size - upstream.streams.size, 64)
  upstream.fault = undefined
  for (const socket of upstream.sockets) socket.destroy()
  await Promise.all(calls)
  t.equal(upstream.calls, 6, 'those that waited were sent then')
})

t.test('all connections end with the server', async (t) => {
  const upstream = await startHttpUpstream(t, { sessions: true })
  const http = startHttp(t)
  const client = await connectHttp(t, httpSettings(upstream.url), { http })
  await client.close()
  await http.close()
  t.ok(await until(() => upstream.sockets.size === 0))
})

t.test('a command is not opened over HTTP', async (t) => {
  t.throws(() => startHttp(t).open(settingsOf(), undefined, 'streamable'), {
    name: 'TypeError',
    message: /is a command/
  })
})
