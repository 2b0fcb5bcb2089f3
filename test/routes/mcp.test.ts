// The MCP endpoint over real HTTP: the MC rows of the catalogue, both protocol eras, and the official clients of both
// generations.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { monotonicClock } from '../../clock.ts'
import audit from '../../plugins/observability/audit/index.ts'
import bearer from '../../plugins/oauth/bearer.ts'
import type { Access } from '../../plugins/oauth/grants/contract.ts'
import type { Grants } from '../../plugins/oauth/grants/index.ts'
import mcpPlugin from '../../plugins/mcp/index.ts'
import origin from '../../plugins/origin.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import storage from '../../plugins/storage/index.ts'
import usage from '../../plugins/limits/usage.ts'
import workersPlugin from '../../plugins/workers.ts'
import mcpRoutes from '../../routes/mcp.ts'
import { defineTool, ToolError, type Tool, type ToolLibrary } from '../../authoring/tool.ts'

const MODERN = '2026-07-28'
const PUBLIC = 'https://mcp.example.com'
const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

const library: ToolLibrary = {
  search: async (query) => [{ id: 'a.md', title: query, url: `${PUBLIC}/a`, snippet: 'found' }],
  fetch: async () => undefined,
  read: async () => undefined,
  list: async () => ({ documents: [], more: false })
}

/** What the tools of this test did, and with whom; the test asks it what really ran. */
function makeTools () {
  const ran: string[] = []
  const aborted: string[] = []
  const gate = Promise.withResolvers<void>()
  const wait = (signal: AbortSignal, name: string) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener(
        'abort',
        () => {
          aborted.push(name)
          reject(signal.reason)
        },
        { once: true }
      )
    })
  const tool = (
    name: string,
    scopes: Tool['scopes'],
    run: (context: Parameters<Tool['run']>[1], text: string) => Promise<unknown>
  ) =>
    defineTool({
      name,
      title: name,
      description: `Test tool ${name}.`,
      input: z.object({ text: z.string().default('') }),
      output: z.object({ text: z.string() }),
      annotations,
      scopes,
      run: async ({ text }, context) => {
        ran.push(name)
        return { text: (await run(context, text)) as string }
      }
    })
  const tools: Tool[] = [
    defineTool({
      name: 'search',
      title: 'Search',
      description: 'Finds documents.',
      input: z.object({ query: z.string(), limit: z.number().int().max(10).optional() }),
      output: z.object({ results: z.array(z.object({ id: z.string(), title: z.string(), url: z.string() })) }),
      annotations,
      scopes: ['mcp:read'],
      run: async ({ query }, context) => ({ results: await context.library.search(query) })
    }),
    tool('fetch', ['mcp:read'], async (_, text) => text),
    tool('whoami', ['mcp:read'], async ({ user }, text) => {
      await delay(Math.random() * 20)
      return `${user?.id ?? 'nobody'}:${text}`
    }),
    tool('write', ['mcp:write'], async (_, text) => text),
    tool('both', ['mcp:read', 'mcp:write'], async (_, text) => text),
    tool('refuse', ['mcp:read'], async () => {
      throw new ToolError('No document of that name; call search first.')
    }),
    tool('crash', ['mcp:read'], async () => {
      throw new Error('password=hunter2 at /srv/secret')
    }),
    tool('mismatch', ['mcp:read'], async () => 42),
    tool('hang', ['mcp:read'], async ({ signal }) => wait(signal, 'hang')),
    tool('deaf', ['mcp:read'], () => new Promise(() => {})),
    tool('held', ['mcp:read'], async (_, text) => {
      await gate.promise
      return text
    })
  ]
  return { tools, ran, aborted, release: () => gate.resolve() }
}

const access = (id: string, scopes: string[]): Access => ({
  grantId: `g-${id}`,
  clientId: 'client',
  user: { id, email: `${id}@example.com` },
  scopes,
  resource: PUBLIC,
  expiresAt: 4_000_000_000,
  clientName: 'An app',
  backend: 'local',
  attempt: 'story'
})
const tokens = new Map([
  ['alice', access('alice', ['mcp:read', 'mcp:write'])],
  ['bob', access('bob', ['mcp:read', 'mcp:write'])],
  ['reader', access('reader', ['mcp:read'])],
  ['nothing', access('nothing', [])]
])

interface Options {
  signIn?: boolean
  local?: boolean
  timeout?: number
  forceClose?: boolean
}

