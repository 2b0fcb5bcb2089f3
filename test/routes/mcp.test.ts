// The MCP endpoint over real HTTP: who may call at all, and the official clients of both generations.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import t from 'tap'
import { JSON_HEADERS, MODERN, PUBLIC, raw, rawPost, start } from '../helpers/mcp-endpoint.ts'

t.test('without a token everything is 401 with a challenge and no error code (MC-01, RFC 9728 §5.1)', async (t) => {
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
    ['/mcp', '/mcp'],
    ['/mcp/', '/mcp']
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

t.test('a bad token is 401 invalid_token; the scheme is case-insensitive (MC-02, RFC 6750 §3.1)', async (t) => {
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

t.test('a token anywhere but the Authorization header is not a token (MC-03)', async (t) => {
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

t.test('a web page of another origin is 403 (MC-04)', async (t) => {
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

t.test('a Host of another name is refused and not repeated (MC-05, MD-03, CVE-2025-66414)', async (t) => {
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

t.test('with storage away the answer is 503 with Retry-After, and says nothing of the storage (WB-06)', async (t) => {
  const { legacy } = await start(t)
  const { status, headers, json, text } = await legacy('ping', undefined, { authorization: 'Bearer storage-away' })
  t.equal(status, 503)
  t.ok(Number(headers.get('retry-after')) > 0)
  t.match(json, { jsonrpc: '2.0', error: { code: -32603 }, id: null })
  t.notMatch(text, /ECONNREFUSED|6379/)
})

t.test('without sign-in every tool is open, the user is null, and the lists are public', async (t) => {
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
      t.equal((await client.listTools()).tools.length, 12)
      t.match(await client.callTool({ name: 'whoami', arguments: { text: 'hello' } }), {
        structuredContent: { text: 'alice:hello' }
      })
      t.match(await client.callTool({ name: 'refuse', arguments: {} }), { isError: true })
      await client.close()
    }
    const v1 = new V1Client({ name: 'test', version: '1' })
    await v1.connect(new V1Transport(new URL(url + path), { requestInit }) as Parameters<typeof v1.connect>[0])
    t.equal((await v1.listTools()).tools.length, 12)
    t.match(await v1.callTool({ name: 'whoami', arguments: { text: 'hello' } }), {
      structuredContent: { text: 'alice:hello' }
    })
    await v1.close()
  }
})
