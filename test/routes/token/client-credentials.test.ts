// grant_type=client_credentials: what a service gets, what it is refused, and that a refusal writes nothing.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import { SHARES } from '../../../plugins/limits/shares.ts'
import { ASSERTION_TYPE } from '../../../plugins/oauth/clients/assertion.ts'
import { json, startHost } from '../../helpers/client-host.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { authorizeUrl, newClient, ping, pkce, post, register, tokensFor, type Fields } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const REPORTS = { client_id: 'reports', client_secret: 'sixteen or more characters' }
const OTHER = { client_id: 'other', client_secret: 'another secret of another' }
const terms = { grant_types: ['client_credentials'], scope: 'mcp:read' }
const reports = { ...REPORTS, ...terms, client_name: 'Reports', groups: ['finance'] }
const other = { ...OTHER, ...terms, scope: 'mcp:read mcp:write' }
const grantType = { grant_type: 'client_credentials' }

const env = (...clients: object[]) => ({ CLIENTS: JSON.stringify(clients) })
const about = { title: 'Who', description: 'Who calls.', annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false } }
const who = defineTool({
  ...about,
  name: 'who',
  scopes: ['mcp:read'],
  input: z.object({}),
  output: z.object({ user: z.unknown(), caller: z.string() }),
  run: async (_, { user, caller }) => ({ user, caller })
})
const asPerson = defineTool({
  ...about,
  name: 'as_person',
  scopes: ['mcp:read'],
  input: z.object({}),
  output: z.object({}),
  run: async (_, { supabase }) => {
    await supabase()
    return {}
  }
})

/** Everything that a token request could leave behind. */
const stored = async (app: FastifyInstance) => {
  const kinds = ['grant', 'grantList', 'usedAssertion', 'clientKeys', 'client', 'user']
  return Promise.all(kinds.map((kind) => Array.fromAsync(app.storage.collection(kind).all())))
}

const basic = ({ client_id: id, client_secret: secret }: typeof REPORTS) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
})

/** Signs as a client; each part can be bent. */
const sign = async (
  key: CryptoKey,
  id: string,
  audience: string,
  { issuer = id, life = 60, jti = randomUUID() as string | null } = {}
): Promise<Fields> => {
  const token = new SignJWT(jti === null ? {} : { jti }).setProtectedHeader({ alg: 'ES256' })
  const named = token.setIssuer(issuer).setSubject(id).setAudience(audience).setExpirationTime(Math.floor(Date.now() / 1000) + life)
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: await named.sign(key) }
}

storageTest('a service gets a token for itself, by Basic or in the body, and is a caller of its own (SV-04, SV-09)', async (t, start) => {
  const { url, app } = await start({ env: env(reports), tools: [who, asPerson] })
  const answer = await post(`${url}/token`, grantType, basic(REPORTS))
  t.match(answer, { status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'mcp:read' } })
  t.same(
    Object.keys(answer.body),
    ['access_token', 'token_type', 'expires_in', 'scope'],
    'nothing to refresh, no ID token'
  )
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const second = await post(`${url}/token`, { ...REPORTS, ...grantType, resource: `${url}/mcp` })
  const token = second.body['access_token'] as string
  const mcp = mcpClient(url, token)
  const call = async (name: string) => (await mcp.modern('tools/call', { name, arguments: {} })).json.result
  const user = { id: 'service:reports', name: 'Reports', groups: ['finance'] }
  t.same((await call('who')).structuredContent, { user, caller: user.id })
  t.match(await call('as_person'), { isError: true, content: [{ text: /not signed in with Supabase/ }] })
  t.match(
    await mcp.modern('tools/call', { name: 'write', arguments: { title: 'a', text: 'b' } }),
    { status: 403 }
  )
  const userinfo = await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  t.match([userinfo.status, userinfo.headers.get('www-authenticate')], [403, /insufficient_scope/])

  const { body } = await post(`${url}/introspect`, { token }, basic(REPORTS))
  const { exp, ...described } = body
  t.same(
    described,
    { active: true, sub: user.id, client_id: 'reports', token_type: 'Bearer', scope: 'mcp:read', aud: url, iss: url },
    'and no username'
  )
  t.type(exp, 'number')
  t.equal(await app.signIn.lifecycle.find(user.id), undefined, 'nobody has an account for it')
  const events = await app.audit.ofUser(user.id, 10)
  t.same(events.map(({ event }) => event).sort(), ['connected', 'token', 'token', 'tool_call', 'tool_call'])
  for (const event of events) t.match(event, { client: 'reports', backend: 'service', user: user.id })

  t.equal((await post(`${url}/revoke`, { token }, basic(REPORTS))).status, 200)
  t.same([await ping(url, token), await ping(url, answer.body['access_token'] as string)], [401, 401], 'every token of it ends')
})