async function start (t: Test, { signIn = true, local = false, timeout, forceClose = true }: Options = {}) {
  const logged: string[] = []
  const app: FastifyInstance = Fastify({
    forceCloseConnections: forceClose ? true : 'idle',
    logger: {
      level: 'info',
      stream: {
        write: (line: string) => {
          logged.push(line)
        }
      }
    }
  })
  const { tools, ran, aborted, release } = makeTools()
  app.register(
    fp(
      async function grants (app: FastifyInstance) {
        app.decorate('grants', {
          async verifyAccessToken (token: string) {
            if (token === 'storage-away') throw new StorageUnavailable('connect ECONNREFUSED 10.0.0.7:6379')
            return tokens.get(token)
          },
          stillAllows: () => true
        } as Partial<Grants> as Grants)
      },
      { name: 'grants' }
    )
  )
  const config = { publicUrl: PUBLIC, corsOrigins: ['https://chatgpt.com'], local, signIn }
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-endpoint-'))
  app.register(storage, { dataDir, redisUrl: undefined, secretKeys: [], now: monotonicClock })
  app.register(audit)
  app.register(usage, { rateLimits: null, refreshTokenTtl: 60 })
  app.register(origin, config)
  if (signIn) app.register(bearer)
  app.register(workersPlugin)
  app.register(mcpPlugin, {
    ...config,
    tools,
    library: { of: () => library },
    notes: { of: () => ({}) as never },
    ...(timeout !== undefined && { timeout })
  })
  app.register(mcpRoutes, config)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await app.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  const send = async (init: RequestInit & { path?: string } = {}) => {
    const response = await fetch(url + (init.path ?? '/'), { method: 'POST', ...init })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
    }
  }
  const post = (body: unknown, headers: Record<string, string> = {}, path = '/') =>
    send({
      path,
      headers: {
        authorization: 'Bearer alice',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers
      },
      body: typeof body === 'string' ? body : JSON.stringify(body)
    })
  /** A request of 2025-11-25 and before. */
  const legacy = (method: string, params?: object, headers: Record<string, string> = {}) =>
    post({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) }, headers)
  /** A request of 2026-07-28. */
  const modern = (method: string, params: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    post(
      {
        jsonrpc: '2.0',
        id: 1,
        method,
        params: {
          ...params,
          _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} }
        }
      },
      {
        'mcp-protocol-version': MODERN,
        'mcp-method': method,
        ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
        ...headers
      }
    )
  const eras = [
    ['legacy', legacy],
    ['modern', modern]
  ] as const
  return { app, url, port, send, post, legacy, modern, eras, ran, aborted, release, logged }
}

/** Writes bytes as they are, for requests that no HTTP client would send, and returns what comes back. */
async function raw (port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  return answer
}
const rawPost = (headers: string[], body = '{"jsonrpc":"2.0","id":1,"method":"ping"}') =>
  ['POST / HTTP/1.1', 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join(
    '\r\n'
  )
const JSON_HEADERS = ['Host: mcp.example.com', 'Content-Type: application/json']

t.test('MC-01 (A4, RFC 9728 §5.1): without a token everything is 401 with a challenge and no error code', async (t) => {
  const { send, ran } = await start(t)
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write', arguments: {} } })
  const json = { 'content-type': 'application/json' }
  const cases: Array<[string, RequestInit]> = [
    ['call', { headers: json, body: call }],
    ['batch (MC-08)', { headers: json, body: `[${call},${call}]` }],
    ['malformed', { headers: json, body: '{' }],
    ['no content type', { body: new Uint8Array([1]) }],
    ['DELETE', { method: 'DELETE' }],
    ['PUT', { method: 'PUT' }],
    ['session id (MC-12)', { headers: { ...json, 'mcp-session-id': 'abc' }, body: call }]
  ]
  for (const [path, metadata] of [
    ['/', ''],
    ['/mcp', '/mcp']
  ] as const) {
    for (const [name, init] of [
      ...cases,
      ...(path === '/mcp' ? [['GET', { method: 'GET' }] as [string, RequestInit]] : [])
    ]) {
      const { status, headers, json } = await send({ path, ...init })
      t.equal(status, 401, `${path} ${name}`)
      t.equal(
        headers.get('www-authenticate'),
        `Bearer resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource${metadata}", scope="mcp:read mcp:write"`,
        `${path} ${name}`
      )
      t.match(json, { error: 'unauthorized', error_description: String })
    }
  }
  t.strictSame(ran, [])
})

t.test('MC-02 (RFC 6750 §3.1): a bad token is 401 invalid_token; the scheme is case-insensitive', async (t) => {
  const { post, port } = await start(t)
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
  for (const header of [
    'Bearer garbage',
    'Bearer alic',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    `Bearer ${'a'.repeat(8192)}`,
    'Basic YWxpY2U6eA==',
    'alice',
    'Bearer',
    'Bearer a b',
    'Bearer alice, Bearer bob'
  ]) {
    const { status, headers, json } = await post(ping, { authorization: header })
    t.equal(status, 401, header.slice(0, 40))
    t.match(
      headers.get('www-authenticate'),
      /^Bearer resource_metadata="[^"]+", scope="mcp:read mcp:write", error="invalid_token", error_description="[^"]+"$/
    )
    t.equal(json.error, 'invalid_token')
  }
  for (const header of ['bearer alice', 'BEARER alice', 'Bearer  alice']) { t.equal((await post(ping, { authorization: header })).status, 200, header) }
  t.match(
    await raw(port, rawPost([...JSON_HEADERS, 'Authorization: Bearer alice', 'Authorization: Bearer bob'])),
    /^HTTP\/1\.1 401/,
    'two headers'
  )
})

t.test('MC-03 (A7): a token anywhere but the Authorization header is not a token', async (t) => {
  const { send } = await start(t)
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  const json = { 'content-type': 'application/json' }
  const cases: Array<RequestInit & { path?: string }> = [
    { path: '/?access_token=alice', headers: json, body },
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'access_token=alice' },
    { headers: { ...json, cookie: 'access_token=alice' }, body },
    { headers: { ...json, 'x-access-token': 'alice', 'x-user-id': 'alice', 'x-forwarded-user': 'alice' }, body }
  ]
  for (const init of cases) t.equal((await send(init)).status, 401)
})

