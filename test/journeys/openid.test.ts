// People of an OpenID provider, from the app's request to its tokens: the provider is real, in its own process of
// pages; and everything that can go wrong between the two.
import t, { type Test } from 'tap'
import { Browser, type Page } from '../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../helpers/oauth.ts'
import { startProvider, type TestProvider } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const PASSWORD = 'eleven quiet otters 42'

interface Place {
  server: TestServer
  provider: TestProvider
}

/** The provider has to know the server's address, and the other way round. */
export async function startBoth (
  t: Test,
  env: Record<string, string> = {},
  { start = true } = {}
): Promise<Place & { startProvider: () => Promise<TestProvider> }> {
  const [port, providerPort] = [await freePort(), await freePort()]
  const url = `http://localhost:${port}`
  const begin = async () => {
    const provider = await startProvider({
      port: providerPort,
      callbackUrls: [`${url}/login/callback/oidc`],
      logoutUrls: [url]
    })
    t.teardown(() => provider.stop())
    return provider
  }
  const provider = start ? await begin() : undefined
  const server = await startServer(t, {
    port,
    env: {
      AUTH_BACKEND: 'oidc',
      OIDC_ISSUER: `http://localhost:${providerPort}`,
      OIDC_CLIENT_ID: 'mcp-server',
      OIDC_CLIENT_SECRET: 'a secret that the provider gave us',
      OIDC_TITLE: 'Example',
      ...env
    }
  })
  return { server, provider: provider!, startProvider: begin }
}

const toLogin = async (url: string, browser: Browser) => {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  return {
    client,
    verifier,
    login: await browser.get(
      authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, state: 'of the app' })
    )
  }
}

/** @returns the address that the provider sends the person back to, not opened yet. */
async function atProvider (
  browser: Browser,
  login: Page,
  fields: Record<string, string> = { name: 'ann', go: 'on' }
): Promise<URL> {
  await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
  const outside = new Browser()
  await outside.submit(await outside.get(browser.left!.href), () => true, fields)
  return outside.left!
}

const allow = (browser: Browser, consent: Page) =>
  browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })

t.test('through the provider to a token, and out again', async (t) => {
  const {
    server: { url, app }
  } = await startBoth(t)
  const browser = new Browser()
  const { client, verifier, login } = await toLogin(url, browser)
  t.match(login.text, /Continue with Example/)
  t.equal(login.forms.length, 1, 'the page offers what the backend states, and nothing else')
  const back = await atProvider(browser, login)
  t.equal(back.pathname, '/login/callback/oidc')
  const consent = await browser.get(back.href)
  t.match(consent.url, '/consent')
  t.match(consent.text, /Ann Smith/)
  await allow(browser, consent)
  t.equal(browser.left!.searchParams.get('state'), 'of the app')
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: 'https://app.example/callback',
    code_verifier: verifier
  })
  t.equal(await ping(url, body['access_token'] as string), 200)

  t.match(await browser.get(back.href), { status: 400, text: /sign_in_expired/ }, 'an answer works once')
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.match(user, { email: 'ann@example.com', emailVerified: true, backend: 'oidc' })

  const account = await browser.get(`${url}/account`)
  await browser.submit(account, ({ action }) => action === '/logout')
  t.match(browser.left?.pathname, '/session/end', 'signing out here signs out there')
  t.equal(browser.left!.searchParams.get('post_logout_redirect_uri'), url)
  t.match((await browser.get(`${url}/account`)).url, '/login')
  t.equal(await ping(url, body['access_token'] as string), 200, 'apps stay connected')
})

