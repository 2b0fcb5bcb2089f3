// Sign-in at an OpenID provider: against a real one, and against the same one misbehaving in each way that is checked.
import t, { type Test } from 'tap'
import { BackendUnavailable, type AuthBackend } from '../../auth-backends/contract.ts'
import oidc, { openOidc } from '../../auth-backends/oidc/index.ts'
import { env, type OidcSettings } from '../../auth-backends/oidc/settings.ts'
import { Browser } from '../helpers/browser.ts'
import { foreignKey, startProvider, type TestProvider } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { SignJWT } from 'jose'
import { backendContract, tellsASecret } from './contract.ts'

const CALLBACK = 'http://localhost:8080/login/callback/oidc'

async function providerFor (t: Test, configuration = {}): Promise<TestProvider> {
  const provider = await startProvider({
    callbackUrls: [CALLBACK],
    logoutUrls: ['http://localhost:8080'],
    configuration
  })
  t.teardown(() => provider.stop())
  return provider
}

const settingsFor = (
  { issuer, clientId, clientSecret }: TestProvider,
  more: Record<string, string> = {}
): OidcSettings =>
  env.parse({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, ...more })

const open = (provider: TestProvider, more: Record<string, string> = {}, timeout?: number): AuthBackend =>
  openOidc(settingsFor(provider, more), timeout)

/** The person at the provider's pages. @returns the address the provider sends them back to. */
async function goThrough (url: string, fields: Record<string, string>): Promise<URL> {
  const browser = new Browser()
  await browser.submit(await browser.get(url), () => true, fields)
  return browser.left!
}

async function signIn (backend: AuthBackend, fields: Record<string, string> = { name: 'ann', go: 'on' }) {
  const state = 'the-state-of-the-house'
  const { url, continuation } = await backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state })
  return backend.redirect!.finish({ url: await goThrough(url, fields), state, continuation })
}

