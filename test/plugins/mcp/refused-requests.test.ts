// What is refused before its message is read: the type, the size and the text of a body.
import t from 'tap'
import { mcpClient } from '../../helpers/mcp.ts'
import { newClient, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

/** Ten seconds into a minute, so that none begins while a test runs. */
const now = () => Math.floor(Date.now() / 86_400_000) * 86_400 + 12 * 3600 + 10

t.test('a request that is refused before its message is read counts once for its caller, with and without sign-in (ME-12)', async (t) => {
  const limit = 4
  const limits = `messages-per-user=${limit}`
  const signedIn = await startServer(t, { env: { RATE_LIMITS: `${limits},authorization=1000,sign-in=1000,registration=1000` }, now })
  const none = await startServer(t, { env: { AUTH_BACKEND: 'none', RATE_LIMITS: limits, TRUST_PROXY: '127.0.0.1' }, now })
  const json = { 'content-type': 'application/json' }
  const refused: Array<[what: string, request: RequestInit, path?: string]> = [
    ['no JSON', { headers: json, body: '{"jsonrpc"' }],
    ['no UTF-8', { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['too deep', { headers: json, body: '['.repeat(100) }],
    ['too many members', { headers: json, body: `[${'1,'.repeat(30_000)}1]` }],
    ['too large', { headers: json, body: 'x'.repeat(2_000_000) }],
    ['empty', { headers: json, body: '' }],
    ['no message', { headers: json, body: '{}' }],
    ['a batch where there are none', { headers: { ...json, 'mcp-protocol-version': '2025-11-25' }, body: '[{}]' }],
    ['a batch of nothing', { headers: { ...json, 'mcp-protocol-version': '2025-03-26' }, body: '[]' }],
    ['a session that there is not', { headers: { ...json, 'mcp-session-id': 'x' }, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' }],
    ['another type', { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['another method', { method: 'PUT' }, '/mcp'],
    ['a stream of no session', { method: 'GET' }, '/mcp']
  ]
  const { access: first } = await tokensFor(signedIn.url, await newClient(signedIn.url))
  t.equal((await fetch(signedIn.url, { method: 'POST', headers: { ...json, authorization: 'Bearer x' }, body: '{' })).status, 401)
  for (const [index, [what, request, path = '/']] of refused.entries()) {
    const { access } = index === 0 ? { access: first } : await tokensFor(signedIn.url, await newClient(signedIn.url))
    const callers: Array<[url: string, headers: Record<string, string>]> = [
      [signedIn.url, { authorization: `Bearer ${access}` }],
      [none.url, { 'x-forwarded-for': `192.0.2.${index}` }]
    ]
    for (const [url, headers] of callers) {
      const send = async () => {
        const response = await fetch(url + path, { method: 'POST', ...request, headers: { ...request.headers, ...headers } })
        await response.text()
        return response.status
      }
      const before = await send()
      t.ok(before >= 400 && before < 500 && before !== 429, `${what}: ${before}`)
      for (let sent = 1; sent < limit - 1; sent++) t.equal(await send(), before, what)
      const ping = async () => (await mcpClient(url).legacy('ping', undefined, headers)).status
      t.equal(await ping(), 200, `${what}: each counted once`)
      t.equal(await send(), 429, what)
      t.equal(await ping(), 429, what)
    }
  }
})
