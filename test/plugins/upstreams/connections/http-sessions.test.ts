// Sessions at a server over HTTP: whose answer is whose, when they end, and a server that was renewed.
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import type { Catalogue } from '../../../../plugins/upstreams/contract.ts'
import { startHttpUpstream } from '../../../fixtures/upstreams/http-server.ts'
import { callerOf, callOf, exchangeOf } from '../../../helpers/memory-upstream.ts'
import { until } from '../../../helpers/until.ts'
import { faultOf, httpSettings, listen, startOverHttp, textOf } from '../../../helpers/upstream-over-http.ts'

t.test('the answer to one request is never that of another, which may be of somebody else (UP-03)', async (t) => {
  for (const answers of ['json', 'sse'] as const) {
    const server = await startHttpUpstream(t, { answers })
    const { upstream } = await startOverHttp(t, httpSettings(server.url))
    await upstream.request(callOf('echo'), exchangeOf())
    server.fault = 'hang'
    const waiting = faultOf(upstream.request(callOf('echo'), exchangeOf()))
    await until(
      () => server.requests.filter(({ body }) => body.includes('tools/call')).length === 2
    )
    server.fault = 'other'
    t.match(
      await faultOf(upstream.request(callOf('echo'), exchangeOf())), { name: 'UpstreamError' }
    )
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
    t.match(
      await faultOf(upstream.request(callOf('echo'), exchangeOf())), { fault: 'failed', wasSent: false }
    )
  }
  server.fault = undefined
  await upstream.request(callOf('echo'), exchangeOf())
  t.equal(
    server.requests.filter(({ body }) => body.includes('"initialize"')).length, 2, 'one more, since it may have been renewed'
  )
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

t.test('a start whose last answer never ends is given up, and the next one is tried (UP-07)', async (t) => {
  let isEndless = true
  const server = await startHttpUpstream(t)
  const url = await listen(t, async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    if (request.method === 'GET') return response.writeHead(405).end()
    if (isEndless && body.includes('notifications/initialized')) return response.writeHead(202).write(' ')
    const answer = await fetch(server.url, { method: 'POST', body })
    return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  const { upstream } = await startOverHttp(t, httpSettings(url, { timeoutMs: 300 }))
  t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), { fault: 'timeout' })
  isEndless = false
  const again = () => upstream.request(callOf('echo', { text: 'new' }), exchangeOf())
  t.ok(await until(() => again().then((answered) => textOf(answered) === 'new', () => false)))
})

/** Of 2026-07-28, over a stream that stays open; it resets the connection of calls with `bad` in them. */
async function startModern (t: Test, tools: string[]) {
  const methods: string[] = []
  const handler = createMcpHandler(() => {
    const server = new McpServer(
      { name: 'modern', version: '2' }, { capabilities: { tools: { listChanged: true } } }
    )
    for (const name of tools) server.registerTool(name, {}, async () => ({ content: [{ type: 'text', text: name }] }))
    return server
  }, { legacy: 'reject' })
  const streams = new Set<ServerResponse>()
  const url = await listen(t, async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    methods.push((JSON.parse(body) as { method: string }).method)
    if (body.includes('bad')) return request.socket.resetAndDestroy()
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await handler.fetch(
      new Request('http://localhost/', { method: 'POST', headers: headers as Record<string, string>, body })
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).flushHeaders()
    if (methods.at(-1) === 'subscriptions/listen') streams.add(response)
    return Readable.fromWeb(answer.body as never).on('error', () => {}).pipe(response)
  })
  t.teardown(() => handler.close())
  return { url, methods, streams }
}

t.test('calls whose connection breaks do not have the connection of all opened again each (UP-21)', async (t) => {
  const { url, methods } = await startModern(t, ['echo', 'bad'])
  const { upstream } = await startOverHttp(t, httpSettings(url))
  for (const id of ['ann', 'bob']) {
    await upstream.request(callOf('echo'), exchangeOf({ caller: callerOf(id) }))
  }
  methods.length = 0
  for (let call = 0; call < 5; call++) {
    t.match(
      await faultOf(upstream.request(callOf('bad'), exchangeOf())), { fault: 'ended', wasSent: true }
    )
  }
  await upstream.request(callOf('echo'), exchangeOf({ caller: callerOf('bob') }))
  t.equal(
    methods.filter((method) => method === 'server/discover').length, 1, 'once, since it may have been renewed'
  )
})

const offered = ({ catalogue }: { catalogue: Catalogue }) => catalogue.tools.map(({ ownName }) => ownName)

t.test('the lists of a server that was started again are read again with its next use (UC-22)', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url), { readCatalogue })
  await upstream.start()
  await upstream.looked
  await upstream.request(callOf('echo'), exchangeOf())
  server.tools = ['echo', 'new'].map((name) => ({ name, inputSchema: { type: 'object' } }))
  server.sessionIds.clear()
  await upstream.request(callOf('echo'), exchangeOf())
  t.ok(await until(() => offered(upstream).includes('new')))
})

t.test('where the stream of changes has ended, there is another, and the lists are read again (UC-22)', async (t) => {
  const tools = ['echo']
  const { url, streams } = await startModern(t, tools)
  const { upstream } = await startOverHttp(t, httpSettings(url), { readCatalogue })
  await upstream.start()
  await upstream.looked
  t.ok(await until(() => streams.size === 1))
  tools.push('new')
  for (const stream of streams) stream.destroy()
  t.ok(await until(() => offered(upstream).includes('new')))
  t.equal(streams.size, 2)
})
