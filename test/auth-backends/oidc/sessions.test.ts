// Sessions at an OpenID provider: refreshed, ended there, and ended here when the provider has ended them.
import { exportJWK, generateKeyPair } from 'jose'
import t, { type Test } from 'tap'
import type { Renewed, SignedIn } from '../../../auth-backends/contract.ts'
import { openOidc } from '../../../auth-backends/oidc/index.ts'
import { sessionOf } from '../../../auth-backends/oidc/sessions.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'
import { Browser } from '../../helpers/browser.ts'
import { startProvider } from '../../helpers/openid-provider.ts'
import { CALLBACK, claimsOf } from './open.ts'

async function place (t: Test) {
  const provider = await startProvider({ callbackUrls: [CALLBACK] })
  t.teardown(() => provider.stop())
  const backend = openOidc(
    env.parse({
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret
    })
  )
  const now = Math.floor(Date.now() / 1000)
  const answerJson = (path: string, body: unknown) =>
    provider.instead.set(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  /** A sign-in whose ID token says this, under this key. */
  const signIn = async (claims: object = {}, key?: Parameters<typeof provider.signIdToken>[1]) => {
    const begin = { provider: 'oidc', callbackUrl: CALLBACK, state: 's' }
    const { url, continuation } = await backend.redirect!.begin(begin)
    const { nonce } = JSON.parse(continuation) as { nonce: string }
    const browser = new Browser()
    await browser.submit(await browser.get(url), () => true, { name: 'ann', go: 'on' })
    const token = await provider.signIdToken({ ...claimsOf(provider, nonce, now), ...claims }, key)
    answerJson('/token', { access_token: 'x', token_type: 'Bearer', id_token: token })
    const answer = await backend
      .redirect!.finish({ url: browser.left!, state: 's', continuation })
      .catch((error: unknown) => error)
    provider.instead.delete('/token')
    return answer
  }
  const keyLooks = () => provider.asked.filter((path) => path === '/jwks').length
  const newKey = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair('RS256')
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
  }
  return { provider, backend, signIn, answerJson, keyLooks, newKey }
}

t.test('a key that is new is looked for at once, and one that nobody has, once in a while', async (t) => {
  const { signIn, answerJson, keyLooks, newKey } = await place(t)
  t.match(await signIn(), { email: 'ann@example.com' })
  t.equal(keyLooks(), 1)
  const second = await newKey('second')
  answerJson('/jwks', { keys: [second.jwk] })
  t.match(
    await signIn({}, second), { email: 'ann@example.com' },
    'rotated a moment after the keys were read'
  )
  t.equal(keyLooks(), 2)
  const unknown = await newKey('unknown')
  for (let count = 0; count < 5; count++) { t.match(await signIn({}, unknown), { name: 'BackendUnavailable', reason: 'unreadable' }) }
  t.equal(
    keyLooks(), 2,
    'whoever comes with a key that is not there makes nobody ask again and again'
  )
  t.match(await signIn({}, second), { email: 'ann@example.com' })
})

t.test('a sign-in is fresh proof only as far as the provider says when the person authenticated (AW-01)', async (t) => {
  const { backend, signIn } = await place(t)
  const { url } = await backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's', again: true })
  t.match(Object.fromEntries(new URL(url).searchParams), { prompt: 'login', max_age: '0' })
  const now = Math.floor(Date.now() / 1000)
  const ageOf = async (claims: Record<string, unknown>) =>
    ((await signIn({ iat: now, ...claims })) as SignedIn).authenticationAgeSeconds
  t.equal(await ageOf({ auth_time: now - 3600 }), 3600)
  t.equal(await ageOf({ auth_time: now - 10 }), 10)
  t.equal(await ageOf({ auth_time: now + 10 }), 0, 'a clock that is ahead')
  t.equal(await ageOf({}), undefined, 'a provider that does not say')
})

t.test('a renewed session is that of the same person, by an ID token that the provider has signed', async (t) => {
  const { backend, provider, answerJson, newKey } = await place(t)
  const session = JSON.stringify({ subject: 'ann', refreshToken: 'first' })
  const now = Math.floor(Date.now() / 1000)
  const renew = async (claims: object, key?: Parameters<typeof provider.signIdToken>[1]) => {
    const ann = {
      iss: provider.issuer,
      aud: provider.clientId,
      sub: 'ann',
      iat: now,
      exp: now + 600,
      email: 'ann@example.com',
      name: 'Ann'
    }
    const idToken = await provider.signIdToken({ ...ann, ...claims }, key)
    answerJson(
      '/token',
      { access_token: 'x', token_type: 'Bearer', refresh_token: 'second', id_token: idToken }
    )
    return backend.sessions!.renew!(session).catch((error: unknown) => error)
  }
  const { session: next, person } = (await renew({ groups: ['staff'] })) as Renewed
  t.match(JSON.parse(next), { subject: 'ann', refreshToken: 'second' })
  t.same(
    person, { subject: `${provider.issuer} ann`, groups: ['staff'] },
    'with the groups as they are now'
  )
  t.match(
    await renew({}), { person: { groups: [] } },
    'an ID token without groups: in none any more'
  )
  t.equal(await renew({ sub: 'bob' }), null, 'somebody else: this session is over')
  t.match(
    await renew({}, await newKey('unknown')),
    { name: 'BackendUnavailable', reason: 'unreadable' },
    'nobody knows who has signed it'
  )
})