storageTest('what proves no service, or asks for more than it has, gets nothing (SV-01, SV-04, SV-06)', async (t, start) => {
  const { url, app } = await start({ env: env(reports, other) })
  const before = await stored(app)
  const ask = { ...REPORTS, ...grantType }
  const cases: Array<[string, Fields, number, string, Record<string, string>?]> = [
    ['no secret', { ...grantType, client_id: 'reports' }, 401, 'invalid_client'],
    ['a wrong secret', { ...ask, client_secret: 'x'.repeat(20) }, 401, 'invalid_client'],
    ['a cut secret', { ...ask, client_secret: REPORTS.client_secret.slice(0, -1) }, 401, 'invalid_client'],
    ["another service's secret", { ...ask, client_secret: OTHER.client_secret }, 401, 'invalid_client'],
    ['an unknown service', { ...ask, client_id: 'nobody' }, 401, 'invalid_client'],
    ['a wrong secret by Basic', grantType, 401, 'invalid_client', basic({ ...REPORTS, client_secret: 'wrong, too' })],
    ['two proofs', ask, 400, 'invalid_request', basic(REPORTS)],
    ['more than it has', { ...ask, scope: 'mcp:write' }, 400, 'invalid_scope'],
    ...['openid', 'profile', 'email', 'offline_access', 'mcp:read openid', 'mcp:read offline_access', 'admin', ' '].map(
      (scope): [string, Fields, number, string] => [scope, { ...ask, scope }, 400, 'invalid_scope']
    ),
    ['another server', { ...ask, resource: 'https://other.example' }, 400, 'invalid_target'],
    ['a code', { ...REPORTS, grant_type: 'authorization_code', code: 'x' }, 400, 'unauthorized_client'],
    ['a refresh token', { ...REPORTS, grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'unauthorized_client']
  ]
  for (const [name, fields, status, error, headers] of cases) {
    t.match(await post(`${url}/token`, fields, headers), { status, body: { error } }, name)
  }
  const twice = `${new URLSearchParams({ ...ask, resource: url })}&resource=https%3A%2F%2Fother.example`
  t.match(await post(`${url}/token`, twice), { status: 400, body: { error: 'invalid_target' } })
  t.same(await stored(app), before, 'and nothing was written')
  t.match(
    await post(`${url}/token`, { ...ask, scope: 'mcp:read mcp:write' }),
    { status: 200, body: { scope: 'mcp:read' } },
    'the official clients ask for all that the challenge names, and get what the service has'
  )
  t.match(await post(`${url}/token`, { ...OTHER, ...grantType, scope: 'mcp:write' }), { status: 200, body: { scope: 'mcp:write' } })
})

storageTest('a service that signs: its own key, for this server, and each assertion once (SV-01, SV-02, SV-03)', async (t, start) => {
  const [own, stranger] = await Promise.all([generateKeyPair('ES256', { extractable: true }), generateKeyPair('ES256')])
  const jwks = { keys: [await exportJWK(own.publicKey)] }
  const second = { client_id: 'second', ...terms, jwks: { keys: [await exportJWK(stranger.publicKey)] } }
  const { url, app } = await start({ env: env({ client_id: 'robot', ...terms, jwks }, second, other) })
  const before = await stored(app)
  const ask = (proof: Fields) => post(`${url}/token`, { ...grantType, ...proof })
  const refused: Record<string, Fields> = {
    'a secret instead': { client_id: 'robot', client_secret: OTHER.client_secret },
    'no proof': { client_id: 'robot' },
    'another key': await sign(stranger.privateKey, 'robot', url),
    'another client, which names this one': { client_id: 'robot', ...(await sign(stranger.privateKey, 'second', url)) },
    'made by another client': await sign(own.privateKey, 'robot', url, { issuer: 'second' }),
    'another server': await sign(own.privateKey, 'robot', 'https://other.example'),
    'no jti': await sign(own.privateKey, 'robot', url, { jti: null }),
    'an hour long': await sign(own.privateKey, 'robot', url, { life: 3600 }),
    expired: await sign(own.privateKey, 'robot', url, { life: -120 }),
    'for a service with a secret': await sign(own.privateKey, 'other', url),
    unsigned: { client_assertion_type: ASSERTION_TYPE, client_assertion: `${btoa('{"alg":"none"}')}.${btoa('{"sub":"robot"}')}.` }
  }
  for (const [name, proof] of Object.entries(refused)) {
    t.match(await ask(proof), { status: 401, body: { error: 'invalid_client' } }, name)
  }
  t.same(await stored(app), before, 'and nothing was written')
  const proof = await sign(own.privateKey, 'robot', `${url}/token`)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(proof)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status, body }) => status === 401 && body['error'] === 'invalid_client').length, 19)
  t.equal(Object.keys((await app.storage.collection<any>('grant').find(await onlyGrant(app)))!.accessTokens).length, 1)
  const token = answers.find(({ status }) => status === 200)!.body['access_token'] as string
  t.match(await post(`${url}/introspect`, { token, ...(await sign(own.privateKey, 'robot', url)) }), { body: { active: true, sub: 'service:robot' } })
})

const onlyGrant = async (app: FastifyInstance): Promise<string> => (await Array.fromAsync(app.storage.collection('grant').all()))[0]!.id

