// A request ends in time, and an error says whether it can have reached the upstream.
import { getEventListeners, once } from 'node:events'
import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { exchange, type OutgoingRequest } from '../../../../plugins/upstreams/http/exchange.ts'
import { startRecordingUpstream } from '../../../helpers/recording-upstream.ts'
import { until } from '../../../helpers/until.ts'

function outgoing (t: Test, url: string, own: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const agent = url.startsWith('https')
    ? new HttpsAgent()
    : new Agent({
      keepAlive: true,
      maxSockets: 1
    })
  t.teardown(() => agent.destroy())
  return {
    settings: { name: 'crm', secrets: [], timeoutMs: 150 },
    url: new URL(url),
    method: 'POST',
    headers: { accept: 'application/json' },
    agent,
    signal: undefined,
    mayWait: false,
    onOpen: () => {},
    ...own
  }
}

t.test('a request is sent as it is written, over a connection that is kept', async (t) => {
  const upstream = await startRecordingUpstream(t, (_request, response) => response.end('ok'))
  const request = outgoing(t, `${upstream.url}?a=b`, { headers: { accept: 'x/y', host: 'crm.internal' } })
  for (const round of [1, 2]) {
    const answer = await exchange(request, '{"ä":1}')
    t.equal(String(Buffer.concat(await answer.toArray())), 'ok', `${round}`)
  }
  t.match(upstream.requests[1], {
    method: 'POST',
    path: '/mcp?a=b',
    headers: { accept: 'x/y', host: 'crm.internal', 'content-length': '8' }
  })
  t.equal(upstream.sockets.size, 1)
})

t.test('what is no longer waited for ends at the upstream as well', async (t) => {
  const upstream = await startRecordingUpstream(t, () => {})
  const waiting = new AbortController()
  const { signal } = waiting
  const asked = outgoing(t, upstream.url, { signal, mayWait: true })
  const refused = t.rejects(exchange(asked), { message: 'gone' })
  t.ok(await until(() => upstream.requests.length === 1))
  waiting.abort(new Error('gone'))
  await refused
  t.ok(await until(() => upstream.sockets.size === 0))
  await t.rejects(exchange(asked), { message: 'gone' })
  t.equal(upstream.requests.length, 1)
})

t.test('no answer, no connection and no room are told apart (UH-04)', async (t) => {
  const upstream = await startRecordingUpstream(t, () => {})
  const request = outgoing(t, upstream.url)
  const first = t.rejects(exchange(request), {
    message: /did not answer/,
    fault: 'timeout',
    wasSent: true
  })
  const waiting = { ...request, settings: { ...request.settings, timeoutMs: 50 } }
  await t.rejects(exchange(waiting), {
    message: /none ended/,
    fault: 'busy',
    wasSent: false
  })
  const [used] = upstream.sockets
  await first
  t.equal(upstream.requests.length, 1)
  t.ok(await until(() => used!.destroyed), 'its connection has ended')
  await t.rejects(exchange(outgoing(t, 'http://127.0.0.1:1/')), {
    message: /listens/,
    fault: 'unreachable',
    wasSent: false
  })
})

t.test('a TLS handshake that does not end is no connection', async (t) => {
  const server = createTcpServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await t.rejects(exchange(outgoing(t, url)), {
    fault: 'unreachable',
    wasSent: false,
    message: /in time/
  })
})

t.test('whoever gives up gets their own reason, and the connection is closed', async (t) => {
  const upstream = await startRecordingUpstream(t, () => controller.abort(new Error('gone')))
  const controller = new AbortController()
  await t.rejects(
    exchange(outgoing(t, upstream.url, { signal: controller.signal })), { message: 'gone' }
  )
  await t.rejects(
    exchange(outgoing(t, upstream.url, { signal: controller.signal })), { message: 'gone' }
  )
  t.equal(upstream.requests.length, 1, 'nothing is sent for who has gone already')
})

t.test('a request that is over leaves nothing at the signal, which may be that of a connection', async (t) => {
  const upstream = await startRecordingUpstream(t, (_request, response) => response.end('ok'))
  const { signal } = new AbortController()
  for (let turn = 0; turn < 3; turn++) {
    await (await exchange(outgoing(t, upstream.url, { signal }))).toArray()
  }
  t.ok(await until(() => getEventListeners(signal, 'abort').length === 0))
})

t.test('what is given up while it waits ends at once, and nothing of its body is kept until a socket is free (UH-10)', async (t) => {
  const upstream = await startRecordingUpstream(t, () => {})
  const first = outgoing(
    t, upstream.url, { settings: { name: 'crm', secrets: [], timeoutMs: 60_000 } }
  )
  exchange(first, 'first').catch(() => {})
  t.ok(await until(() => upstream.requests.length === 1))
  const waiting = new AbortController()
  const second = t.rejects(
    exchange({ ...first, signal: waiting.signal }, 'x'.repeat(1_000_000)), { message: 'gone' }
  )
  waiting.abort(new Error('gone'))
  await second
  const kept = Object.values(first.agent.requests).flatMap((requests) => requests ?? []) as unknown as Array<{ outputSize: number }>
  t.equal(kept.reduce((sum, { outputSize }) => sum + outputSize, 0), 0)
})

t.test('informational answers without an end are refused after a few (UH-09)', async (t) => {
  const flood = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)))
  }).listen(0, '127.0.0.1')
  await once(flood, 'listening')
  t.teardown(() => flood.close())
  await t.rejects(exchange(outgoing(t, `http://127.0.0.1:${(flood.address() as AddressInfo).port}/`, { mayWait: true })), {
    fault: 'malformed',
    message: /informational/
  })
})