t.test('MC-04 (T2): a web page of another origin is 403', async (t) => {
  const { modern, legacy, ran } = await start(t)
  const call = { name: 'write', arguments: {} }
  for (const origin of [
    'https://evil.example',
    'null',
    'file://',
    `${PUBLIC}.evil.example`,
    'https://mcp.example.com:8443',
    'http://mcp.example.com',
    'https://chatgpt.com.evil.example',
    'http://localhost:3000',
    ''
  ]) {
    const { status, json, text } = await modern('tools/call', call, { origin })
    t.equal(status, 403, JSON.stringify(origin))
    t.equal(json.jsonrpc, '2.0')
    t.notOk('id' in json)
    t.notMatch(text, 'evil.example')
  }
  t.strictSame(ran, [])
  for (const origin of [PUBLIC, 'https://chatgpt.com']) { t.equal((await legacy('ping', undefined, { origin })).status, 200, origin) }
  const local = await start(t, { local: true })
  for (const origin of ['http://localhost:6274', 'http://127.0.0.1:1', 'http://[::1]:80', 'https://localhost']) {
    t.equal((await local.legacy('ping', undefined, { origin })).status, 200, `local ${origin}`)
  }
  for (const origin of ['http://localhost.evil.example', 'http://evil.example', 'null']) {
    t.equal((await local.legacy('ping', undefined, { origin })).status, 403, `local ${origin}`)
  }
})

t.test('MC-05, MD-03 (CVE-2025-66414): a Host of another name is refused and not repeated', async (t) => {
  const { port } = await start(t)
  const ask = (host: string, ...more: string[]) =>
    raw(port, rawPost([`Host: ${host}`, 'Content-Type: application/json', 'Authorization: Bearer alice', ...more]))
  for (const host of [
    'evil.example',
    'mcp.example.com.evil.example',
    '169.254.169.254',
    'evil@localhost',
    'localhost.evil.example',
    'mcp.example.com:8443',
    '[::ffff:127.0.0.1]'
  ]) {
    const answer = await ask(host)
    t.match(answer, /^HTTP\/1\.1 4\d\d/, host)
    t.notMatch(answer, 'evil', host)
    t.notMatch(answer, '"result"', host)
  }
  for (const host of [
    'mcp.example.com',
    'MCP.Example.com',
    'mcp.example.com:443',
    'localhost:9',
    '127.0.0.1',
    '[::1]:8080'
  ]) { t.match(await ask(host), /^HTTP\/1\.1 200/, host) }
  const spoofed = await raw(
    port,
    rawPost([
      ...JSON_HEADERS,
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: http',
      'Forwarded: host=evil.example'
    ])
  )
  t.match(spoofed, /^HTTP\/1\.1 401/)
  t.notMatch(spoofed, 'evil.example')
})

t.test('MC-06, MC-07, MC-15: malformed JSON is -32700, a wrong shape -32600, both 400', async (t) => {
  const { post, ran } = await start(t)
  const expect = async (body: string, code: number, id: unknown = null) => {
    const { status, json } = await post(body)
    t.equal(status, 400, body.slice(0, 60))
    t.match(json, { jsonrpc: '2.0', error: { code, message: String }, id }, body.slice(0, 60))
    t.notOk('result' in json)
  }
  for (const body of ['', '{', '{"jsonrpc":"2.0"', 'nonsense', '{"a":1}}', "{'a':1}"]) await expect(body, -32700)
  for (const body of [
    '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"x":1}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":{"__proto__":{"x":1}}}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"constructor":{"prototype":{"x":1}}}}}'
  ]) { await expect(body, -32700) }
  t.notOk('x' in {}, 'nothing was polluted')
  for (const body of [
    'null',
    '1',
    '"ping"',
    'true',
    '{}',
    '{"jsonrpc":"1.0","method":"ping"}',
    '{"jsonrpc":"2.0","method":1}',
    '{"jsonrpc":"2.0","id":null,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1e400,"method":"ping"}',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    '{"jsonrpc":"2.0","id":true,"method":"ping"}',
    `{"jsonrpc":"2.0","id":"${'x'.repeat(100_000)}","method":"ping"}`
  ]) { await expect(body, -32600) }
  await expect('{"jsonrpc":"2.0","id":7}', -32600, 7)
  await expect('{"id":7,"method":"ping"}', -32600, 7)
  await expect('{"jsonrpc":"2.0","id":"seven","method":"ping","params":[1]}', -32600, 'seven')
  await expect('{"jsonrpc":"2.0","id":7,"result":{}}', -32600, 7)
  t.equal(
    (await post('{"jsonrpc":"2.0","id":"\\"[[[{{{","method":"ping"}')).status,
    200,
    'brackets inside a string are no depth'
  )
  t.strictSame(ran, [])
})

