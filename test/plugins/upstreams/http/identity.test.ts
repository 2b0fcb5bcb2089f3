// Who is calling, told to an upstream: no more than is proven, in headers that hold it, and in a token that is good for
// nothing else (threats UH-02, UH-03).
import t from 'tap'
import { createIdentityHeaders, UPSTREAM_TOKEN_TYPE, type UpstreamTokenClaims } from '../../../../plugins/upstreams/http/identity.ts'
import { ann, httpSettings } from '../../../helpers/http-upstreams.ts'
import { nothingGrows } from '../../../helpers/nothing-grows.ts'
import { newClient, ping, post } from '../../../helpers/oauth.ts'
import { APP, CLIENTS, JWT_BEARER } from '../../../helpers/organization.ts'
import { freePort } from '../../../helpers/ports.ts'
import { startServer } from '../../../helpers/server.ts'

const issuer = 'https://mcp.example.com'
const crm = httpSettings('https://crm.internal/mcp', { identity: 'token' })

function start () {
  const signed: UpstreamTokenClaims[] = []
  const clock = { now: 1_800_000_000.5, fails: false }
  const identity = createIdentityHeaders({
    issuer,
    now: () => clock.now,
    sign: async (claims) => {
      if (clock.fails) throw new Error('storage is gone')
      signed.push(claims)
      return `token ${signed.length}`
    }
  })
  return { identity, signed, clock }
}

t.test('a value that no header could hold is encoded, and cannot begin another header or group (UH-02)', async (t) => {
  const { identity } = start()
  const settings = httpSettings('https://crm.internal/mcp', { identity: 'headers' })
  const told = await identity(settings, {
    id: 'a\r\nx-forwarded-groups: admins',
    email: 'ännchen+1@example.com',
    name: '50% \ud800 💡',
    groups: ['a,b', 'ü'],
    clientId: 'app'
  })
  t.same(told, {
    'x-forwarded-user': 'a%0D%0Ax-forwarded-groups:%20admins',
    'x-forwarded-email': '%C3%A4nnchen+1@example.com',
    'x-forwarded-name': '50%25%20%EF%BF%BD%20%F0%9F%92%A1',
    'x-forwarded-groups': 'a%2Cb,%C3%BC'
  })
  t.equal(decodeURIComponent(told['x-forwarded-email']!), 'ännchen+1@example.com')
  t.same(await identity(settings, undefined), {})
  t.same(await identity(httpSettings('https://crm.internal/mcp'), ann), {}, 'nothing without identity')
})

t.test('a token says what is known and proven, and of nobody only that it is this server', async (t) => {
  const { identity, signed } = start()
  await identity(crm, ann)
  await identity(crm, { id: 'user-2', groups: [], clientId: 'app-1' })
  await identity(crm, undefined)
  const made = {
    iss: issuer,
    aud: 'https://crm.internal/mcp',
    iat: 1_800_000_000,
    exp: 1_800_000_300,
    jti: String
  }
  t.match(signed, [
    {
      ...made,
      sub: ann.id,
      email: ann.email,
      email_verified: true,
      name: ann.name,
      groups: ann.groups,
      act: { sub: 'app-1' }
    },
    { ...made, sub: 'user-2', groups: [], act: { sub: 'app-1' } },
    { ...made, sub: issuer }
  ])
  t.strictSame(Object.keys(signed[2]!).sort(), ['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
  t.notOk('email' in signed[1]! || 'email_verified' in signed[1]!)
})

t.test('a token is kept for its caller until a minute before its end, and a failure is not kept', async (t) => {
  const { identity, signed, clock } = start()
  const first = await identity(crm, ann)
  t.same(await identity(crm, { ...ann }), first)
  clock.now += 239
  t.same(await identity(crm, ann), first)
  clock.now += 1
  t.not((await identity(crm, ann))['authorization'], first['authorization'])
  for (const other of [{ ...ann, groups: ['sales'] }, { ...ann, clientId: 'app-2' }, { ...ann, id: 'user-2' }]) {
    const made = signed.length
    await identity(crm, other)
    t.equal(signed.length, made + 1, 'others, and the same person with other groups, have their own')
  }
  clock.fails = true
  await t.rejects(async () => identity(crm, { ...ann, id: 'user-3' }), { message: 'storage is gone' })
  clock.fails = false
  t.ok(await identity(crm, { ...ann, id: 'user-3' }))
})

t.test('a token that was made while the clock had leapt ahead is not kept until it gets there (SG-12)', async (t) => {
  const { identity, signed, clock } = start()
  const { now } = clock
  clock.now += 366 * 86_400
  await identity(crm, ann)
  clock.now = now
  await identity(crm, ann)
  t.equal(signed.at(-1)!.iat, Math.floor(now))
})

t.test('at this server the token of an upstream is nothing, whatever it is presented as (UH-03)', async (t) => {
  const port = await freePort()
  const own = `http://localhost:${port}`
  const env = {
    CLIENTS,
    ID_JAG_ISSUERS: JSON.stringify([{ issuer: own, domains: ['example.com'] }])
  }
  const server = await startServer(t, { port, env })
  const { url, app } = server
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const iat = Math.floor(Date.now() / 1000)
  // As like an ID-JAG and an assertion of a client as it could be.
  const claims = {
    iss: url,
    aud: url,
    sub: ann.id,
    client_id: APP.client_id,
    email: ann.email,
    iat,
    exp: iat + 300,
    jti: 'j'
  }
  const tokens = {
    'of an upstream': await app.openid.sign(claims, UPSTREAM_TOKEN_TYPE),
    'an ID token': await app.openid.sign(claims, 'JWT')
  }
  await nothingGrows(t, server, 'a token that is none', async () => {
    for (const [what, token] of Object.entries(tokens)) {
      t.equal(await ping(url, token), 401, `${what}: /`)
      t.equal((await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status, 401)
      t.match(await post(`${url}/introspect`, { ...client, token }), {
        status: 200,
        body: { active: false }
      })
      t.match(await post(`${url}/token`, { ...APP, grant_type: JWT_BEARER, assertion: token }), {
        status: 400,
        body: { error: 'invalid_grant', error_description: /typ is not/ }
      })
      t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token }), {
        status: 400,
        body: { error: 'invalid_grant' }
      })
      const assertion = {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: token
      }
      t.match(await post(`${url}/introspect`, { ...assertion, token }), {
        status: 401,
        body: { error: 'invalid_client' }
      })
    }
  })
})

t.test('a thousand tokens are kept, and the one that was made first makes room (UH-03)', async (t) => {
  const { identity, signed } = start()
  const ask = (id: number) => identity(crm, { id: `user-${id}`, groups: [], clientId: 'app-1' })
  for (let id = 0; id <= 1_000; id++) await ask(id)
  t.equal(signed.length, 1_001)
  await ask(1)
  t.equal(signed.length, 1_001)
  await ask(0)
  t.equal(signed.length, 1_002)
})