t.test('a session of before refresh tokens were kept is what it was: a hint for signing out', async (t) => {
  const { backend, provider } = await place(t)
  t.equal(
    await backend.sessions!.renew!('eyJhbGciOiJub25lIn0.e30.'),
    'eyJhbGciOiJub25lIn0.e30.'
  )
  t.match(
    new URL(
      (await backend.sessions!.logoutUrl!('eyJhbGciOiJub25lIn0.e30.', 'http://localhost:8080'))!
    ).searchParams.get('id_token_hint'),
    /^eyJ/
  )
  await backend.sessions!.end!('eyJhbGciOiJub25lIn0.e30.')
  t.notOk(provider.asked.includes('/token'))
})

t.test('an ID token that does not fit into a URL is no hint for signing out', (t) => {
  const kept = (length: number, more: object = {}) => sessionOf('ann', { id_token: 'x'.repeat(length), ...more })
  t.match(JSON.parse(kept(4_096)!), { subject: 'ann', idToken: /^x{4096}$/ })
  t.equal(kept(4_097), undefined, 'nothing to keep')
  t.same(JSON.parse(kept(4_097, { refresh_token: 'r' })!), { subject: 'ann', refreshToken: 'r' })
  t.end()
})

t.test('who may no longer come in is out at the next renewal, whichever answer says so, and unchanged where none does', async (t) => {
  const provider = await startProvider({ callbackUrls: [CALLBACK] })
  t.teardown(() => provider.stop())
  const { issuer, clientId, clientSecret } = provider
  const settings = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, OIDC_ALLOWED_GROUPS: 'staff' }
  const backend = openOidc(env.parse(settings))
  const now = Math.floor(Date.now() / 1000)
  const answer = (path: string, body: object) =>
    provider.instead.set(path, (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
  const user = await fetch(`${issuer}/.well-known/openid-configuration`).then(async (response) => await response.json() as { userinfo_endpoint: string })
  const userinfo = new URL(user.userinfo_endpoint).pathname
  const person = { sub: 'ann', email: 'ann@example.com', name: 'Ann' }
  const renew = async (inToken: string[] | undefined, inUserinfo: string[] | undefined) => {
    const { nonce: _, ...claims } = { ...claimsOf(provider, '', now), ...(inToken?.length && { groups: inToken }) }
    const idToken = inToken && (await provider.signIdToken(claims))
    answer(
      '/token',
      { access_token: 'x', token_type: 'Bearer', refresh_token: 'second', ...(idToken && { id_token: idToken }) }
    )
    answer(userinfo, { ...person, ...(inUserinfo && { groups: inUserinfo }) })
    return backend.sessions!.renew!(JSON.stringify({ subject: 'ann', refreshToken: 'first' })).catch((error: unknown) => error)
  }
  t.match(
    await renew(['staff'], undefined),
    { person: { groups: ['staff'] } },
    'the ID token'
  )
  t.equal(await renew(['guests'], undefined), null, 'the ID token')
  t.match(
    await renew(undefined, ['staff']),
    { person: { groups: ['staff'] } },
    'userinfo alone'
  )
  t.equal(await renew(undefined, ['guests']), null, 'userinfo alone')
  t.equal(
    await renew([], undefined),
    null,
    'neither says that they are still in it'
  )
})

t.test('a provider that keeps its refresh token as it was is asked with it again', async (t) => {
  const { backend, provider, answerJson } = await place(t)
  const first = JSON.stringify({ subject: 'ann', refreshToken: 'first' })
  answerJson('/token', { access_token: 'x', token_type: 'Bearer' })
  answerJson('/me', { sub: 'ann', email: 'ann@example.com' })
  const renew = () => backend.sessions!.renew!(first)
  t.same(JSON.parse(await renew() as string), JSON.parse(first), 'and nothing is said of groups')
  provider.instead.set('/me', (_request, response) => response.writeHead(503).end())
  const failed = await renew().catch((error: unknown) => error)
  t.match(failed, { name: 'BackendUnavailable', reason: 'unreachable' })
  const { session } = failed as { session: string }
  t.same(JSON.parse(session), JSON.parse(first), 'what it gave is kept')
})

t.test('a provider without pages or endpoints for it is not asked to end a session', async (t) => {
  const { backend, provider, answerJson } = await place(t)
  const path = '/.well-known/openid-configuration'
  const document = await (await fetch(provider.issuer + path)).json() as object
  answerJson(path, {
    ...document, revocation_endpoint: undefined, end_session_endpoint: undefined
  })
  const session = JSON.stringify({ subject: 'ann', idToken: 'x', refreshToken: 'r' })
  const { end, logoutUrl } = backend.sessions!
  provider.asked.length = 0
  await end!(session)
  t.equal(await logoutUrl!(session, 'http://localhost:8080'), undefined)
  t.same(provider.asked, [path])
})
