// How a server lives in an application: whose address counts, what
// reaches the log, what the hooks of the application can do,
// and how it ends with it.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { defineTool } from '../../authoring/tool.ts'
import type { McpOAuthOptions } from '../../fastify/index.ts'
import { createPlugin } from '../../fastify/plugin.ts'
import { MAX_PIPELINED } from '../../plugins/connections.ts'

/** A busy build machine is no fault of what is tested. */
const mcpOAuth = createPlugin({ maxEventLoopDelayMs: Infinity })
const folder = await mkdtemp(join(tmpdir(), 'mcp-mount-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
let applications = 0

type Options = FastifyServerOptions & { more?: McpOAuthOptions }

async function start (t: Test, prepare: (app: FastifyInstance) => void = () => {}, { more = {}, ...options }: Options = {}) {
  const app: FastifyInstance = fastify(options)
  t.teardown(() => app.close())
  prepare(app)
  await app.register(mcpOAuth, {
    publicUrl: 'http://localhost', dataDir: join(folder, String(++applications)), authBackends: ['demo'], ...more
  })
  await app.ready()
  return app
}

function createLog () {
  const lines: Array<Record<string, unknown>> = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      lines.push(...String(chunk).trim().split('\n').map((line) => JSON.parse(line)))
      done()
    }
  })
  return { lines, stream }
}

t.test('the address behind the application’s proxies counts, and its request ids are in the log (RL-01)', async (t) => {
  const { lines, stream } = createLog()
  const app = await start(t, undefined, { trustProxy: 'loopback', genReqId: () => 'id-of-the-application', logger: { stream } })
  const headers = { host: 'localhost', 'x-forwarded-for': '203.0.113.9', 'content-type': 'application/json' }
  const { statusCode } = await app.inject({ url: '/mcp/register', method: 'POST', headers, payload: { redirect_uris: ['https://app.example/cb'] } })
  t.equal(statusCode, 201)
  t.match(lines.find(({ msg }) => msg === 'audit'), {
    reqId: 'id-of-the-application', audit: { event: 'registration', address: '203.0.113.9', request: 'id-of-the-application' }
  })
})

t.test('what a visitor writes where the application trusts everybody is no longer than an address (OW-49)', async (t) => {
  const { lines, stream } = createLog()
  const app = await start(t, undefined, { trustProxy: true, logger: { stream } })
  const headers = { host: 'localhost', 'content-type': 'application/json' }
  const register = (written: string) => app.inject({
    url: '/mcp/register', method: 'POST', headers: { ...headers, 'x-forwarded-for': written }, payload: { redirect_uris: ['https://app.example/cb'] }
  })
  const codes = new Set<number>()
  for (let n = 0; n < 40; n++) codes.add((await register(`${n}${'x'.repeat(4_000)}`)).statusCode)
  t.same(codes, new Set([201, 429]), 'they are counted together')
  const recorded = lines.filter(({ msg }) => msg === 'audit').map(({ audit }) => (audit as { address: string }).address)
  t.same(new Set(recorded), new Set(['unknown']))
})

t.test('what a visitor writes where the application takes ids from a header does not fill the audit log (OW-50)', async (t) => {
  const { lines, stream } = createLog()
  const app = await start(t, undefined, { requestIdHeader: 'x-request-id', logger: { stream } })
  const headers = { host: 'localhost', 'x-request-id': 'x'.repeat(14_000) }
  t.equal((await app.inject({ url: '/mcp', method: 'POST', headers })).statusCode, 401)
  const audit = lines.find(({ msg }) => msg === 'audit')!['audit'] as { request: string }
  t.equal(audit.request, 'x'.repeat(200))
})

t.test('no line of the application has a query of these routes, and its own lines are as they were (LG-01)', async (t) => {
  const { lines, stream } = createLog()
  const app = await start(t, (app) => app.get('/mine', async () => 'mine'), { logger: { stream } })
  await app.inject({ url: '/mcp/login?interaction=a-secret', headers: { host: 'localhost' } })
  await app.inject('/mine?page=2')
  t.notMatch(JSON.stringify(lines), 'a-secret')
  const asked = lines.filter(({ msg }) => msg === 'incoming request').map(({ req }) => (req as { url: string }).url)
  t.same(asked, ['/mcp/login', '/mine?page=2'])
})

t.test('logLevel of register is that of the server’s own lines', async (t) => {
  const { lines, stream } = createLog()
  await start(t, undefined, { logger: { stream }, more: { logLevel: 'error' } })
  t.same(lines, [])
})

t.test('what an application does to all of its routes does not reach these', async (t) => {
  const app = await start(t, (app) => {
    const used = ['identity', 'stylesheet', 'storage', 'signIn', 'mcp', 'paths', 'mail', 'metrics', 'view', 'issuer', 'limits', 'audit', 'workers', 'grants', 'serializeCookie']
    for (const name of used) app.decorate(name, () => { throw new Error(name) })
    for (const name of ['access', 'cookies', 'spans']) app.decorateRequest(name)
    for (const name of ['page', 'view', 'viewAsync', 'setCookie']) app.decorateReply(name, () => { throw new Error(name) })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', () => { throw new Error('no bodies here') })
    app.setValidatorCompiler(() => { throw new Error('no schema compiles') })
    app.setSerializerCompiler(() => { throw new Error('no schema compiles') })
    app.setReplySerializer(() => 'mine')
    app.setErrorHandler((_error, _request, reply) => { reply.code(500).send('mine') })
    app.setNotFoundHandler((_request, reply) => { reply.code(404).send('mine') })
    for (const hook of ['preParsing', 'preValidation', 'preHandler', 'onSend'] as const) {
      app.addHook(hook as 'preHandler', async () => { throw new Error(hook) })
    }
    app.addHook(
      'onRequest',
      async (_request, reply) => { reply.header('x-frame-options', 'SAMEORIGIN').header('x-mine', '1') }
    )
  }, { bodyLimit: 10, exposeHeadRoutes: false })
  const headers = { host: 'localhost' }
  const page = await app.inject({ url: '/mcp', headers: { ...headers, accept: 'text/html' } })
  t.match([page.statusCode, page.headers['x-frame-options'], page.headers['x-mine']], [200, 'DENY', undefined])
  t.match(page.body, 'MCP')
  const call = await app.inject({ url: '/mcp', method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, payload: { jsonrpc: '2.0' } })
  t.match([call.statusCode, call.headers['www-authenticate']], [401, /^Bearer /])
  const registered = await app.inject({ url: '/mcp/register', method: 'POST', headers, payload: { redirect_uris: ['https://app.example/cb'] } })
  t.equal(registered.statusCode, 201)
  const refused = await app.inject({ url: '/mcp/token', method: 'POST', headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, payload: 'grant_type=x' })
  t.match([refused.statusCode, refused.json()], [400, { error: 'unsupported_grant_type' }])
  t.equal((await app.inject({ url: '/mcp/health', method: 'HEAD', headers })).statusCode, 200)
})

