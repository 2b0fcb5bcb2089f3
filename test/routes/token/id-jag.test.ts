// grant_type=jwt-bearer: what an organization's assertion must be, and that a refusal leaves nothing behind (EM-01..07).
import { generateKeyPair, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { json } from '../../helpers/client-host.ts'
import { nothingGrows } from '../../helpers/nothing-grows.ts'
import { ping, post } from '../../helpers/oauth.ts'
import { APP, JWT_BEARER, present, startOrganization, type Signing } from '../../helpers/organization.ts'
import { startServer, type ServerOptions } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'

const NOW = 1_800_000_000

/** @param open starts the server on the storage of the test. */
async function start (
  t: Test,
  options: ServerOptions = {},
  open = (options: ServerOptions) => startServer(t, options)
) {
  const clock = { now: NOW }
  const organization = await startOrganization(t, { now: () => clock.now })
  const env = { ...organization.env, ...options.env }
  const server = await open({ ...options, now: () => clock.now, env })
  const { url } = server
  return {
    ...server,
    server,
    clock,
    organization,
    sign: (signing?: Signing) => organization.sign(url, signing),
    present: async (signing?: Signing, fields = {}) => present(url, await organization.sign(url, signing), fields)
  }
}

t.test('an assertion of the organization is an access token for its person, and no refresh token', async (t) => {
  const { url, present, app } = await start(t)
  const { status, headers, body } = await present()
  t.match({ status, body }, { status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'mcp:read mcp:write' } })
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(await ping(url, body['access_token'] as string), 200)
  const access = await app.grants.verifyAccessToken(body['access_token'] as string)
  t.match(access, { clientId: APP.client_id, user: { email: 'ann@acme.example', emailVerified: true, name: 'Ann Smith' } })
})

t.test('what is not an ID-JAG for this server, client and moment is refused, and writes nothing (EM-01..05)', async (t) => {
  const { present, server, organization } = await start(t)
  const stranger = await generateKeyPair('ES256')
  const secret = new TextEncoder().encode('a shared secret of thirty-two bytes')
  const claims = (claims: Record<string, unknown>): Signing => ({ claims })
  const attacks: Record<string, Signing> = {
    'an ID token of the same issuer': { header: { typ: 'JWT' } },
    'no typ': { header: { typ: undefined } },
    'an access token': { header: { typ: 'at+jwt' } },
    'a shared secret': { header: { alg: 'HS256' }, key: secret },
    'the key of a stranger': { key: stranger.privateKey },
    'a key that nobody has': { header: { kid: 'unknown' }, key: stranger.privateKey },
    'an issuer that is not configured': claims({ iss: 'https://evil.example' }),
    'the issuer with a slash': claims({ iss: `${organization.issuer}/` }),
    'another authorization server': claims({ aud: 'https://other.example' }),
    'two audiences': claims({ aud: [server.url, 'https://other.example'] }),
    'the token endpoint as audience': claims({ aud: `${server.url}/token` }),
    'another resource': claims({ resource: 'https://other.example/mcp' }),
    'another client': claims({ client_id: 'other' }),
    'no client': claims({ client_id: undefined }),
    'no person': claims({ sub: undefined }),
    'a person with a long name': claims({ sub: 'x'.repeat(256) }),
    'no jti': claims({ jti: undefined }),
    'no end': claims({ exp: undefined }),
    'no beginning': claims({ iat: undefined }),
    expired: claims({ iat: NOW - 400, exp: NOW - 61 }),
    'from the future': claims({ iat: NOW + 61 }),
    'not yet valid': claims({ nbf: NOW + 61 }),
    'longer than an hour': claims({ exp: NOW + 3_601 }),
    'old and long': claims({ iat: NOW - 3_500, exp: NOW + 101 }),
    'longer than it may be': claims({ padding: 'x'.repeat(8_192) }),
    'of a tenant': claims({ tenant: 'evil' }),
    'bound to a key': claims({ cnf: { jkt: 'x' } }),
    'no scope of this server': claims({ scope: 'admin openid' })
  }
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  const unsigned = `${Buffer.from('{"alg":"none","typ":"oauth-id-jag+jwt"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: organization.issuer })).toString('base64url')}.`
  await nothingGrows(t, server, 'nothing was written', async () => {
    for (const [name, signing] of Object.entries(attacks)) t.match(await present(signing), refused, name)
    for (const assertion of [unsigned, 'x.y.z', 'garbage', 'x'.repeat(60_000)]) {
      const answer = await post(`${server.url}/token`, { ...APP, grant_type: JWT_BEARER, assertion })
      t.match(answer, refused, assertion.slice(0, 20))
    }
  })
})

t.test('the request is judged as any other at the token endpoint (EM-04)', async (t) => {
  const { url, sign, present } = await start(t)
  const assertion = await sign()
  const refused = async (fields: Record<string, string | undefined>) => {
    const { status, body } = await post(`${url}/token`, { ...APP, grant_type: JWT_BEARER, assertion, ...fields })
    return [status, body['error']]
  }
  t.same(await refused({ assertion: undefined }), [400, 'invalid_request'])
  t.same(await refused({ client_secret: 'wrong' }), [401, 'invalid_client'])
  t.same(await refused({ client_secret: undefined }), [401, 'invalid_client'])
  t.same(await refused({ client_id: 'other', client_secret: 'a secret of another app' }), [400, 'invalid_grant'])
  t.same(await refused({ client_id: 'public', client_secret: undefined }), [400, 'unauthorized_client'])
  t.same(await refused({ resource: 'https://other.example' }), [400, 'invalid_target'])
  t.same(await refused({ scope: 'openid' }), [400, 'invalid_scope'])
  t.same(await refused({}), [200, undefined], 'and none of that used it up')
  t.equal((await present({}, { scope: 'mcp:read admin' })).body['scope'], 'mcp:read')
  t.equal((await present({ claims: { scope: 'mcp:read' } }, { scope: 'mcp:read mcp:write' })).body['scope'], 'mcp:read')
  t.equal((await present({ claims: { scope: undefined } })).body['scope'], 'mcp:read mcp:write')
  t.equal((await present({ claims: { resource: undefined, aud: `${url}/` } })).status, 200)
  t.equal((await present({ claims: { resource: ['https://other.example', `${url}/`], aud: [url] } })).status, 200)
})