t.test(
  'RFC 9700 §4.7, LG-07: an answer counts in the browser that asked, for the state it asked with, at its own callback',
  async (t) => {
    const {
      server: { url, app }
    } = await startBoth(t, { AUTH_BACKEND: 'oidc,local' })
    const people = async () => (await Array.fromAsync(app.signIn.lifecycle.all())).length
    const browser = new Browser()
    const { login } = await toLogin(url, browser)
    const [form] = login.forms.filter(({ fields }) => fields['provider'] === 'oidc')
    for (const other of [{ provider: 'github' }, { provider: '' }, { backend: 'local' }] as Array<
      Record<string, string>
    >) {
      const answer = await browser.post(`${url}/login`, { ...form!.fields, ...other })
      t.match(answer, { status: 400, text: /invalid_request/ }, `what is not offered: ${JSON.stringify(other)}`)
    }
    const back = await atProvider(browser, login)
    const expired = { status: 400, text: /sign_in_expired/ }
    const other = new Browser()
    t.match(await other.get(back.href), expired, 'a browser without our cookie')
    await toLogin(url, other)
    t.match(await other.get(back.href), expired, 'another browser')
    const altered = (change: (url: URL) => void) => {
      const copy = new URL(back)
      change(copy)
      return browser.get(copy.href)
    }
    t.match(await altered((copy) => copy.searchParams.set('state', 'x'.repeat(43))), expired, 'another state')
    t.match(await altered((copy) => copy.searchParams.delete('state')), expired, 'no state')
    t.match(
      await altered((copy) => {
        copy.pathname = '/login/callback/local'
      }),
      expired,
      'the callback of another backend'
    )
    t.match(
      await altered((copy) => {
        copy.pathname = '/login/callback/'
      }),
      expired
    )
    t.match(
      await altered((copy) => copy.searchParams.append('code', 'x')),
      { status: 400, text: /invalid_request/ },
      'two codes'
    )
    t.equal(await people(), 0)
    t.match((await browser.get(back.href)).url, '/consent', 'and none of it spent anything')
    t.equal(await people(), 1)
  }
)

t.test("a stolen code put into somebody else's sign-in gets nobody in", async (t) => {
  const {
    server: { url, app },
    provider
  } = await startBoth(t)
  provider.people['mallory'] = { email: 'mallory@example.com', email_verified: true }
  const [victim, attacker] = [new Browser(), new Browser()]
  const mine = await atProvider(victim, (await toLogin(url, victim)).login)
  const theirs = await atProvider(attacker, (await toLogin(url, attacker)).login, { name: 'mallory', go: 'on' })
  mine.searchParams.set('code', theirs.searchParams.get('code')!)
  const answer = await victim.get(mine.href)
  t.match(answer, { status: 401, url: /\/login\?/, text: /did not match/ })
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
})

t.test(
  'WB-16: turned back, away, wrong: each has its own words, and another try follows on the same page',
  async (t) => {
    const {
      server: { url, app },
      provider
    } = await startBoth(t)
    const browser = new Browser()
    const { login } = await toLogin(url, browser)
    const turnedBack = await browser.get((await atProvider(browser, login, { name: 'ann', go: 'back' })).href)
    t.match(turnedBack, { status: 403, url: /\/login\?/, text: /You did not go on at Example/ })

    let page = turnedBack
    const faults: Array<[number, string, RegExp]> = [
      [503, 'nothing', /Example cannot be reached right now/],
      [429, 'x', /accepts no more requests/],
      [200, 'x', /cannot rely on/],
      [401, '{"error":"invalid_client"}', /does not accept this server/]
    ]
    for (const [status, body, words] of faults) {
      const back = await atProvider(browser, page)
      provider.instead.set('/token', (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      })
      page = await browser.get(back.href)
      t.match(page, { status: 503, text: words }, String(status))
      t.ok(page.headers.get('retry-after'))
      t.notMatch(page.text, provider.clientSecret)
      provider.instead.clear()
    }
    t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
    t.match(
      (await browser.get((await atProvider(browser, page)).href)).url,
      '/consent',
      'the app gets its answer in the end'
    )
  }
)

t.test('a provider that is away when the server starts', async (t) => {
  const {
    server: { url },
    startProvider
  } = await startBoth(t, {}, { start: false })
  const browser = new Browser()
  const { login } = await toLogin(url, browser)
  t.equal(login.status, 200)
  const away = await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
  t.match(away, { status: 503, text: /Example cannot be reached right now/ })
  await startProvider()
  t.match((await browser.get((await atProvider(browser, away)).href)).url, '/consent', 'no restart is needed')
})