t.test('a hook of the application that answers at onRequest is the first to answer', async (t) => {
  const app = await start(t, (app) => app.addHook('onRequest', async (request, reply) =>
    request.headers['x-closed'] === undefined ? undefined : reply.code(503).send('closed today')))
  const health = async (headers: object) => (await app.inject({ url: '/mcp/health', headers: { host: 'localhost', ...headers } })).statusCode
  t.same([await health({}), await health({ 'x-closed': '1' })], [200, 503])
})

t.test('another Host is refused on these routes alone (WB-01)', async (t) => {
  const app = await start(t, (app) => app.get('/', async () => 'mine'), { more: { publicUrl: 'https://shop.example' } })
  const status = async (url: string) => (await app.inject({ url, headers: { host: 'rebound.example' } })).statusCode
  t.same(
    [await status('/'), await status('/mcp'), await status('/.well-known/oauth-authorization-server')],
    [200, 421, 421]
  )
})

const slow = Promise.withResolvers<void>()
const begun = Promise.withResolvers<void>()
const waits = defineTool({
  name: 'waits',
  title: 'Waits',
  description: 'Answers when the test says so.',
  input: z.object({}),
  output: z.object({ done: z.boolean() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  scopes: ['mcp:read'],
  async run () {
    begun.resolve()
    await slow.promise
    return { done: true }
  }
})

const message = (method: string, params: object) => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...('name' in params && { 'mcp-name': String(params.name) })
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } }
  })
})

// Node and Fastify keep a connection that is idle for over a minute.
t.test('when the application closes, open streams end, running calls are answered, and nothing is left', { timeout: 30_000 }, async (t) => {
  const { lines, stream } = createLog()
  const app = await start(t, undefined, { logger: { stream, level: 'warn' }, more: { authBackends: ['none'], tools: [waits] } })
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
  const listening = await fetch(url, message('subscriptions/listen', { notifications: { toolsListChanged: true } }))
  t.match(listening.headers.get('content-type'), 'text/event-stream')
  const call = fetch(url, message('tools/call', { name: 'waits', arguments: {} }))
  await begun.promise
  const closed = app.close()
  await listening.text()
  slow.resolve()
  t.match(await (await call).text(), '"done":true')
  await closed
  t.same(lines, [])
})

t.test('a client that goes while a hook of the application runs leaves nothing for which the end waits (OW-12)', { timeout: 30_000 }, async (t) => {
  const { lines, stream } = createLog()
  const gone = Promise.withResolvers<void>()
  const app = await start(t, (app) => app.addHook('onRequest', async (_request, reply) => {
    if (!reply.raw.closed) await once(reply.raw, 'close')
    gone.resolve()
  }), { logger: { stream, level: 'warn' }, more: { authBackends: ['none'] } })
  const asked = new AbortController()
  const answer = fetch(`${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp/health`, { signal: asked.signal })
  await once(app.server, 'request')
  asked.abort()
  await t.rejects(answer)
  await gone.promise
  await app.close()
  t.same(lines, [], 'no response is cut off')
})

t.test('over HTTP/2 as well', async (t) => {
  const app = fastify({ http2: true })
  t.teardown(() => app.close())
  await app.register(
    mcpOAuth as never,
    { publicUrl: 'http://localhost', dataDir: join(folder, 'http2'), authBackends: ['demo'] } as never
  )
  const client = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => client.close())
  const stream = client.request({ ':path': '/.well-known/oauth-authorization-server', ':authority': 'localhost' })
  const [headers] = await Promise.all([new Promise<Record<string, unknown>>((resolve) => { stream.once('response', resolve) }), stream.resume()])
  t.equal(headers[':status'], 200)
})

t.test('one packet begins few requests (SW-08)', async (t) => {
  const app = await start(t)
  await app.listen()
  const { port } = app.server.address() as AddressInfo
  const answered = async (count: number) => {
    const socket = connect(port)
    let text = ''
    socket.on('data', (part) => { text += String(part) })
    socket.on('error', () => {})
    const lines = ['GET /mcp/health HTTP/1.1', 'Host: localhost']
    const request = `${lines.join('\r\n')}\r\n\r\n`
    socket.write(request.repeat(count - 1))
    const last = [...lines, 'Connection: close']
    socket.write(`${last.join('\r\n')}\r\n\r\n`)
    await once(socket, 'close')
    return text.split('HTTP/1.1 200').length - 1
  }
  t.equal(await answered(MAX_PIPELINED), MAX_PIPELINED)
  t.ok((await answered(50)) <= MAX_PIPELINED)
})