t.test('T22: a body that is not UTF-8 is -32700', async (t) => {
  const { send } = await start(t)
  const body = Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}')
  ])
  const { status, json } = await send({
    headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
    body
  })
  t.equal(status, 400)
  t.equal(json.error.code, -32700)
})

t.test('MC-08, G6: batches are refused, but for the one protocol version that has them', async (t) => {
  const { post, ran } = await start(t)
  const call = (id: number, name = 'write') => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: { text: `${id}` } }
  })
  const many = Array.from({ length: 5000 }, (_, id) => call(id))
  for (const batch of [[call(1), call(2)], many, [], [call(1)]]) {
    for (const version of [undefined, '2025-06-18', '2025-11-25', MODERN]) {
      const { status, json } = await post(batch, version ? { 'mcp-protocol-version': version } : {})
      t.equal(status, 400, `${batch.length} under ${version}`)
      t.equal(json.error.code, -32600)
    }
  }
  const old = { 'mcp-protocol-version': '2025-03-26' }
  t.equal((await post([], old)).status, 400)
  t.equal((await post(many, old)).status, 400)
  t.equal((await post([call(1), call(1)], old)).status, 400, 'equal ids could not be told apart')
  t.equal((await post([call(1), { nonsense: true }], old)).status, 400)
  t.equal(
    (await post([call(1, 'fetch'), call(2)], { ...old, authorization: 'Bearer reader' })).status,
    403,
    'every call of a batch is checked for its scope'
  )
  t.strictSame(ran, [])
  const { status, json } = await post([call(1), call(2)], old)
  t.equal(status, 200)
  t.strictSame(
    json.map(({ id, result }: { id: number; result: { structuredContent: unknown } }) => [
      id,
      result.structuredContent
    ]),
    [
      [1, { text: '1' }],
      [2, { text: '2' }]
    ]
  )
})

t.test('MC-09: JSON nested too deep is refused without harm', async (t) => {
  const { post, legacy } = await start(t)
  const nested = (depth: number, open: string, close: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${open.repeat(depth)}1${close.repeat(depth)}}}`
  for (const body of [
    nested(200_000, '[', ']'),
    nested(100_000, '{"a":', '}'),
    nested(63, '[', ']'),
    '['.repeat(200_000)
  ]) {
    const { status, json } = await post(body)
    t.equal(status, 400)
    t.equal(json.error.code, -32600)
  }
  t.equal((await post(nested(62, '[', ']'))).status, 200, '64 levels in all are allowed')
  t.equal((await legacy('ping')).status, 200, 'alive')
})

t.test('MC-10: a body over 1 MB is 413, a compressed one 415, and nothing of it is read without a token', async (t) => {
  const { post, port, send } = await start(t)
  const big = (size: number) => `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(size)}"}}`
  t.equal((await post(big(1_000_000))).status, 200)
  const { status, json } = await post(big(1_048_576))
  t.equal(status, 413)
  t.equal(json.error.code, -32600)
  const chunked = new ReadableStream({
    start (controller) {
      for (let i = 0; i < 3; i++) controller.enqueue(Buffer.alloc(500_000, 0x20))
      controller.close()
    }
  })
  const headers = { authorization: 'Bearer alice', 'content-type': 'application/json' }
  t.equal((await send({ headers, body: chunked, duplex: 'half' } as RequestInit)).status, 413, 'chunked')
  t.equal((await post('{}', { 'content-encoding': 'gzip' })).status, 415)
  const whole = await send({ headers: { 'content-type': 'application/json' }, body: big(10_000_000) })
  t.equal(whole.status, 401, '10 MB, no token')
  // Only the head is sent: an answer proves that the body was not waited for.
  const head = (authorization: string[]) =>
    [
      'POST / HTTP/1.1',
      ...JSON_HEADERS,
      'Connection: close',
      'Content-Length: 1000000000',
      ...authorization,
      '',
      ''
    ].join('\r\n')
  t.match(await raw(port, head([])), /^HTTP\/1\.1 401/, 'announced 1 GB, no token')
  t.match(await raw(port, head(['Authorization: Bearer alice'])), /^HTTP\/1\.1 413/, 'announced 1 GB')
})

