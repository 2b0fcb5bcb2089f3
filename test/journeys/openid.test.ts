// People of an OpenID provider, from the app's request to its tokens, and everything that can go wrong in between. The
// provider is real.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { decide, ping, redeemCode } from '../helpers/oauth.ts'
import { startBoth, toLogin, atProvider } from './openid/provider.ts'

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
  t.match(consent.text, 'ann@example.com')
  await decide(browser, consent)
  t.equal(browser.left!.searchParams.get('state'), 'of the app')
  const { access } = await redeemCode(url, client, browser, verifier)
  t.equal(await ping(url, access), 200)

  t.match(await browser.get(back.href), { status: 400, text: /sign_in_expired/ }, 'an answer works once')
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.match(user, { email: 'ann@example.com', emailVerified: true, backend: 'oidc' })

  const account = await browser.get(`${url}/account`)
  await browser.submit(account, ({ action }) => action === '/logout')
  t.match(browser.left?.pathname, '/session/end', 'signing out here signs out there')
  t.equal(browser.left!.searchParams.get('post_logout_redirect_uri'), url)
  t.match((await browser.get(`${url}/account`)).url, '/login')
  t.equal(await ping(url, access), 200, 'apps stay connected')
})

t.test(
  'an answer counts in the browser that asked, for the state it asked with, at its own callback (RFC 9700 §4.7, LG-07)',
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
  t.match(answer, { status: 401, url: /\/login\?/, text: /Incorrect / })
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
})

t.test(
  'turned back, away, wrong: each has its own words, and another try follows on the same page (WB-16)',
  async (t) => {
    const {
      server: { url, app },
      provider
    } = await startBoth(t)
    const browser = new Browser()
    const { login } = await toLogin(url, browser)
    const turnedBack = await browser.get((await atProvider(browser, login, { name: 'ann', go: 'back' })).href)
    t.match(turnedBack, { status: 403, url: /\/login\?/, text: /You did not continue at Example/ })

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
