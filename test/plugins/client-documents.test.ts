// Client metadata documents and private_key_jwt, over real HTTP: what is fetched, what is refused, and what proves a client (requirements R1–R8; threats CI-01, CI-02, WB-09).
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import t, { type Test } from 'tap'
import { ASSERTION_TYPE } from '../../plugins/clients/assertion.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'

const CALLBACK = 'https://app.example/callback'
type Answer = (response: ServerResponse, url: string) => void

const json = (body: unknown, headers: Record<string, string> = {}): Answer => (response) => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** The app's own web server, with what it answers by path, and the paths it was asked for. */
async function startHost (t: Test) {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const answer = answers.get(request.url!)
    if (answer) answer(response, request.url!)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { answers, asked, host, url: (path: string) => `http://${host}${path}` }
}

const pkce = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}
const authorizeUrl = (server: string, clientId: string, challenge: string, redirectUri = CALLBACK) =>
  `${server}/authorize?${new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, code_challenge: challenge, code_challenge_method: 'S256', state: 's' })}`

/** From the authorization request to a code, as the demo user. */
async function walk (server: string, clientId: string) {
  const { verifier, challenge } = pkce()
  const browser = new Browser()
  const consent = await browser.submit(await browser.get(authorizeUrl(server, clientId, challenge)), ({ fields }) => fields['backend'] === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  return { consent, form: { grant_type: 'authorization_code', client_id: clientId, code: browser.left!.searchParams.get('code')!, redirect_uri: CALLBACK, code_verifier: verifier } }
}
const redeem = (server: string, form: Record<string, string>) => fetch(`${server}/token`, { method: 'POST', body: new URLSearchParams(form) })

t.test('R1, R2: a document is fetched once while it is fresh, and its client signs its user in', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const id = host.url('/client.json')
  host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'] }, { 'cache-control': 'max-age=3600' }))
  const { consent, form } = await walk(server, id)
  t.match(consent.text, 'Documented')
  t.match(consent.text, 'app.example')
  const tokens = await redeem(server, form)
  t.equal(tokens.status, 200)
  t.type((await tokens.json() as Record<string, unknown>)['refresh_token'], 'string')
  t.equal(host.asked.length, 1)
  t.equal((await new Browser().get(authorizeUrl(server, id, pkce().challenge, 'https://other.example/cb'))).status, 400, 'a redirect URI the document does not list')
})

t.test('WB-09: documents that are refused, each with a page and nowhere to go', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const good = (path: string) => ({ client_id: host.url(path), client_name: 'App', redirect_uris: [CALLBACK] })
  const cases: Record<string, Answer> = {
    '/redirect': (response) => { response.writeHead(302, { location: host.url('/good') }).end() },
    '/large': json({ ...good('/large'), filler: 'x'.repeat(6_000) }),
    '/html': (response) => { response.writeHead(200, { 'content-type': 'text/html' }).end(JSON.stringify(good('/html'))) },
    '/broken': (response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"client_id":') },
    '/other-id': json(good('/good')),
    '/no-redirects': json({ ...good('/no-redirects'), redirect_uris: [] }),
    '/script': json({ ...good('/script'), redirect_uris: ['javascript:alert(1)'] }),
    '/secret': json({ ...good('/secret'), token_endpoint_auth_method: 'client_secret_post' }),
    '/array': json([]),
    '/missing': (response) => { response.writeHead(404).end() }
  }
  for (const [path, answer] of Object.entries(cases)) {
    host.answers.set(path, answer)
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(server, host.url(path), pkce().challenge))
    t.ok(page.status === 401 || page.status === 503, `${path}: ${page.status}`)
    t.equal(browser.left, undefined)
    t.notMatch(page.text, /type="password"/)
  }
  t.notOk(host.asked.includes('/good'), 'redirects are not followed')
  const before = host.asked.length
  await new Browser().get(authorizeUrl(server, host.url('/missing'), pkce().challenge))
  t.equal(host.asked.length, before, 'a failure is not tried again at once')
})