t.test(
  'MC-11, G2, T19: a made-up session id is 404, 2026-07-28 has none, and a client that cannot be asked back gets none',
  async (t) => {
    const { legacy, modern, send, ran } = await start(t)
    for (const id of ['made-up', 'x'.repeat(5000), '../../etc', 'a b', '*']) {
      for (const method of ['tools/list', 'tools/call', 'ping']) {
        const { status, json } = await legacy(method, { name: 'write', arguments: {} }, { 'mcp-session-id': id })
        t.equal(status, 404, `${method} ${id.slice(0, 20)}`)
        t.match(json, { error: { code: -32001 }, id: null })
      }
      const headers = { authorization: 'Bearer alice', 'mcp-session-id': id, accept: 'text/event-stream' }
      for (const path of ['/mcp']) { for (const method of ['GET', 'DELETE']) t.equal((await send({ path, method, headers })).status, 404, method) }
      const { status, headers: answered } = await modern('tools/list', {}, { 'mcp-session-id': id })
      t.equal(status, 200)
      t.notOk(answered.has('mcp-session-id'))
    }
    t.strictSame(ran, [])
    for (const capabilities of [{}, { experimental: {} }, { elicitation: null, sampling: true, roots: 'yes' }]) {
      const { headers } = await legacy('initialize', {
        protocolVersion: '2025-11-25',
        capabilities,
        clientInfo: { name: 'x', version: '1' }
      })
      t.notOk(headers.has('mcp-session-id'), JSON.stringify(capabilities))
    }
  }
)

t.test('MC-13, T15, MC-20: an unknown protocol version is 400 -32022, and names what is spoken', async (t) => {
  const { legacy, modern, post } = await start(t)
  for (const version of ['1900-01-01', 'garbage', '9999-12-31', '2025-03-26, 2025-06-18']) {
    for (const method of ['tools/list', 'initialize']) {
      const { status, json } = await legacy(
        method,
        { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
        { 'mcp-protocol-version': version }
      )
      t.equal(status, 400, `${method} ${version}`)
      t.notOk('result' in json)
    }
  }
  t.match((await legacy('tools/list', {}, { 'mcp-protocol-version': '1900-01-01' })).json, {
    id: 1,
    error: { code: -32022, data: { requested: '1900-01-01', supported: ['2025-11-25'] } }
  })
  const future = await post(
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2027-01-01',
          'io.modelcontextprotocol/clientCapabilities': {}
        }
      }
    },
    { 'mcp-protocol-version': '2027-01-01', 'mcp-method': 'tools/list' }
  )
  t.equal(future.status, 400)
  t.match(future.json, { id: 1, error: { code: -32022, data: { supported: [MODERN], requested: '2027-01-01' } } })

  for (const wrong of [
    { 'mcp-method': 'ping' },
    { 'mcp-name': 'write' },
    { 'mcp-protocol-version': '2025-11-25' }
  ] as Array<Record<string, string>>) {
    const { status, json } = await modern('tools/call', { name: 'fetch', arguments: {} }, wrong)
    t.equal(status, 400, JSON.stringify(wrong))
    t.equal(json.error.code, -32020)
  }
  const bare = await post(
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
    { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' }
  )
  t.equal(bare.status, 400, 'T17: a modern request without its _meta')
  t.equal(bare.json.error.code, -32602)
})

t.test('MC-14 (CVE-2026-25223): content types other than JSON are 415', async (t) => {
  const { port, legacy, ran } = await start(t)
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write', arguments: {} } })
  const ask = (types: string[]) =>
    raw(
      port,
      rawPost(
        ['Host: mcp.example.com', 'Authorization: Bearer alice', ...types.map((type) => `Content-Type: ${type}`)],
        call
      )
    )
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json\ta',
    'application/json\t; charset=utf-8',
    'text/plain; application/json',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    ' ',
    'application/json-rpc',
    'application/vnd.api+json'
  ]) {
    t.match(await ask([type]), /^HTTP\/1\.1 415/, JSON.stringify(type))
  }
  t.match(await ask([]), /^HTTP\/1\.1 415/, 'none')
  t.strictSame(ran, [])
  for (const type of [
    'application/json',
    'application/json;charset=UTF-8',
    'application/json; charset=utf-8',
    'Application/JSON'
  ]) { t.match(await ask([type]), /^HTTP\/1\.1 200/, type) }
  for (const accept of ['*/*', 'application/json', 'text/event-stream', 'text/html', 'nonsense;;;q=', '']) { t.equal((await legacy('ping', undefined, { accept })).status, 200, `G8: Accept ${accept}`) }
})

t.test('G8: a legacy client that accepts only JSON gets JSON', async (t) => {
  const { legacy } = await start(t)
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream']) {
    const { headers, json } = await legacy('tools/list', {}, { accept })
    t.match(headers.get('content-type'), /^application\/json/)
    t.ok(json.result.tools.length > 0)
  }
})

