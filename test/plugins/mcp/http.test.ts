// The HTTP side of the endpoint: methods, content types, sizes and bodies that are no messages.
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import { send as answer } from '../../../plugins/mcp/http.ts'
import { JSON_HEADERS, raw, rawPost, start } from '../../helpers/mcp-endpoint.ts'

t.test('malformed JSON is -32700, a wrong shape -32600, both 400 (MC-06, MC-07, MC-15, ME-17)', async (t) => {
  const { post, ran } = await start(t)
  const expect = async (body: string, code: number, id: unknown = null) => {
    const { status, json } = await post(body)
    t.equal(status, 400, body.slice(0, 60))
    t.match(json, { jsonrpc: '2.0', error: { code, message: String }, id }, body.slice(0, 60))
    t.notOk('result' in json)
  }
  for (const body of ['', '{', '{"jsonrpc":"2.0"', 'nonsense', '{"a":1}}', "{'a':1}"]) {
    await expect(body, -32700)
  }
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
  const ping = { jsonrpc: '2.0', id: 7, method: 'ping' }
  const _meta = { progressToken: 'x'.repeat(257) }
  const long = { ...ping, params: { _meta } }
  await expect(JSON.stringify(long), -32600, 7)
  t.equal(
    (await post('{"jsonrpc":"2.0","id":"\\"[[[{{{","method":"ping"}')).status,
    200,
    'brackets inside a string are no depth'
  )
  t.strictSame(ran, [])
})

t.test('a body that is not UTF-8 is -32700', async (t) => {
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

t.test('a body over 1 MB is 413, a compressed one 415, and nothing of it is read without a token (MC-10)', async (t) => {
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

t.test('content types other than JSON are 415 (MC-14, CVE-2026-25223)', async (t) => {
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

t.test('a legacy client that accepts only JSON gets JSON', async (t) => {
  const { legacy } = await start(t)
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream']) {
    const { headers, json } = await legacy('tools/list', {}, { accept })
    t.match(headers.get('content-type'), /^application\/json/)
    t.ok(json.result.tools.length > 0)
  }
})

t.test('methods other than POST are 405 and name POST (MC-16)', async (t) => {
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

t.test('notifications are 202 without a body, and a call sent as one does not run', async (t) => {
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

t.test('a stream that nobody reads is not kept in front of its connection, and ends with it (SW-06, ME-16)', async (t) => {
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  const large = Readable.from([Buffer.alloc(16 * 1024 * 1024), Buffer.from('data: 1\n\n')])
  const silent = new Readable({ read () {} })
  const isSent = Promise.withResolvers<boolean>()
  app.get('/large', (_request, reply) => answer(reply, { status: 200, headers: {}, body: large, onClose: isSent.resolve }))
  let kept: unknown
  app.get('/silent', (request, reply) => {
    request.body = 'a megabyte'
    const body = silent
    answer(reply, { status: 200, headers: {}, body })
    kept = request.body
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const unread = connect(port, '127.0.0.1').on('error', () => {})
  unread.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  t.equal(await isSent.promise, false)
  t.ok(large.destroyed)

  const read = await fetch(`http://127.0.0.1:${port}/silent`)
  t.equal(read.headers.get('x-content-type-options'), 'nosniff')
  t.equal(kept, undefined, 'nor what it began with')
  await read.body!.cancel()
  await once(silent, 'close')
})