t.test('ALLOWED_EMAILS and SIGNUP=invite hold at the provider, too', async (t) => {
  const {
    server: { url, app },
    provider
  } = await startBoth(t, { ALLOWED_EMAILS: '@example.com', SIGNUP: 'invite' })
  provider.people['eve'] = { email: 'eve@evil.example', email_verified: true }
  provider.people['unproven'] = { email: 'cid@example.com', email_verified: false }
  const enter = async (name: string, path = '/login') => {
    const browser = new Browser()
    return browser.get((await atProvider(browser, await browser.get(url + path), { name, go: 'on' })).href)
  }
  // The title of the page is the same for every refusal: the reason is what tells.
  const notAllowed =
    /This account may not sign in here\. Ask the person who runs this server to add your e-mail address/
  t.match(await enter('eve'), { status: 403, text: notAllowed })
  t.match(
    await enter('unproven'),
    { status: 403, text: notAllowed },
    'an address that nobody vouches for opens nothing'
  )
  t.match(await enter('ann'), { status: 403, text: /New people need an invitation here/ })
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
  const invite = await app.signIn.invitations.invite()
  t.equal((await enter('eve', `/signup?invite=${invite}`)).status, 403)
  t.equal((await enter('ann', `/signup?invite=${invite}`)).status, 200, 'who was refused has not spent it')
  t.equal((await enter('ann')).status, 200, 'who is known needs none')
  provider.people['bob'] = { email: 'bob@example.com', email_verified: true }
  t.equal((await new Browser().get(`${url}/signup?invite=${invite}`)).status, 403, 'it is spent')
  t.equal((await enter('bob')).status, 403)
})

t.test('one person through two backends', async (t) => {
  const {
    server: { url, app },
    provider
  } = await startBoth(t, { AUTH_BACKEND: 'oidc,local' })
  const people = () => Array.fromAsync(app.signIn.lifecycle.all())
  const signUp = async (email: string) => {
    const browser = new Browser()
    await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
      email,
      password: PASSWORD
    })
    return browser
  }

  await t.test('an address that nobody has proven joins nobody', async (t) => {
    const browser = await signUp('ann@example.com')
    t.match((await browser.get(`${url}/account`)).text, 'ann@example.com')
    const other = new Browser()
    t.match(
      (await other.get((await atProvider(other, await other.get(`${url}/login`))).href)).url,
      new RegExp(`^${url}/$`),
      'the person of the provider is somebody else'
    )
    t.equal((await people()).length, 2)
  })

  await t.test('from the account page a second way is added, by showing both', async (t) => {
    provider.people['bob'] = { email: 'bob@elsewhere.example', email_verified: true }
    const browser = await signUp('bob@example.com')
    const before = (await people()).find(({ email }) => email === 'bob@example.com')!
    const login = await browser.submit(
      await browser.get(`${url}/account`),
      ({ action }) => action === '/account/sign-in'
    )
    t.notMatch(login.text, /type="password"/, 'only ways that are not there yet')
    const question = await browser.get((await atProvider(browser, login, { name: 'bob', go: 'on' })).href)
    t.match(
      question,
      { url: /\/account\/sign-in\/add/, text: /Example: bob@elsewhere\.example/ },
      'it is shown, and asked for'
    )
    t.match(await browser.submit(question, () => true), { status: 200, url: `${url}/account` })
    const next = new Browser()
    await next.get((await atProvider(next, await next.get(`${url}/login`), { name: 'bob', go: 'on' })).href)
    const after = await app.signIn.lifecycle.find(before.id)
    t.equal(after!.identities.length, 2, 'the id stays, and both lead to it')
    t.equal((await people()).length, 3)

    const thief = await signUp('thief@example.com')
    const taken = await thief.get(
      (
        await atProvider(
          thief,
          await thief.submit(await thief.get(`${url}/account`), ({ action }) => action === '/account/sign-in'),
          { name: 'bob', go: 'on' }
        )
      ).href
    )
    t.match(taken, { status: 409, text: /belongs to another account/ })
    const stranger = new Browser()
    t.match(await stranger.post(`${url}/account/sign-in`, { token: 'x' }), { status: 400 }, 'nobody signed in')
  })
})
