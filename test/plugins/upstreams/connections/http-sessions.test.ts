// Sessions at a server over HTTP: whose answer is whose, when they end, and a server that was renewed.
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import t from 'tap'
import { startHttpUpstream } from '../../../fixtures/upstreams/http-server.ts'
import { callOf, exchangeOf } from '../../../helpers/memory-upstream.ts'
import { until } from '../../../helpers/until.ts'
import { faultOf, httpSettings, listen, startOverHttp, textOf } from '../../../helpers/upstream-over-http.ts'

t.test('the answer to one request is never that of another, which may be of somebody else (UP-03)', async (t) => {
  for (const answers of ['json', 'sse'] as const) {
    const server = await startHttpUpstream(t, { answers })
    const { upstream } = await startOverHttp(t, httpSettings(server.url))
    await upstream.request(callOf('echo'), exchangeOf())
    server.fault = 'hang'
    const waiting = faultOf(upstream.request(callOf('echo'), exchangeOf()))
    await until(() => server.requests.filter(({ body }) => body.includes('tools/call')).length === 2)
    server.fault = 'other'
    t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), { name: 'UpstreamError' })
    t.match(await waiting, { fault: 'timeout' }, answers)
  }
})

t.test('a connection that ends tells the server that its session is over', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url))
  await upstream.request(callOf('echo'), exchangeOf())
  t.equal(server.sessionIds.size, 1)
  await upstream.close()
  t.equal(server.sessionIds.size, 0)
})

t.test('requests that the server refuses, such as large ones, do not open a connection each (UP-21)', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url))
  await upstream.request(callOf('echo'), exchangeOf())
  server.fault = { status: 413 }
  for (let call = 0; call < 5; call++) {
    t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), { fault: 'failed', wasSent: false })
  }
  server.fault = undefined
  await upstream.request(callOf('echo'), exchangeOf())
  t.equal(server.requests.filter(({ body }) => body.includes('"initialize"')).length, 2, 'one more, since it may have been renewed')
})

t.test('a server that was renewed, and speaks another version, is connected again', async (t) => {
  let isOld = true
  const modern = createMcpHandler(() => {
    const server = new McpServer({ name: 'renewed', version: '2' })
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, async ({ text }) => ({
      content: [{ type: 'text', text }]
    }))
    return server
  }, { legacy: 'reject' })
  const old = await startHttpUpstream(t, { sessions: true })
  const url = await listen(t, async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    const { host: _, connection: __, 'transfer-encoding': ___, 'content-length': ____, ...headers } = request.headers
    const init = { method: request.method!, headers: headers as Record<string, string>, ...(body && { body }) }
    if (isOld && request.method === 'GET') return response.writeHead(405).end()
    const answer = isOld ? await fetch(old.url, init) : await modern.fetch(new Request('http://localhost/', init))
    return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  const { upstream } = await startOverHttp(t, httpSettings(url))
  t.equal(textOf(await upstream.request(callOf('echo', { text: 'old' }), exchangeOf())), 'old')
  isOld = false
  const again = () => upstream.request(callOf('echo', { text: 'new' }), exchangeOf())
  t.ok(await until(() => again().then((answered) => textOf(answered) === 'new', () => false)))
  t.equal(upstream.status().protocolVersion, '2026-07-28')
})
