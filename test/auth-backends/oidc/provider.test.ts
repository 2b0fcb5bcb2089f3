// A provider that fails, is down, or answers with tokens that are not valid signs no one in (threat WB-16).
import t from 'tap'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { openOidc } from '../../../auth-backends/oidc/index.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'
import { foreignKey, startProvider } from '../../helpers/openid-provider.ts'
import { freePort } from '../../helpers/ports.ts'
import { SignJWT } from 'jose'
import { tellsASecret } from '../contract.ts'
import { CALLBACK, claimsOf, providerFor, open, goThrough, signIn } from './open.ts'

t.test('every fault is BackendUnavailable with its kind, never an identity, and tells no secret (WB-16)', async (t) => {
  const text =
    (status: number, body = 'a secret that the provider gave us', headers = {}) =>
      (_request: unknown, response: import('node:http').ServerResponse) => {
        response.writeHead(status, headers).end(body)
      }
  const json = (status: number, body: unknown) =>
    text(status, JSON.stringify(body), { 'content-type': 'application/json' })
  const faults: Array<
    [
      string,
      {
        path: string
        answer: (request: never, response: import('node:http').ServerResponse) => void
        reason: string
        says: RegExp
      }
    ]
  > = [
    [
      'discovery 500',
      { path: '/.well-known/openid-configuration', answer: text(500), reason: 'unreachable', says: /HTTP 500/ }
    ],
    [
      'discovery 404',
      { path: '/.well-known/openid-configuration', answer: text(404), reason: 'unreadable', says: /HTTP 404.*check OIDC_ISSUER/ }
    ],
    [
      'discovery of another issuer',
      {
        path: '/.well-known/openid-configuration',
        answer: json(200, { issuer: 'https://evil.example' }),
        reason: 'unreadable',
        says: /calls itself https:\/\/evil\.example, and OIDC_ISSUER is http:\/\/localhost:\d+; .*set OIDC_ISSUER=https:\/\/evil\.example/
      }
    ],
    [
      'discovery that is a page',
      { path: '/.well-known/openid-configuration', answer: text(200, '<html>'), reason: 'unreadable', says: /read/ }
    ],
    ['no answer', { path: '/.well-known/openid-configuration', answer: () => {}, reason: 'slow', says: /in time/ }],
    [
      'a cut connection',
      {
        path: '/token',
        answer: (_request, response) => {
          response.destroy()
        },
        reason: 'unreachable',
        says: /reached/
      }
    ],
    ['token 429', { path: '/token', answer: text(429), reason: 'busy', says: /429/ }],
    ['token 503', { path: '/token', answer: text(503), reason: 'unreachable', says: /503/ }],
    ['token slow', { path: '/token', answer: () => {}, reason: 'slow', says: /in time/ }],
    [
      'a wrong client secret',
      {
        path: '/token',
        answer: json(401, { error: 'invalid_client', error_description: 'a secret that the provider gave us' }),
        reason: 'refused',
        says: /invalid_client: check OIDC_CLIENT_ID.*client_secret_basic.*OIDC_TOKEN_AUTH/
      }
    ],
    [
      'no ID token',
      {
        path: '/token',
        answer: json(200, { access_token: 'x', token_type: 'bearer' }),
        reason: 'unreadable',
        says: /is not valid/
      }
    ],
    ['no JSON', { path: '/token', answer: text(200, 'x'), reason: 'unreadable', says: /read/ }],
    [
      'userinfo about another person',
      {
        path: '/me',
        answer: json(200, { sub: 'mallory', email: 'ann@example.com' }),
        reason: 'unreadable',
        says: /is not valid/
      }
    ]
  ]
  for (const [name, { path, answer, reason, says }] of faults) {
    const provider = await providerFor(t)
    provider.instead.set(path, answer as never)
    const thrown = await signIn(open(provider, {}, 1)).then(
      (identity) => identity,
      (error: unknown) => error
    )
    t.type(thrown, BackendUnavailable, name)
    t.match(thrown, { reason, message: says }, name)
    t.equal(tellsASecret(thrown, [provider.clientSecret]), false, `${name} tells no secret`)
    provider.instead.clear()
  }
})