storageTest('of fifty requests with one assertion, one gets a token (EM-06)', async (t, open) => {
  const { url, sign, clock } = await start(t, {}, open)
  const assertion = await sign()
  const answers = await Promise.all(Array.from({ length: 50 }, () => present(url, assertion)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.ok(answers.every(({ status, body }) => status === 200 || body['error'] === 'invalid_grant'))
  clock.now += 359
  const late = await present(url, assertion)
  t.match(late.body, { error: 'invalid_grant', error_description: /used before/ }, 'as long as its clock tolerance lets it live')
})

t.test("keys are read once, again for a new one, and never for what is not the issuer's (EM-07)", async (t) => {
  const { present, organization, clock } = await start(t)
  const { asked } = organization.host
  await present({ claims: { iss: 'https://evil.example' } })
  await present({ header: { typ: 'JWT' } })
  t.same(asked, [], 'nothing was asked for')
  await Promise.all([present(), present()])
  t.same(asked, ['/.well-known/openid-configuration', '/keys'])
  await organization.addKey('second')
  for (let tries = 0; tries < 5; tries++) await present({ header: { kid: `made up ${tries}` } })
  t.equal((await present({ header: { kid: 'second' } })).status, 400)
  t.equal(asked.length, 2, 'unknown keys cause no fetch within a minute')
  clock.now += 60
  t.equal((await present({ header: { kid: 'second' } })).status, 200)
  t.equal(asked.length, 4)
})

t.test('while the issuer does not answer, its known keys count, and without any the answer is 503', async (t) => {
  const { present, organization, clock } = await start(t)
  const { answers, asked } = organization.host
  const good = answers.get('/keys')!
  answers.set('/keys', (response) => response.writeHead(302, { location: 'https://evil.example/keys' }).end())
  const early = await present()
  t.match({ status: early.status, error: early.body['error'] }, { status: 503, error: 'temporarily_unavailable' })
  t.equal(early.headers.get('retry-after'), '60')
  await present()
  t.equal(asked.length, 2, 'it is not asked again at once')
  answers.set('/keys', good)
  clock.now += 60
  t.equal((await present()).status, 200)
  for (const bad of [json({ keys: [] }), json({ keys: 'x' }), json({ keys: [], x: 'x'.repeat(300_000) })]) {
    answers.set('/keys', bad)
    clock.now += 301
    t.equal((await present()).status, 200)
  }
  clock.now += 86_400
  t.equal((await present()).status, 503, 'for a day')
})

t.test('a server without issuers knows no such grant, and says so in its metadata (EM-04)', async (t) => {
  const { url, organization } = await start(t)
  const metadata = async (base: string, path: string) =>
    (await (await fetch(`${base}/.well-known/${path}`)).json()) as Record<string, string[]>
  for (const path of ['oauth-authorization-server', 'openid-configuration']) {
    const found = await metadata(url, path)
    t.match(found, { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] }, path)
    t.ok(found['grant_types_supported']!.includes(JWT_BEARER))
  }
  const plain = await startServer(t, { env: { CLIENTS: organization.env.CLIENTS } })
  const found = await metadata(plain.url, 'oauth-authorization-server')
  t.notOk(found['authorization_grant_profiles_supported'])
  t.notOk(found['grant_types_supported']!.includes(JWT_BEARER))
  t.match((await present(plain.url, await organization.sign(plain.url))).body, { error: 'unsupported_grant_type' })
})

t.test('failures count for the address as any at the token endpoint', async (t) => {
  const { present } = await start(t, { env: { RATE_LIMITS: 'token-failure=3' } })
  const answers = []
  for (let tries = 0; tries < 5; tries++) answers.push((await present({ header: { typ: 'JWT' } })).status)
  t.same(answers, [400, 400, 400, 429, 429])
  t.equal((await present()).status, 200, 'a good one is not refused because of them')
})

t.test('an assertion that is signed by one issuer and names another is refused (EM-03)', async (t) => {
  const { organization } = await start(t)
  const second = await startOrganization(t)
  const issuers = [organization, second].map(({ issuer }) => ({ issuer, domains: [] }))
  const { url } = await startServer(t, { env: { ...organization.env, ID_JAG_ISSUERS: JSON.stringify(issuers) } })
  const { privateKey } = await generateKeyPair('ES256')
  t.equal((await present(url, await second.sign(url))).status, 200)
  const mixed = await second.sign(url, { claims: { iss: organization.issuer } })
  t.match(await present(url, mixed), { status: 400, body: { error: 'invalid_grant' } })
  const embedded = new SignJWT({}).setProtectedHeader({ alg: 'ES256', typ: 'oauth-id-jag+jwt', jku: second.host.url('/keys') })
  t.match(await present(url, await embedded.setIssuer(second.issuer).sign(privateKey)), { status: 400 })
})