t.test('MC-16: methods other than POST are 405 and name POST', async (t) => {
  const { send, port } = await start(t)
  const headers = { authorization: 'Bearer alice' }
  for (const [path, methods] of [
    ['/', ['DELETE', 'PUT', 'PATCH']],
    ['/mcp', ['GET', 'DELETE', 'PUT', 'PATCH']]
  ] as const) {
    for (const method of methods) {
      const answer = await send({ path, method, headers })
      t.equal(answer.status, 405, `${method} ${path}`)
      t.equal(answer.headers.get('allow'), 'POST')
      t.equal(answer.json.error.code, -32600)
    }
    t.match(
      await raw(
        port,
        [`TRACE ${path} HTTP/1.1`, 'Host: localhost', 'Authorization: Bearer alice', 'Connection: close', '', ''].join(
          '\r\n'
        )
      ),
      /^HTTP\/1\.1 405/
    )
  }
  t.equal((await send({ path: '/mcp', method: 'HEAD', headers })).status, 405)
  t.equal((await send({ method: 'GET', headers })).status, 404, 'GET / is left to the home page')
})

t.test(
  'MC-17 (CVE-2026-25536): 96 parallel calls of two people with equal ids each get their own answer',
  async (t) => {
    const { eras } = await start(t)
    const answers = await Promise.all(
      Array.from({ length: 96 }, async (_, i) => {
        const who = i % 2 === 0 ? 'alice' : 'bob'
        const request = eras[i % 4 < 2 ? 0 : 1][1]
        const { json } = await request(
          'tools/call',
          { name: 'whoami', arguments: { text: `${i}` } },
          { authorization: `Bearer ${who}` }
        )
        return [json.id, json.result.structuredContent.text === `${who}:${i}`]
      })
    )
    t.strictSame(
      answers,
      Array.from({ length: 96 }, () => [1, true])
    )
  }
)

t.test('MC-18, T16: unknown methods and tools are errors without internals', async (t) => {
  const { eras } = await start(t)
  for (const [era, request] of eras) {
    const method = await request('no/such')
    t.equal(method.status, era === 'modern' ? 404 : 200, era)
    t.match(method.json, { id: 1, error: { code: -32601 } }, era)
    for (const name of ['nope', 'constructor', '__proto__', 'x'.repeat(10_000)]) {
      const tool = await request('tools/call', { name, arguments: {} })
      t.match(tool.json, { id: 1, error: { code: -32602, message: /no tool named/ } }, era)
      t.ok(tool.text.length < 500)
    }
    t.match((await request('tools/list', { cursor: 'x' })).json, { error: { code: -32602 } }, 'F6: an unknown page')
    t.match(
      (await request('resources/read', { uri: 'file:///etc/passwd', ...(era === 'modern' && { name: undefined }) }))
        .json,
      { error: { code: Number } }
    )
  }
})

t.test('MC-18: parameters of the wrong shape are -32602, in a sentence', async (t) => {
  const { eras } = await start(t)
  for (const [era, request] of eras) {
    const cases: Array<[string, Record<string, unknown>, RegExp]> = [
      ['tools/list', { cursor: 1 }, /^Invalid params of tools\/list: cursor: /],
      ['tools/call', { arguments: {} }, /^Invalid params of tools\/call: name: /],
      ['prompts/get', {}, /name: /],
      ['resources/read', { uri: 7 }, /uri: /],
      ['completion/complete', { ref: { type: 'x' } }, /ref: .*argument: /],
      ...(era === 'legacy'
        ? [
            ['initialize', {}, /protocolVersion: .*capabilities: /] as [
              string,
              object & Record<string, unknown>,
              RegExp
            ]
          ]
        : [])
    ]
    for (const [method, params, message] of cases) {
      const { json, text } = await request(method, params)
      t.match(json.error, { code: -32602, message }, `${era} ${method}`)
      t.notMatch(text, /\\n|invalid_type/)
    }
  }
})

t.test('MC-19, A5: a token without the scope is 403 with every scope of the operation, and nothing runs', async (t) => {
  const { eras, ran } = await start(t)
  const metadata = `resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource"`
  for (const [era, request] of eras) {
    for (const [token, name, scope] of [
      ['reader', 'write', 'mcp:write'],
      ['reader', 'both', 'mcp:read mcp:write'],
      ['nothing', 'search', 'mcp:read']
    ] as const) {
      const { status, headers, json } = await request(
        'tools/call',
        { name, arguments: {} },
        { authorization: `Bearer ${token}` }
      )
      t.equal(status, 403, `${era} ${name}`)
      t.equal(
        headers.get('www-authenticate'),
        `Bearer ${metadata}, scope="${scope}", error="insufficient_scope", error_description="This needs a token with: ${scope}"`
      )
      t.equal(json.error, 'insufficient_scope')
    }
    t.strictSame(ran, [])
    t.equal(
      (await request('tools/list', {}, { authorization: 'Bearer nothing' })).status,
      200,
      'the lists need no scope'
    )
  }
  t.match(
    (await eras[0][1]('tools/call', { name: 'fetch', arguments: {} }, { authorization: 'Bearer reader' })).json.result
      .structuredContent,
    { text: '' }
  )
})

