// What the operator chose, seen from outside: no sign-in at all, a sign-in service that is away, closed sign-up, an
// allow-list, and tokens that lack a scope.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, ping, post, tokensFor, walk } from '../helpers/oauth.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'

const PASSWORD = 'eleven quiet otters 42'
const call = async (url: string, name: string, args: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
  })

t.test('AUTH_BACKEND=none: tools are open, and there is no OAuth to find', async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  const answer = (await (await call(url, 'search', { query: 'spring tide' })).json()) as {
    result: { structuredContent: { results: Array<{ id: string; url: string }> } }
  }
  const [hit] = answer.result.structuredContent.results
  t.equal(hit?.id, 'tides.md')
  t.match(await new Browser().get(hit!.url), { status: 200, text: /full moon/ })
  t.match((await new Browser().get(url)).text, 'Nobody has to sign in')
  for (const path of [
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource',
    '/.well-known/openid-configuration',
    '/authorize',
    '/token',
    '/register',
    '/login',
    '/signup',
    '/consent',
    '/account'
  ]) {
    t.equal((await fetch(url + path, { redirect: 'manual' })).status, 404, path)
  }
  t.equal(
    (await call(url, 'search', { query: 'x' }, { origin: 'https://evil.example' })).status,
    403,
    'web pages of others are kept out all the same (MC-04)'
  )
})

t.test('a sign-in service that is away is a 503 page, never a sign-in (WB-16)', async (t) => {
  const { url } = await startServer(t, {
    env: {
      AUTH_BACKEND: 'supabase',
      SUPABASE_URL: `http://127.0.0.1:${await freePort()}`,
      SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_0123456789abcdefghijklmnopqrstuv'
    }
  })
  const browser = new Browser()
  const login = await browser.get(
    authorizeUrl(url, { client_id: (await newClient(url)).client_id, code_challenge: pkce().challenge })
  )
  const answer = await browser.submit(login, ({ fields }) => 'password' in fields, {
    email: 'ann@example.com',
    password: PASSWORD
  })
  t.equal(answer.status, 503)
  t.ok(answer.headers.get('retry-after'))
  t.notMatch(answer.text, PASSWORD)
  t.match((await browser.get(`${url}/account`)).url, '/login', 'nobody is signed in')
})

t.test('SIGNUP=closed: an invitation makes one account, and nothing else does', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'closed' } })
  t.equal((await new Browser().get(`${url}/signup`)).status, 403)
  t.notMatch((await new Browser().get(`${url}/login`)).text, '/signup')
  const secret = await app.signIn.invitations.inviteFirst()
  const browser = new Browser()
  const form = await browser.get(`${url}/signup?invite=${secret}`)
  const fill = (email: string, password = PASSWORD) =>
    browser.submit(form, ({ action }) => action === '/signup', { email, password })
  t.equal(
    (
      await browser.submit(form, ({ action }) => action === '/signup', {
        email: 'eve@example.com',
        password: PASSWORD,
        invite: 'x'
      })
    ).status,
    403
  )
  t.equal(
    (await fill('ann@example.com', 'short')).status, 400,
    'a refusal does not spend the invitation'
  )
  t.equal((await fill('ann@example.com')).status, 200)
  t.match((await browser.get(`${url}/account`)).text, 'ann@example.com')
  const second = new Browser()
  t.match(
    await second.get(`${url}/signup?invite=${secret}`),
    { status: 403, text: /This invitation has been used or has expired.*href="\/account"[^>]*>Sign in/s },
    'the invitation is spent, and there is a way on'
  )
  t.equal(
    await app.signIn.invitations.inviteFirst(), undefined,
    'and no start invites a first account again'
  )
})