t.test('ID tokens that are not valid sign no one in', async (t) => {
  const provider = await providerFor(t)
  const now = Math.floor(Date.now() / 1000)
  const right = (nonce: string) => claimsOf(provider, nonce, now)
  const attempt = async (idToken: (nonce: string) => Promise<string>) => {
    const backend = open(provider)
    const { url, continuation } = await backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's' })
    const { nonce } = JSON.parse(continuation) as { nonce: string }
    const token = await idToken(nonce)
    provider.instead.set('/token', (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', id_token: token }))
    })
    const back = await goThrough(url, { name: 'ann', go: 'on' })
    const answer = await backend
      .redirect!.finish({ url: back, state: 's', continuation })
      .catch((error: unknown) => error)
    provider.instead.clear()
    return answer
  }
  t.match(
    await attempt((nonce) => provider.signIdToken(right(nonce))),
    { subject: `${provider.issuer} ann` },
    'the right one does'
  )
  const wrong: Record<string, (nonce: string) => Promise<string>> = {
    'another nonce': () => provider.signIdToken(right('another')),
    'no nonce': () => provider.signIdToken({ ...right(''), nonce: undefined }),
    'another audience': (nonce) => provider.signIdToken({ ...right(nonce), aud: 'another-client' }),
    'several audiences and another party': (nonce) =>
      provider.signIdToken({ ...right(nonce), aud: [provider.clientId, 'another'], azp: 'another' }),
    'another issuer': (nonce) => provider.signIdToken({ ...right(nonce), iss: 'https://evil.example' }),
    'one that is over': (nonce) => provider.signIdToken({ ...right(nonce), iat: now - 7200, exp: now - 3600 }),
    'no subject': (nonce) => provider.signIdToken({ ...right(nonce), sub: undefined }),
    'a foreign key': (nonce) =>
      new SignJWT(right(nonce)).setProtectedHeader({ alg: 'RS256', kid: 'test' }).sign(foreignKey),
    'no signature': async (nonce) =>
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(right(nonce))).toString('base64url')}.`,
    'the client secret as the key': (nonce) =>
      new SignJWT(right(nonce))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(provider.clientSecret))
  }
  const says: Record<string, RegExp> = {
    'another audience': /another client: check OIDC_CLIENT_ID/,
    'another issuer': /signs ID tokens as https:\/\/evil\.example, and OIDC_ISSUER is/,
    'one that is over': /check the clocks/,
    'a foreign key': /has not signed/,
    'the client secret as the key': /signs with HS256.*choose a signing key \(RS256 or ES256\)/
  }
  for (const [name, idToken] of Object.entries(wrong)) {
    t.match(
      await attempt(idToken),
      { name: 'BackendUnavailable', reason: 'unreadable', message: says[name] ?? /\w/ },
      name
    )
  }
})

t.test('a code of somebody else, and an answer of another provider (RFC 9700 §4.4, §4.5)', async (t) => {
  const provider = await providerFor(t)
  const backend = open(provider)
  const begin = () => backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's' })
  const [mine, others] = [await begin(), await begin()]
  provider.people['mallory'] = {}
  const stolen = await goThrough(others.url, { name: 'mallory', go: 'on' })
  t.equal(
    await backend.redirect!.finish({ url: stolen, state: 's', continuation: mine.continuation }),
    null,
    'PKCE binds a code to the browser it was asked in'
  )
  const back = await goThrough(mine.url, { name: 'ann', go: 'on' })
  const mixedUp = new URL(back)
  mixedUp.searchParams.set('iss', 'https://evil.example')
  await t.rejects(backend.redirect!.finish({ url: mixedUp, state: 's', continuation: mine.continuation }), {
    name: 'BackendUnavailable',
    reason: 'unreadable'
  })
  mixedUp.searchParams.delete('iss')
  await t.rejects(
    backend.redirect!.finish({ url: mixedUp, state: 's', continuation: mine.continuation }),
    { name: 'BackendUnavailable' },
    'this provider always names itself'
  )
  await t.rejects(backend.redirect!.finish({ url: back, state: 'another', continuation: mine.continuation }), {
    name: 'BackendUnavailable'
  })
  t.match(
    await backend.redirect!.finish({ url: back, state: 's', continuation: mine.continuation }),
    { email: 'ann@example.com' },
    'none of it spent the code'
  )
  t.equal(
    await backend.redirect!.finish({ url: back, state: 's', continuation: mine.continuation }),
    null,
    'a code works once'
  )
})

t.test('a provider that is away at first is asked again', async (t) => {
  const port = await freePort()
  const backend = openOidc(
    env.parse({
      OIDC_ISSUER: `http://localhost:${port}`,
      OIDC_CLIENT_ID: 'mcp-server',
      OIDC_CLIENT_SECRET: 'a secret that the provider gave us'
    })
  )
  await t.rejects(signIn(backend), { name: 'BackendUnavailable', reason: 'unreachable' })
  const provider = await startProvider({ callbackUrls: [CALLBACK], port })
  t.teardown(() => provider.stop())
  t.match(await signIn(backend), { email: 'ann@example.com' })
})

t.test('a discovery document that is named itself has to be that of its own address (WB-16)', async (t) => {
  const provider = await providerFor(t)
  const path = '/.well-known/openid-configuration'
  const backend = () => open(provider, { OIDC_ISSUER: provider.issuer + path })
  const begin = () => backend().redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's' }).catch((error: unknown) => error)
  t.match(await begin(), { url: String })
  const document = await fetch(provider.issuer + path).then(async (response) => await response.json() as object)
  for (const issuer of ['https://other.example', `${provider.issuer}/tenant`, provider.issuer.replace('127.0.0.1', 'localhost').replace('//localhost', '//LOCALHOST')]) {
    provider.instead.set(path, (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...document, issuer })))
    t.match(await begin(), { name: 'BackendUnavailable' }, issuer)
  }
})