t.test('MC-21: 120 calls that are held open leave others alone', async (t) => {
  const { url, eras, ran } = await start(t)
  const leave = new AbortController()
  const held = Array.from({ length: 120 }, (_, id) =>
    fetch(url, {
      method: 'POST',
      signal: leave.signal,
      headers: { authorization: 'Bearer bob', 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang', arguments: {} } })
    })
  )
  while (ran.length < held.length) await delay(5)
  for (const [era, request] of eras) {
    t.equal(
      (await request('tools/call', { name: 'fetch', arguments: { text: 'still here' } })).json.result.structuredContent
        .text,
      'still here',
      era
    )
  }
  leave.abort()
  t.ok(
    (await Promise.allSettled(held)).every(({ status }) => status === 'rejected'),
    'they were open until now'
  )
})

t.test('MC-21, F5, F30, F31: no list changes here, so a subscription is acknowledged as empty and ends', async (t) => {
  const { modern } = await start(t)
  const { status, headers, text } = await modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  t.equal(status, 200)
  t.match(headers.get('content-type'), 'text/event-stream')
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)))
  t.match(events, [
    { method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } },
    { id: 1, result: { resultType: 'complete' } }
  ])
  t.equal(events.length, 2)
})

t.test('WB-21: calls that are running when the server closes get their answers', async (t) => {
  const { app, eras, ran, release } = await start(t, { forceClose: false })
  const calls = eras.map(([, request]) =>
    request('tools/call', { name: 'held', arguments: { text: 'finished' } }, { connection: 'close' })
  )
  while (ran.length < calls.length) await delay(5)
  const closed = app.close()
  await delay(20)
  release()
  for (const { json } of await Promise.all(calls)) t.equal(json.result.structuredContent.text, 'finished')
  await closed
})

t.test('WB-06: with storage away the answer is 503 with Retry-After, and says nothing of the storage', async (t) => {
  const { legacy } = await start(t)
  const { status, headers, json, text } = await legacy('ping', undefined, { authorization: 'Bearer storage-away' })
  t.equal(status, 503)
  t.ok(Number(headers.get('retry-after')) > 0)
  t.match(json, { jsonrpc: '2.0', error: { code: -32603 }, id: null })
  t.notMatch(text, /ECONNREFUSED|6379/)
})

t.test('F14, WB-20: failures of a tool are results that a model can act on; details stay in the log', async (t) => {
  const { eras, logged } = await start(t)
  for (const [era, request] of eras) {
    const call = async (name: string, args: unknown) => {
      const { status, json } = await request('tools/call', { name, arguments: args })
      t.equal(status, 200, `${era} ${name}`)
      t.notOk('structuredContent' in json.result && json.result.isError)
      return { isError: json.result.isError, text: json.result.content[0].text as string }
    }
    t.strictSame(await call('refuse', {}), { isError: true, text: 'No document of that name; call search first.' })
    const missing = await call('search', { limit: 'ten', qery: 'x' })
    t.equal(missing.isError, true)
    for (const part of ['query', 'limit', '"qery"', 'Its arguments are: query (string, required), limit (integer)']) { t.match(missing.text, part) }
    t.equal(
      (await call('write', { ['x'.repeat(100_000)]: 1 })).text.length < 1000,
      true,
      'what was sent is not echoed at length'
    )
    for (const name of ['crash', 'mismatch']) {
      const { isError, text } = await call(name, {})
      t.equal(isError, true)
      t.notMatch(text, /hunter2|secret|stack|expected string/)
      const id = /in the log as (\S+)\.$/.exec(text)?.[1]
      t.ok(
        logged.some(
          (line) => JSON.parse(line).reqId === id && line.includes(name === 'crash' ? 'hunter2' : 'output schema')
        ),
        'the log has it under that id'
      )
    }
  }
})

t.test('H12, F33: a call ends at its deadline and its tool is told', async (t) => {
  const { eras, aborted } = await start(t, { timeout: 50 })
  for (const [era, request] of eras) {
    for (const name of ['hang', 'deaf']) {
      const { json } = await request('tools/call', { name, arguments: {} })
      t.match(
        json.result,
        { isError: true, content: [{ text: /did not finish within 0\.05 seconds/ }] },
        `${era} ${name}`
      )
    }
  }
  t.strictSame(aborted, ['hang', 'hang'])
})

t.test('T9: a client that goes away stops its tool, and the server lives on', async (t) => {
  const { url, ran, aborted, legacy } = await start(t)
  for (const [count, headers] of [
    [1, {}],
    [2, { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'hang' }]
  ] as const) {
    const leave = new AbortController()
    const meta =
      count === 2
        ? {
            _meta: {
              'io.modelcontextprotocol/protocolVersion': MODERN,
              'io.modelcontextprotocol/clientCapabilities': {}
            }
          }
        : {}
    const call = fetch(url, {
      method: 'POST',
      signal: leave.signal,
      headers: { authorization: 'Bearer alice', 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'hang', arguments: {}, ...meta }
      })
    })
    while (ran.length < count) await delay(5)
    leave.abort()
    await t.rejects(call)
    while (aborted.length < count) await delay(5)
    t.equal(aborted.length, count)
  }
  t.equal((await legacy('ping')).status, 200)
})