storageTest('the keys at an address are read once, and a stranger who signs has them read no more (SV-10)', async (t, start) => {
  const host = await startHost(t)
  const [own, stranger] = await Promise.all([generateKeyPair('ES256', { extractable: true }), generateKeyPair('ES256')])
  host.answers.set('/jwks', json({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'one' }] }))
  const robot = { client_id: 'robot', ...terms, jwks_uri: host.url('/jwks') }
  const { url } = await start({ env: { ...env(robot), CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const ask = async (key: CryptoKey) => (await post(`${url}/token`, { ...grantType, ...(await sign(key, 'robot', url)) })).status
  t.equal(await ask(own.privateKey), 200)
  for (let count = 0; count < 10; count++) t.equal(await ask(stranger.privateKey), 401)
  t.equal(await ask(own.privateKey), 200)
  t.same(host.asked, ['/jwks'])
})

storageTest('only CLIENTS makes a service: neither registration nor a metadata document does (SV-05, SV-09, TK-16)', async (t, start) => {
  const host = await startHost(t)
  const { url, app } = await start({ env: { ...env(reports), CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const registered = await newClient(url, { token_endpoint_auth_method: 'client_secret_post', grant_types: ['authorization_code', 'client_credentials'] })
  t.match(await register(url, { redirect_uris: ['https://app.example/cb'], grant_types: ['client_credentials'] }), {
    status: 400,
    body: { error: 'invalid_client_metadata' }
  })
  const id = host.url('/client.json')
  host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: ['https://app.example/callback'], grant_types: ['client_credentials'] }))
  await tokensFor(url, { client_id: id })
  const before = await stored(app)
  for (const client of [registered, { client_id: id }]) {
    t.match(await post(`${url}/token`, { ...client, ...grantType }), { status: 400, body: { error: 'unauthorized_client' } })
  }
  const page = await fetch(authorizeUrl(url, { client_id: 'reports', code_challenge: pkce().challenge }), { redirect: 'manual' })
  t.match([page.status, page.headers.get('location'), await page.text()], [400, null, /unauthorized_client/])
  t.same(await stored(app), before, 'and nothing was written')
  const metadata = async (at: string) => {
    const found = (await (await fetch(`${at}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>
    return found['grant_types_supported']
  }
  t.same(await metadata(url), ['authorization_code', 'refresh_token', 'client_credentials'])
  const accessToken = (await post(`${url}/token`, { ...REPORTS, ...grantType })).body['access_token'] as string
  const extensions = { 'io.modelcontextprotocol/oauth-client-credentials': {} }
  t.match((await mcpClient(url, accessToken).modern('server/discover')).json.result.capabilities, { extensions })
  const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } }
  t.match((await mcpClient(url, accessToken).legacy('initialize', initialize)).json.result.capabilities, { extensions })

  const without = await start()
  const client = await newClient(without.url)
  t.match(await post(`${without.url}/token`, { ...client, ...grantType }), { status: 400, body: { error: 'unsupported_grant_type' } })
  t.same(await metadata(without.url), ['authorization_code', 'refresh_token'], 'and where there is none, nothing says so')
})

storageTest('a service has its share of tokens in a minute, and loses nothing beyond it (SV-07)', async (t, start) => {
  const { url } = await start({ env: { ...env(reports, other), RATE_LIMITS: 'on' }, now: () => 1_800_000_000 })
  const ask = (client: typeof REPORTS) => post(`${url}/token`, { ...client, ...grantType })
  let token = ''
  for (let count = 0; count < SHARES.service; count++) token = (await ask(REPORTS)).body['access_token'] as string
  t.match(await ask(REPORTS), { status: 429, body: { error: 'too_many_requests' } })
  t.equal(await ping(url, token), 200)
  t.equal((await ask(OTHER)).status, 200, 'others have their own')
})

storageTest('taken out of CLIENTS, or with another secret, its tokens end with the restart (SV-08)', async (t, start) => {
  const first = await start({ env: env(reports, other) })
  const tokenOf = async (at: string, client: object) => (await post(`${at}/token`, { ...client, ...grantType })).body['access_token'] as string
  const [removed, changed] = [await tokenOf(first.url, REPORTS), await tokenOf(first.url, OTHER)]
  const shared = { DATA_DIR: first.dataDir, PUBLIC_URL: first.url, ...(first.config.redisUrl && { REDIS_URL: first.config.redisUrl }) }
  await first.app.close()
  const { url, app } = await start({ env: { ...env({ ...other, client_secret: 'changed, long enough' }), ...shared }, port: first.config.port })
  t.same([await ping(url, removed), await ping(url, changed)], [401, 401])
  t.equal(await app.clients.recall('reports'), undefined)
  t.match(await post(`${url}/token`, { ...REPORTS, ...grantType }), { status: 401, body: { error: 'invalid_client' } })
  t.equal(await ping(url, await tokenOf(url, { ...OTHER, client_secret: 'changed, long enough' })), 200)
})
