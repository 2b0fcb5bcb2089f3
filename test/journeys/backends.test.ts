// Several backends, one after the other and side by side, on one data directory: a second factor, one person through
// two of them, and what stays when the operator changes AUTH_BACKEND.
import t, { type Test } from 'tap'
import { buildApp } from '../../app.ts'
import { loadConfig } from '../../config/index.ts'
import { Browser, type Page } from '../helpers/browser.ts'
import { startDirectory } from '../helpers/directory.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../helpers/oauth.ts'
import { startProvider } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'

const PASSWORD = 'Copper kettle on a tram'
type SignIn = (browser: Browser, login: Page) => Promise<Page>

const withPassword =
  (backend: string, email = 'ann@example.com'): SignIn =>
    (browser, login) =>
      browser.submit(login, ({ fields }) => fields['backend'] === backend && 'password' in fields, {
        email,
        password: PASSWORD
      })
const throughProvider =
  (name = 'ann'): SignIn =>
    async (browser, login) => {
      await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
      const outside = new Browser()
      await outside.submit(await outside.get(browser.left!.href), () => true, { name, go: 'on' })
      return browser.get(outside.left!.href)
    }
const bySigningUp =
  (email: string): SignIn =>
    async (browser, login) => {
      const link = /href="([^"]*\/signup[^"]*backend=local[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&')
      return browser.submit(await browser.get(new URL(link, login.url).href), ({ action }) => action === '/signup', {
        email,
        password: PASSWORD
      })
    }
const decide = (browser: Browser, page: Page, decision: string) =>
  browser.submit(page, ({ buttons }) => buttons.some(({ value }) => value === decision), { decision })

async function connect (url: string, signIn: SignIn, browser = new Browser()) {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  const consent = await signIn(
    browser,
    await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, prompt: 'login' }))
  )
  await decide(browser, consent, 'allow')
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: 'https://app.example/callback',
    code_verifier: verifier
  })
  return { browser, client, access: body['access_token'] as string, refresh: body['refresh_token'] as string }
}

async function everything (t: Test) {
  const [port, providerPort] = [await freePort(), await freePort()]
  const directory = await startDirectory(t)
  const provider = await startProvider({
    port: providerPort,
    callbackUrls: [`http://localhost:${port}/login/callback/oidc`]
  })
  t.teardown(() => provider.stop())
  const env = {
    ...directory.env,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_TITLE: 'Example'
  }
  const server = await startServer(t, { port, env: { ...env, AUTH_BACKEND: `oidc,local,${directory.path}` } })
  return { directory, provider, env, ...server, people: () => Array.fromAsync(server.app.signIn.lifecycle.all()) }
}

t.test(
  'a second factor: the password is not enough, the code is asked for once a page, and a few times at most',
  async (t) => {
    const { url, directory, people } = await everything(t)
    directory.people.set('cid@example.com', { id: 'employee-13', password: PASSWORD, code: '246810' })
    const browser = new Browser()
    const toCode = async () =>
      withPassword(directory.path, 'cid@example.com')(browser, await browser.get(`${url}/login`))
    let page = await toCode()
    t.match(page, { status: 200, url: /\/login\/code\?/, text: /code that your phone shows/ })
    t.notMatch(page.text, /ticket of/, 'what the backend keeps for itself is not in the browser')
    t.same(await people(), [])
    t.match((await browser.get(`${url}/account`)).url, '/login', 'nobody is signed in yet')
    t.equal((await new Browser().get(page.url)).status, 400, 'another browser')

    const guesses = await Promise.all(
      Array.from({ length: 8 }, (_, number) => browser.submit(page, () => true, { code: `00000${number}` }))
    )
    t.equal(guesses.filter(({ status }) => status === 401).length, 1, 'of many guesses at once one is looked at')
    page = guesses.find(({ status }) => status === 401)!
    directory.fault = 500
    page = await browser.submit(page, () => true, { code: '246810' })
    t.match(page, { status: 503, url: /\/login\/code\?/, text: /cannot rely on/ }, 'a fault is no wrong code')
    directory.fault = undefined
    for (let tries = 1; tries < 4; tries++) page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page, { status: 401, url: /\/login\/code\?/, text: /code is wrong/ })
    page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page, { status: 401, url: /\/login\?/, text: /Too many wrong codes/ })
    t.same(await people(), [])
    t.match((await browser.submit(await toCode(), () => true, { code: '246-810' })).url, new RegExp(`^${url}/$`))
    t.match(await people(), [{ name: undefined, email: 'cid@example.com' }])
  }
)