t.test('T5: notifications are 202 without a body, and a call sent as one does not run', async (t) => {
  const { post, ran } = await start(t)
  for (const body of [
    { method: 'notifications/initialized' },
    { method: 'notifications/cancelled', params: { requestId: 1 } },
    { method: 'tools/call', params: { name: 'write', arguments: {} } }
  ]) {
    const { status, text } = await post({ jsonrpc: '2.0', ...body })
    t.equal(status, 202, body.method)
    t.equal(text, '')
  }
  t.strictSame(ran, [])
})

t.test('F1-F4, F13, H40, H53, U5: discovery and lists carry what clients read', async (t) => {
  const { eras, modern, legacy } = await start(t)
  for (const [era, request] of eras) {
    const {
      json: { result }
    } = await request('tools/list')
    const search = result.tools.find(({ name }: { name: string }) => name === 'search')
    const schemes = [{ type: 'oauth2', scopes: ['mcp:read'] }]
    t.match(
      search,
      {
        title: 'Search',
        annotations,
        securitySchemes: schemes,
        _meta: { securitySchemes: schemes },
        inputSchema: { type: 'object', additionalProperties: false, required: ['query'] },
        outputSchema: { type: 'object' }
      },
      era
    )
    const { json: called } = await request('tools/call', { name: 'search', arguments: { query: 'words' } })
    t.strictSame(JSON.parse(called.result.content[0].text), called.result.structuredContent)
    t.strictSame(
      called.result.structuredContent,
      { results: [{ id: 'a.md', title: 'words', url: `${PUBLIC}/a` }] },
      'what the schema does not name is left out'
    )
    if (era === 'modern') {
      t.match(result, { resultType: 'complete', ttlMs: 300_000, cacheScope: 'private' })
      t.match(called.result, {
        resultType: 'complete',
        _meta: { 'io.modelcontextprotocol/serverInfo': { websiteUrl: PUBLIC } }
      })
    }
  }
  const {
    json: { result: found }
  } = await modern('server/discover')
  t.match(found, {
    supportedVersions: [MODERN],
    capabilities: { tools: {} },
    ttlMs: 300_000,
    cacheScope: 'private',
    resultType: 'complete'
  })
  t.match(found.instructions.slice(0, 512), /search.*fetch/)
  for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) {
    const { json } = await legacy('initialize', {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name: 'x', version: '1' }
    })
    t.match(
      json.result,
      {
        protocolVersion: version,
        serverInfo: { name: 'mcp-oauth-server', title: String, version: String, websiteUrl: PUBLIC }
      },
      'G1'
    )
  }
  t.equal(
    (
      await legacy('initialize', {
        protocolVersion: '2099-01-01',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' }
      })
    ).json.result.protocolVersion,
    '2025-11-25'
  )
  t.strictSame((await legacy('ping')).json.result, {}, 'G7')
})

t.test('AUTH_BACKEND=none: open tools, nobody as user, no securitySchemes, lists anyone may keep', async (t) => {
  const { modern, legacy } = await start(t, { signIn: false })
  const anonymous = { authorization: '' }
  t.equal(
    (await modern('tools/call', { name: 'whoami', arguments: { text: 'x' } }, anonymous)).json.result.structuredContent
      .text,
    'nobody:x'
  )
  t.equal((await legacy('tools/call', { name: 'both', arguments: {} }, anonymous)).status, 200)
  const {
    json: { result }
  } = await modern('tools/list', {}, anonymous)
  t.equal(result.cacheScope, 'public')
  t.notOk('securitySchemes' in result.tools[0])
})

t.test('the official clients, both generations and both eras, list and call', async (t) => {
  const { url } = await start(t)
  const requestInit = { headers: { authorization: 'Bearer alice' } }
  for (const path of ['/', '/mcp']) {
    for (const mode of ['auto', 'legacy', { pin: MODERN }] as const) {
      const client = new ModernClient({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
      await client.connect(new ModernTransport(new URL(url + path), { requestInit }))
      t.equal(client.getNegotiatedProtocolVersion(), mode === 'legacy' ? '2025-11-25' : MODERN)
      t.equal((await client.listTools()).tools.length, 11)
      t.match(await client.callTool({ name: 'whoami', arguments: { text: 'hello' } }), {
        structuredContent: { text: 'alice:hello' }
      })
      t.match(await client.callTool({ name: 'refuse', arguments: {} }), { isError: true })
      await client.close()
    }
    const v1 = new V1Client({ name: 'test', version: '1' })
    await v1.connect(new V1Transport(new URL(url + path), { requestInit }) as Parameters<typeof v1.connect>[0])
    t.equal((await v1.listTools()).tools.length, 11)
    t.match(await v1.callTool({ name: 'whoami', arguments: { text: 'hello' } }), {
      structuredContent: { text: 'alice:hello' }
    })
    await v1.close()
  }
})