t.test('with a real provider', async (t) => {
  const provider = await providerFor(t)
  await backendContract(t, {
    open: async () => open(provider),
    secrets: [provider.clientSecret],
    throughRedirect: (backend) => signIn(backend),
    unreachable: async () => ({
      backend: open({ ...provider, issuer: `http://localhost:${await freePort()}` }),
      error: BackendUnavailable
    })
  })

  t.test('the request asks for a code with PKCE, state and nonce, and nothing secret', async (t) => {
    const { url, continuation } = await open(provider).redirect!.begin({
      provider: 'oidc',
      callbackUrl: CALLBACK,
      state: 'abc'
    })
    const asked = Object.fromEntries(new URL(url).searchParams)
    t.match(asked, {
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: CALLBACK,
      state: 'abc',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: /^[\w-]{43}$/,
      nonce: /^[\w-]{43}$/
    })
    const { verifier } = JSON.parse(continuation) as { verifier: string }
    t.notOk(url.includes(verifier))
    t.notOk(url.includes(provider.clientSecret))
    t.not(
      (await open(provider).redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 'abc' })).url,
      url,
      'no two are alike'
    )
  })

  t.test('claims become the identity, also those the provider tells only at its userinfo endpoint', async (t) => {
    t.match(await signIn(open(provider)), {
      subject: `${provider.issuer} ann`,
      email: 'ann@example.com',
      emailVerified: true,
      name: 'Ann Smith',
      session: String
    })
    t.ok(provider.asked.includes('/me'), 'this provider keeps its ID tokens small')
    provider.people['bob'] = { email: 'bob@example.com' }
    t.match(
      await signIn(open(provider), { name: 'bob', go: 'on' }),
      { email: 'bob@example.com', emailVerified: false },
      'what is not said is not proven'
    )
    t.match(await signIn(open(provider, { OIDC_TRUST_EMAIL: 'on' }), { name: 'bob', go: 'on' }), {
      emailVerified: true
    })
    provider.people['eve'] = { email: 'eve@example.com', xms_edov: '1', name: 'Eve\u202Egnp' }
    const eve = await signIn(open(provider), { name: 'eve', go: 'on' })
    t.match(eve, { emailVerified: true })
    t.notOk(eve && 'name' in eve && eve.name, 'a name that hides something is left out')
    provider.people['odd'] = { email: 'not an address', email_verified: true }
    const odd = await signIn(open(provider), { name: 'odd', go: 'on' })
    t.notOk(odd && 'email' in odd)
  })

  t.test('a person who turns back is told so', async (t) => {
    t.match(await signIn(open(provider), { name: 'ann', go: 'back' }), { refused: /You did not go on at localhost/ })
  })

  t.test('domains and groups', async (t) => {
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.org,Example.com' })), {
      email: 'ann@example.com'
    })
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.org' })), { refused: /example\.org/ })
    provider.people['sub'] = { email: 'x@evil.example.com', email_verified: true }
    t.match(
      await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.com' }), { name: 'sub', go: 'on' }),
      { refused: String },
      'a domain is not its subdomains'
    )
    provider.people['unproven'] = { email: 'ann@example.com', email_verified: false }
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.com' }), { name: 'unproven', go: 'on' }), {
      refused: String
    })
    provider.people['private'] = { email: 'ann@example.com', email_verified: true }
    const groups = { OIDC_SCOPE: 'openid email groups', OIDC_ALLOWED_GROUPS: 'staff, admins' }
    t.match(await signIn(open(provider, groups)), { email: 'ann@example.com' })
    t.match(await signIn(open(provider, groups), { name: 'private', go: 'on' }), { refused: /group/ })
  })

  t.test('RP-initiated logout carries the ID token as the hint', async (t) => {
    const backend = open(provider)
    const answer = await signIn(backend)
    const url = new URL(
      (await backend.sessions!.logoutUrl!((answer as { session: string }).session, 'http://localhost:8080'))!
    )
    t.equal(url.origin, provider.issuer)
    t.equal(url.searchParams.get('post_logout_redirect_uri'), 'http://localhost:8080')
    t.match(url.searchParams.get('id_token_hint'), /^eyJ/)
    t.equal((await fetch(url, { redirect: 'manual' })).status, 200, 'the provider knows it')
  })
})

t.test('WB-16: every fault is BackendUnavailable with its kind, never an identity, and tells no secret', async (t) => {
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
        fault: string
        says: RegExp
      }
    ]
  > = [
    [
      'discovery 500',
      { path: '/.well-known/openid-configuration', answer: text(500), fault: 'unreachable', says: /HTTP 500/ }
    ],
    [
      'discovery 404',
      { path: '/.well-known/openid-configuration', answer: text(404), fault: 'unreadable', says: /HTTP 404/ }
    ],
    [
      'discovery of another issuer',
      {
        path: '/.well-known/openid-configuration',
        answer: json(200, { issuer: 'https://evil.example' }),
        fault: 'unreadable',
        says: /does not hold/
      }
    ],
    [
      'discovery that is a page',
      { path: '/.well-known/openid-configuration', answer: text(200, '<html>'), fault: 'unreadable', says: /read/ }
    ],
    ['no answer', { path: '/.well-known/openid-configuration', answer: () => {}, fault: 'slow', says: /in time/ }],
    [
      'a cut connection',
      {
        path: '/token',
        answer: (_request, response) => {
          response.destroy()
        },
        fault: 'unreachable',
        says: /reached/
      }
    ],
    ['token 429', { path: '/token', answer: text(429), fault: 'busy', says: /429/ }],
    ['token 503', { path: '/token', answer: text(503), fault: 'unreachable', says: /503/ }],
    ['token slow', { path: '/token', answer: () => {}, fault: 'slow', says: /in time/ }],
    [
      'a wrong client secret',
      {
        path: '/token',
        answer: json(401, { error: 'invalid_client', error_description: 'a secret that the provider gave us' }),
        fault: 'refused',
        says: /invalid_client: check OIDC_CLIENT_ID/
      }
    ],
    [
      'no ID token',
      {
        path: '/token',
        answer: json(200, { access_token: 'x', token_type: 'bearer' }),
        fault: 'unreadable',
        says: /does not hold/
      }
    ],
    ['no JSON', { path: '/token', answer: text(200, 'x'), fault: 'unreadable', says: /read/ }],
    [
      'userinfo about another person',
      {
        path: '/me',
        answer: json(200, { sub: 'mallory', email: 'ann@example.com' }),
        fault: 'unreadable',
        says: /does not hold/
      }
    ]
  ]
  for (const [name, { path, answer, fault, says }] of faults) {
    const provider = await providerFor(t)
    provider.instead.set(path, answer as never)
    const thrown = await signIn(open(provider, {}, 1)).then(
      (identity) => identity,
      (error: unknown) => error
    )
    t.type(thrown, BackendUnavailable, name)
    t.match(thrown, { fault, message: says }, name)
    t.equal(tellsASecret(thrown, [provider.clientSecret]), false, `${name} tells no secret`)
    provider.instead.clear()
  }
})