t.test('one person with one proven address: asked, shown twice, joined', async (t) => {
  const { url, directory, provider, people } = await everything(t)
  const first = new Browser()
  await throughProvider()(first, await first.get(`${url}/login`))
  const [ann] = await people()

  await t.test('who says that it is not theirs stays apart', async (t) => {
    const browser = new Browser()
    const choice = await withPassword(directory.path)(browser, await browser.get(`${url}/login`))
    t.match(choice, { status: 200, url: /\/login\/account\?/, text: /ann@example\.com[\s\S]*Example/ })
    t.match((await browser.get(`${url}/account`)).url, '/login', 'nobody is signed in by being asked')
    t.equal((await new Browser().get(choice.url)).status, 400)
    t.match((await decide(browser, choice, 'separate')).url, new RegExp(`^${url}/$`))
    t.equal((await people()).length, 2)
  })

  directory.people.set('ann@example.com', { id: 'employee-4712', password: PASSWORD })
  await t.test('who says so and cannot show it is not joined', async (t) => {
    provider.people['eve'] = { email: 'eve@evil.example', email_verified: true }
    const browser = new Browser()
    const login = await decide(
      browser,
      await withPassword(directory.path)(browser, await browser.get(`${url}/login`)),
      'join'
    )
    t.match(login.text, /to prove that the account is yours/)
    t.same(
      login.forms.map(({ fields }) => fields['backend']),
      ['oidc'],
      'only the way that leads there'
    )
    await throughProvider('eve')(browser, login)
    t.same((await people()).find(({ id }) => id === ann!.id)!.identities.length, 1)
  })

  await t.test('who shows it is one person from then on, with the id they had', async (t) => {
    const { browser } = await connect(url, async (browser, page) => {
      const login = await decide(browser, await withPassword(directory.path)(browser, page), 'join')
      return throughProvider()(browser, login)
    })
    t.match((await browser.get(`${url}/account`)).text, /Company account[\s\S]*Example|Example[\s\S]*Company account/)
    const joined = (await people()).find(({ id }) => id === ann!.id)!
    t.same(
      joined.identities.map(({ subject }) => subject),
      [`${provider.issuer} ann`, 'employee-4712']
    )
    const before = (await people()).length
    const next = new Browser()
    t.match(
      (await withPassword(directory.path)(next, await next.get(`${url}/login`))).url,
      new RegExp(`^${url}/$`),
      'they are not asked again'
    )
    t.equal((await people()).length, before)
  })
})

t.test(
  'switching AUTH_BACKEND on one data directory: people of a backend that is out are signed out, and nothing is lost',
  async (t) => {
    const { url, dataDir, env, people, close } = await everything(t)
    const at = {
      local: await connect(url, bySigningUp('ann@example.com')),
      oidc: await connect(url, throughProvider())
    }
    const before = await people()
    t.equal(before.length, 2)
    const port = new URL(url).port
    await close()

    const restartWith = async (backends: string) => {
      const config = await loadConfig({
        PORT: port,
        DATA_DIR: dataDir,
        DOCS_DIR: `${dataDir}/../docs`,
        LOG_LEVEL: 'silent',
        RATE_LIMITS: 'off',
        ...env,
        AUTH_BACKEND: backends
      })
      const next = await buildApp(config)
      await next.listen({ port: Number(port), host: '127.0.0.1' })
      return next
    }
    const without = await restartWith('local')
    t.equal(await ping(url, at.local.access), 200)
    t.equal(await ping(url, at.oidc.access), 401, 'tokens of the other backend are refused')
    t.match(
      await post(`${url}/token`, { ...at.oidc.client, grant_type: 'refresh_token', refresh_token: at.oidc.refresh }),
      { status: 400, body: { error: 'invalid_grant' } }
    )
    t.match((await at.oidc.browser.get(`${url}/account`)).url, '/login')
    t.match((await at.local.browser.get(`${url}/account`)).url, '/account')
    const page = await new Browser().get(`${url}/login`)
    t.notMatch(page.text, /Example/)
    t.equal((await new Browser().get(`${url}/login/callback/oidc?state=x&code=y`)).status, 400)
    t.equal((await Array.fromAsync(without.signIn.lifecycle.all())).length, 2, 'nobody was deleted')
    await without.close()

    const again = await restartWith('oidc,local')
    t.teardown(() => again.close())
    t.equal(await ping(url, at.oidc.access), 200, 'named again, everything goes on')
    t.equal(
      (await post(`${url}/token`, { ...at.oidc.client, grant_type: 'refresh_token', refresh_token: at.oidc.refresh }))
        .status,
      200
    )
    t.match((await at.oidc.browser.get(`${url}/account`)).url, '/account')
    const later = await connect(url, throughProvider())
    t.equal(await ping(url, later.access), 200)
    t.same(
      (await Array.fromAsync(again.signIn.lifecycle.all())).map(({ id }) => id).sort(),
      before.map(({ id }) => id).sort(),
      'the same people, under the same ids'
    )
  }
)

t.test('an address that is taken off ALLOWED_EMAILS is out at the next refresh', async (t) => {
  const { url, dataDir, env, close } = await everything(t)
  const { client, refresh } = await connect(url, throughProvider())
  const port = new URL(url).port
  await close()
  const config = await loadConfig({
    PORT: port,
    DATA_DIR: dataDir,
    DOCS_DIR: `${dataDir}/../docs`,
    LOG_LEVEL: 'silent',
    RATE_LIMITS: 'off',
    ...env,
    AUTH_BACKEND: 'oidc',
    ALLOWED_EMAILS: 'bob@example.com'
  })
  const next = await buildApp(config)
  t.teardown(() => next.close())
  await next.listen({ port: Number(port), host: '127.0.0.1' })
  t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh }), {
    status: 400,
    body: { error: 'invalid_grant' }
  })
})
