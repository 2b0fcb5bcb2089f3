// Real transports under an upstream: HTTP of every era, sessions that are lost, processes, and every fault that one of
// them can have.
import { InMemoryTransport, SdkErrorCode, SdkHttpError, type Transport } from '@modelcontextprotocol/client'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { McpServer as V1Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import t, { type Test } from 'tap'
import type { UpstreamSettings } from '../../../../config/upstreams.ts'
import type { UpstreamCaller } from '../../../../plugins/upstreams/contract.ts'
import { MAX_SSE_CONNECTIONS } from '../../../../plugins/upstreams/http/index.ts'
import { startHttpUpstream, type HttpFault } from '../../../fixtures/upstreams/http-server.ts'
import { callerOf, callOf, exchangeOf, startUpstream } from '../../../helpers/memory-upstream.ts'
import { faultOf, httpSettings, listen, startOverHttp, textOf } from '../../../helpers/upstream-over-http.ts'
import { startProcesses, upstreamSettings } from '../../../helpers/upstream-processes.ts'
import { until } from '../../../helpers/until.ts'

const echo = async ({ text }: { text: string }) => ({ content: [{ type: 'text' as const, text }] })

t.test('a server of 2026-07-28 is spoken to in its own version, over one connection', async (t) => {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'modern', version: '1' }, { capabilities: { logging: {} } })
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, async ({ text }, ctx) => {
      await ctx.mcpReq.log('info', `saying ${text}`)
      return await echo({ text })
    })
    return server
  }, { legacy: 'reject' })
  const url = await listen(t, async (request, response) => {
    const chunks = await request.toArray()
    const answer = await handler.fetch(new Request('http://localhost/', {
      method: request.method!,
      headers: request.headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks as Buffer[]) })
    }))
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  const { upstream } = await startOverHttp(t, httpSettings(url))
  for (const id of ['ann', 'bob']) {
    const lines: string[] = []
    const exchange = exchangeOf({ caller: callerOf(id), log: (_level, line) => lines.push(line) })
    t.equal(textOf(await upstream.request(callOf('echo', { text: id }), exchange)), id)
    t.same(lines, [`saying ${id}`], 'a line is told to whoever asked')
  }
  t.match(upstream.status(), { state: 'ready', protocolVersion: '2026-07-28' })
})

t.test('a server with sessions has one for each person (UP-03)', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url))
  for (const id of ['ann', 'bob', 'ann']) {
    t.equal(textOf(await upstream.request(callOf('echo', { text: id }), exchangeOf({ caller: callerOf(id) }))), id)
  }
  t.equal(server.sessionIds.size, 2)
  t.equal(upstream.status().connections, 2)
})

t.test('lists are read as for those who will call: a server is told that it may ask people something', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url))
  await upstream.start()
  const initialize = () => server.requests.find(({ body }) => body.includes('"initialize"'))
  t.ok(await until(() => initialize() !== undefined))
  t.match(JSON.parse(initialize()!.body).params.capabilities, { elicitation: {} })
})

t.test('a session that the server has forgotten is made again, and the person notices nothing', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url))
  await upstream.request(callOf('echo', { text: '1' }), exchangeOf())
  server.sessionIds.clear()
  t.equal(textOf(await upstream.request(callOf('echo', { text: '2' }), exchangeOf())), '2')
  t.equal(server.calls, 2)
})

t.test('a server with the transport of 2024-11-05 is found', async (t) => {
  let transport: SSEServerTransport | undefined
  const url = await listen(t, async (request, response) => {
    if (request.method === 'POST' && request.url === '/mcp') return response.writeHead(405).end()
    if (request.method === 'POST') return await transport!.handlePostMessage(request, response)
    const server = new V1Server({ name: 'old', version: '1' })
    server.registerTool('echo', { inputSchema: { text: z.string() } as never }, echo as never)
    transport = new SSEServerTransport('/messages', response)
    return await server.connect(transport)
  })
  const { upstream } = await startOverHttp(t, httpSettings(url))
  t.equal(textOf(await upstream.request(callOf('echo', { text: 'old' }), exchangeOf())), 'old')
})