t.test('ID tokens that do not hold sign nobody in', async (t) => {
  const provider = await providerFor(t)
  const now = Math.floor(Date.now() / 1000)
  const right = (nonce: string) => ({
    iss: provider.issuer,
    aud: provider.clientId,
    sub: 'ann',
    iat: now,
    exp: now + 600,
    nonce,
    email: 'ann@example.com',
    email_verified: true,
    name: 'Ann'
  })
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
  for (const [name, idToken] of Object.entries(wrong)) { t.match(await attempt(idToken), { name: 'BackendUnavailable', fault: 'unreadable' }, name) }
})

t.test('RFC 9700 §4.4, §4.5: a code of somebody else, and an answer of another provider', async (t) => {
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
    fault: 'unreadable'
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

t.test('WB-18: the settings say what to write instead', async (t) => {
  const problems = (variables: object) =>
    (oidc.env.safeParse(variables).error?.issues ?? [])
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .sort()
  t.match(problems({}), [/^OIDC_CLIENT_ID: write the client id/, /^OIDC_ISSUER: write the issuer/])
  const id = { OIDC_CLIENT_ID: 'x' }
  t.match(problems({ ...id, OIDC_ISSUER: 'http://provider.example' }), [/must be https/])
  t.match(problems({ ...id, OIDC_ISSUER: 'accounts.google.com' }), [/^OIDC_ISSUER: write the issuer/])
  for (const issuer of ['https://accounts.google.com', 'https://login.microsoftonline.com/common/v2.0']) {
    t.match(problems({ ...id, OIDC_ISSUER: issuer }), [/^OIDC_ALLOWED_DOMAINS: everybody can have an account at/])
    t.same(problems({ ...id, OIDC_ISSUER: issuer, OIDC_ALLOWED_DOMAINS: '*' }), [])
  }
  t.match(problems({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_SCOPE: 'email' }), [
    /^OIDC_SCOPE: must contain openid/
  ])
  t.match(problems({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_ALLOWED_DOMAINS: 'https://a.b' }), [
    /^OIDC_ALLOWED_DOMAINS: write domains/
  ])
  t.equal(
    oidc.env.parse({ ...id, OIDC_ISSUER: 'https://idp.example/.well-known/openid-configuration' }).OIDC_ISSUER,
    'https://idp.example'
  )
  t.equal(
    oidc.open(oidc.env.parse({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_TITLE: 'Example' })).title,
    'Example'
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
  await t.rejects(signIn(backend), { name: 'BackendUnavailable', fault: 'unreachable' })
  const provider = await startProvider({ callbackUrls: [CALLBACK], port })
  t.teardown(() => provider.stop())
  t.match(await signIn(backend), { email: 'ann@example.com' })
})