t.test('CI-01, CI-02: ids that must never be fetched', async (t) => {
  const canary = await startHost(t)
  const { url: server } = await startServer(t)
  const { port } = new URL(canary.url('/'))
  const ids = [
    ...['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f000001', '2130706433', '0177.0.0.1', '127.1', 'localhost.', 'user@127.0.0.1'].flatMap((name) => [`https://${name}:${port}/c.json`, `http://${name}:${port}/c.json`]),
    `gopher://127.0.0.1:${port}/c`, 'https://app.example', 'https://app.example/', 'https://app.example/a/../c', 'https://app.example/%2e%2e/c', 'https://app.example/c#f', 'https://u:p@app.example/c', 'https://app.example\\c', 'https://app.example/c\nx', 'https://169.254.169.254/c', 'https://10.0.0.1/c'
  ]
  for (const id of ids) {
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(server, id, pkce().challenge))
    t.ok(page.status >= 400 && page.status <= 503 && page.status !== 500, `${id}: ${page.status}`)
    t.equal(browser.left, undefined)
    t.ok([400, 401, 503].includes((await redeem(server, { grant_type: 'authorization_code', client_id: id, code: 'x', code_verifier: 'y' })).status))
  }
  t.same(canary.asked, [])
})

t.test('R8: a well-known client is known even when its host cannot be reached, and a stale copy serves others', async (t) => {
  let now = 1_800_000_000
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
  const page = await new Browser().get(authorizeUrl(server, 'https://chatgpt.com/oauth/client.json', pkce().challenge, 'https://chatgpt.com/connector_platform_oauth_redirect'))
  t.equal(page.status, 200)
  t.match(page.text, 'ChatGPT')

  const id = host.url('/client.json')
  host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }))
  t.equal((await new Browser().get(authorizeUrl(server, id, pkce().challenge))).status, 200)
  host.answers.delete('/client.json')
  now += 86_400
  t.equal((await new Browser().get(authorizeUrl(server, id, pkce().challenge))).status, 200)
})

t.test('trust policy: CLIENT_METADATA_HOSTS', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, CLIENT_METADATA_HOSTS: 'chatgpt.com' } })
  t.equal((await new Browser().get(authorizeUrl(server, host.url('/client.json'), pkce().challenge))).status, 401)
  t.same(host.asked, [])
})

t.test('R5, R6: private_key_jwt', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256')
  host.answers.set('/jwks.json', json({ keys: [{ ...await exportJWK(publicKey), kid: 'k1', alg: 'RS256' }] }))
  const describe = (path: string, more: Record<string, unknown>) => {
    host.answers.set(path, json({ client_id: host.url(path), client_name: 'Signer', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt', jwks_uri: host.url('/jwks.json'), ...more }))
    return host.url(path)
  }
  const must = describe('/must.json', {})
  const may = describe('/may.json', { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] })

  const sign = (id: string, { key = privateKey as CryptoKey, claims = {}, audience = server, life = '5m', jti = randomUUID() as string | null } = {}) => {
    const token = new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).setIssuer(id).setSubject(id).setAudience(audience).setIssuedAt().setExpirationTime(life)
    return (jti === null ? token : token.setJti(jti)).sign(key)
  }
  const assertion = async (token: Promise<string>) => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: await token })

  const first = await walk(server, must)
  const refused: Record<string, Record<string, string>> = {
    'no assertion': {},
    'a stranger\'s key': await assertion(sign(must, { key: stranger.privateKey })),
    'another audience': await assertion(sign(must, { audience: 'https://other.example' })),
    expired: await assertion(sign(must, { life: '-5m' })),
    'an hour long': await assertion(sign(must, { life: '1h' })),
    'no jti': await assertion(sign(must, { jti: null })),
    'another client': await assertion(sign(may)),
    unsigned: { client_assertion_type: ASSERTION_TYPE, client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: must, sub: must })).toString('base64url')}.` },
    'another type': { client_assertion_type: 'urn:other', client_assertion: await sign(must) },
    garbage: { client_assertion_type: ASSERTION_TYPE, client_assertion: 'x.y.z' }
  }
  for (const [name, fields] of Object.entries(refused)) {
    const answer = await redeem(server, { ...first.form, ...fields })
    t.equal(answer.status, 401, name)
    t.match(await answer.json(), { error: 'invalid_client' }, name)
  }
  const token = sign(must)
  t.equal((await redeem(server, { ...first.form, ...await assertion(token) })).status, 200, 'none of the refusals spent the code')
  t.equal((await redeem(server, { ...first.form, ...await assertion(token) })).status, 401, 'an assertion counts once')

  const second = await walk(server, may)
  t.equal((await redeem(server, { ...second.form, ...await assertion(sign(may, { key: stranger.privateKey })) })).status, 401, 'an assertion that is sent is checked')
  t.equal((await redeem(server, second.form)).status, 200, 'PKCE is enough where the document says so')
  const third = await walk(server, may)
  t.equal((await redeem(server, { ...third.form, ...await assertion(sign(may, { audience: `${server}/token` })) })).status, 200)
})