t.test('where each connection is a stream, as in 2024-11-05, there are no more than there are streams (UP-22)', async (t) => {
  let open = 0
  let most = 0
  const { upstream } = await startUpstream(t, () => {}, {
    settings: httpSettings('https://old.example/mcp'),
    openTransport (_settings, _caller, kind) {
      if (kind === 'streamable') throw new SdkHttpError(SdkErrorCode.ClientHttpFailedToOpenStream, 'no', { status: 405 } as never)
      const [ours, theirs] = InMemoryTransport.createLinkedPair()
      const server = new McpServer({ name: 'old', version: '1' })
      server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, echo)
      const start = ours.start.bind(ours)
      theirs.onclose = () => { open-- }
      ours.start = async () => {
        most = Math.max(most, ++open)
        await server.connect(theirs)
        await start()
      }
      return ours as Transport
    }
  })
  for (let person = 0; person < MAX_SSE_CONNECTIONS + 5; person++) {
    await upstream.request(callOf('echo', { text: 'a' }), exchangeOf({ caller: callerOf(`person ${person}`) }))
  }
  t.ok(most <= MAX_SSE_CONNECTIONS + 1, String(most))
  t.equal(upstream.status().connections, MAX_SSE_CONNECTIONS)
})

t.test('of what a transport says, which may be all of an answer, a connection keeps a line (UH-07)', async (t) => {
  let transport: Transport | undefined
  const { upstream } = await startUpstream(t, () => {}, {
    openTransport () {
      const [ours, theirs] = InMemoryTransport.createLinkedPair()
      new McpServer({ name: 'odd', version: '1' }, { capabilities: { tools: {} } }).connect(theirs)
      return (transport = ours as Transport)
    }
  })
  t.match(await faultOf(upstream.request(callOf('x'), exchangeOf())), { name: 'ProtocolError' })
  transport!.onerror!(new Error('x'.repeat(10_000)))
  await transport!.close()
  t.match(upstream.status().fault, /^it ends soon after it starts: x{500}$/)
})

t.test('a server on SDK v1 that answers 400 to a lost session is connected again', async (t) => {
  let transport: StreamableHTTPServerTransport | undefined
  const url = await listen(t, async (request, response) => {
    const session = request.headers['mcp-session-id']
    if (session !== undefined && session !== transport?.sessionId) {
      const error = { code: -32000, message: 'Bad Request: No valid session ID provided' }
      return response.writeHead(400).end(JSON.stringify({ jsonrpc: '2.0', error, id: null }))
    }
    if (session === undefined) {
      transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() })
      const server = new V1Server({ name: 'v1', version: '1' })
      server.registerTool('echo', { inputSchema: { text: z.string() } as never }, echo as never)
      await server.connect(transport as never)
    }
    return await transport!.handleRequest(request, response)
  })
  const { upstream } = await startOverHttp(t, httpSettings(url))
  t.equal(textOf(await upstream.request(callOf('echo', { text: '1' }), exchangeOf())), '1')
  transport = undefined
  t.equal(textOf(await upstream.request(callOf('echo', { text: '2' }), exchangeOf())), '2')
})

const faults: ReadonlyArray<readonly [HttpFault, object]> = [
  [{ status: 401 }, { fault: 'unauthorized', message: /headers/ }],
  [{ status: 403 }, { fault: 'unauthorized' }],
  [{ status: 429, headers: { 'retry-after': '7' } }, { fault: 'busy', message: /7 seconds/ }],
  [{ status: 500 }, { fault: 'failed', wasSent: true }],
  ['other', { fault: /malformed|ended/ }],
  ['garbage', { fault: 'malformed' }],
  ['html', { fault: 'malformed' }],
  ['endless', { fault: 'malformed' }],
  ['huge', { fault: 'malformed' }],
  ['deep', { fault: 'malformed' }],
  ['reset', { fault: 'ended', wasSent: true }],
  ['half', { fault: 'ended', wasSent: true }],
  ['redirect', { fault: 'failed', message: /elsewhere\.example/ }]
]