t.test('ALLOWED_EMAILS: others are kept out at sign-up and at sign-in', async (t) => {
  const server = await startServer(t, {
    env: { AUTH_BACKEND: 'local,demo', ALLOWED_EMAILS: '@example.org, ann@example.com' }
  })
  const signUp = async (email: string) => {
    const browser = new Browser()
    return browser.submit(await browser.get(`${server.url}/signup`), ({ action }) => action === '/signup', {
      email,
      password: PASSWORD
    })
  }
  t.equal((await signUp('eve@example.com')).status, 400)
  t.equal((await signUp('eve@example.org.evil.example')).status, 400)
  t.equal((await signUp('Ann@Example.com')).status, 200)
  t.equal((await signUp('bob@example.org')).status, 200)
  const demo = new Browser()
  const refused = await demo.submit(await demo.get(`${server.url}/login`), ({ fields }) => fields['backend'] === 'demo')
  t.equal(refused.status, 403, 'a demo user has no address')
})

t.test('a token without the scope of a tool (MC-19)', async (t) => {
  const { url } = await startServer(t)
  const { access } = await tokensFor(url, await newClient(url), { scope: 'mcp:write' })
  t.equal(await ping(url, access), 200)
  const answer = await call(url, 'search', { query: 'tide' }, { authorization: `Bearer ${access}` })
  t.equal(answer.status, 403)
  t.match(answer.headers.get('www-authenticate'), /error="insufficient_scope"/)
  t.match(answer.headers.get('www-authenticate'), /scope="mcp:read"/)
})

t.test('a token for what the server was called before is not accepted under its new name (A6)', async (t) => {
  const server = await startServer(t)
  const { access } = await tokensFor(server.url, await newClient(server.url))
  t.equal(await ping(server.url, access), 200)
  t.equal(await ping(`${server.url}/mcp`, access), 200, 'the alias is the same resource')
  const { app } = await startServer(t, {
    env: { DATA_DIR: server.dataDir, PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'demo' }
  })
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    headers: { host: 'mcp.example.com', authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    payload: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
  })
  t.equal(answer.statusCode, 401)
})

t.test('CLIENTS: an app the operator registered, with and without a secret', async (t) => {
  const clients = [
    { client_id: 'my-app', client_secret: 'sixteen or more characters', redirect_uris: [CALLBACK] },
    { client_id: '0a1b2c3d-0000-4000-8000-00000000000f', client_name: 'By hand', redirect_uris: [CALLBACK] }
  ]
  const { url } = await startServer(t, { env: { CLIENTS: JSON.stringify(clients) } })
  for (const { redirect_uris: _uris, client_name: name, ...client } of clients) {
    const { form, consent } = await walk(url, client)
    t.match(consent.text, name ?? client.client_id)
    if (client.client_secret) {
      t.match(await post(`${url}/token`, { ...form, client_secret: 'x' }), {
        status: 401,
        body: { error: 'invalid_client' }
      })
    }
    t.equal((await post(`${url}/token`, form)).status, 200)
  }
  await t.rejects(
    startServer(t, {
      env: { CLIENTS: JSON.stringify([{ client_id: 'a', redirect_uris: ['http://app.example/cb'] }]) }
    }),
    { message: /CLIENTS: the redirect URI http:\/\/app\.example\/cb of a must use https/ }
  )
})

t.test('ALLOWED_REDIRECT_URIS and CLIENTS: apps with a scheme of their own get their code (RG-02, R12)', async (t) => {
  const warp = 'warp://mcp/oauth2callback'
  const mobile = 'com.example.app:/oauth2redirect'
  const { url } = await startServer(t, {
    env: {
      ALLOWED_REDIRECT_URIS: warp,
      CLIENTS: JSON.stringify([{ client_id: 'mobile', redirect_uris: [mobile] }])
    }
  })
  const { client_id: id } = await newClient(url, { redirect_uris: [warp] })
  for (const [client, uri] of [[id, warp], ['mobile', mobile]] as const) {
    const { redirect, form, consent } = await walk(url, { client_id: client }, { redirect_uri: uri })
    t.ok(redirect.href.startsWith(`${uri}?`), redirect.href)
    t.match(consent.text, /on this computer|program/i, 'the page says that it is a program')
    t.equal((await post(`${url}/token`, form)).status, 200)
  }
  await t.rejects(
    startServer(t, { env: { CLIENTS: JSON.stringify([{ client_id: 'a', redirect_uris: ['javascript:alert(1)'] }]) } }),
    { message: /CLIENTS: the redirect URI javascript:alert\(1\) of a has the scheme javascript/ }
  )
})