t.test('each fault of a server over HTTP is told apart, and none is in the way of the next call (UP-07)', async (t) => {
  for (const answers of ['json', 'sse'] as const) {
    const server = await startHttpUpstream(t, { sessions: true, answers })
    const { upstream } = await startOverHttp(t, httpSettings(server.url, { timeoutMs: 10_000 }))
    for (const [fault, expected] of faults) {
      server.fault = fault
      t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), expected, `${answers} ${JSON.stringify(fault)}`)
      server.fault = undefined
      t.equal(textOf(await upstream.request(callOf('echo', { text: 'on' }), exchangeOf())), 'on')
    }
  }
})

t.test('a server that does not answer is given up after its time', async (t) => {
  const server = await startHttpUpstream(t, { sessions: true })
  const { upstream } = await startOverHttp(t, httpSettings(server.url, { timeoutMs: 1_000 }))
  server.fault = 'hang'
  t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), { fault: 'timeout', wasSent: true })
})

t.test('nothing that listens, and a page that is no MCP server, are told apart', async (t) => {
  const [nothing, page] = [
    await startOverHttp(t, httpSettings('http://127.0.0.1:1/mcp')),
    await startOverHttp(t, httpSettings(await listen(t, (_request, response) => response.end('<!doctype html>'))))
  ]
  const call = (started: typeof page) => faultOf(started.upstream.request(callOf('echo'), exchangeOf()))
  t.match(await call(nothing), { fault: 'unreachable', wasSent: false, message: /nothing listens/ })
  t.match(await call(page), { fault: 'malformed', wasSent: false })
})

t.test('a process is asked in its own version, told to stop, and gone at the end', async (t) => {
  const { processes } = startProcesses(t)
  const { upstream } = await startUpstream(t, () => {}, {
    settings: upstreamSettings([], { idleSeconds: 1 }),
    openTransport: (settings, caller) => processes.open(settings, caller)
  })
  t.equal(textOf(await upstream.request(callOf('echo', { text: 'hi' }), exchangeOf())), '{"text":"hi"}')
  t.match(upstream.status(), { state: 'ready', connections: 1, protocolVersion: /^2025/ })
  t.ok(await until(() => processes.count === 0), 'nobody uses it')
  t.equal(upstream.status().state, 'idle')
  t.ok(await upstream.request(callOf('echo'), exchangeOf()))
})

const startFixture = (t: Test, ...args: string[]) => {
  const { processes } = startProcesses(t, { bounds: { graceMs: 100 } })
  const settings = upstreamSettings(args)
  const openTransport = (_: UpstreamSettings, caller?: UpstreamCaller) =>
    processes.open(settings, caller)
  return startUpstream(t, () => {}, { settings, openTransport })
}

t.test('a process that ends at once is unreachable, with its last words', async (t) => {
  const { upstream } = await startFixture(t, '--exit-at-start')
  const expected = { fault: 'unreachable', wasSent: false, message: /code 7.*its license/ }
  t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), expected)
})

t.test('a process that ends at a question of today is asked as in its own time', async (t) => {
  const { upstream } = await startFixture(t, '--exit-on-unknown')
  t.equal(textOf(await upstream.request(callOf('echo'), exchangeOf())), '{}')
})

t.test('an answer of a process that is too large is its own fault, not that of others', async (t) => {
  const { upstream } = await startFixture(t, '--big-answer', '30000000')
  const expected = { fault: 'malformed', wasSent: true, message: /larger than/ }
  t.match(await faultOf(upstream.request(callOf('echo'), exchangeOf())), expected)
  t.match(upstream.status(), { state: 'ready', connections: 1 })
})

t.test('the transport of 2024-11-05 is tried where the other is not there, and not where it is refused or fails', async (t) => {
  for (const status of [400, 404, 405, 401, 403, 429, 500, 503]) {
    const methods = new Set<string>()
    const url = await listen(t, async ({ method }, response) => {
      methods.add(method!)
      response.writeHead(status).end()
    })
    await faultOf((await startOverHttp(t, httpSettings(url))).upstream.request(callOf('echo', { text: 'x' }), exchangeOf()))
    t.equal(methods.has('GET'), [400, 404, 405].includes(status), `${status}`)
  }
})
