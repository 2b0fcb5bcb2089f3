// Several backends, one after the other and side by side, on one data directory: a second factor, and what stays when the
// operator changes AUTH_BACKEND.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { ping, post } from '../helpers/oauth.ts'
import {
  PASSWORD,
  type SignIn,
  withPassword,
  throughProvider,
  connect,
  everything,
  restartWith
} from './backends/connecting.ts'

const bySigningUp =
  (email: string): SignIn =>
    async (browser, login) => {
      const link = /href="([^"]*\/signup[^"]*backend=local[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&')
      return browser.submit(await browser.get(new URL(link, login.url).href), ({ action }) => action === '/signup', {
        email,
        password: PASSWORD
      })
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
    t.notMatch(
      page.text, /ticket of/,
      'what the backend keeps for itself is not in the browser'
    )
    t.same(await people(), [])
    t.match((await browser.get(`${url}/account`)).url, '/login', 'nobody is signed in yet')
    t.equal((await new Browser().get(page.url)).status, 400, 'another browser')

    const guesses = await Promise.all(
      Array.from({ length: 8 }, (_, number) => browser.submit(page, () => true, { code: `00000${number}` }))
    )
    t.equal(
      guesses.filter(({ status }) => status === 401).length, 1,
      'of many guesses at once one is looked at'
    )
    page = guesses.find(({ status }) => status === 401)!
    directory.fault = 500
    page = await browser.submit(page, () => true, { code: '246810' })
    t.match(
      page, { status: 503, url: /\/login\/code\?/, text: /cannot rely on/ },
      'a fault is no wrong code'
    )
    directory.fault = undefined
    for (let tries = 1; tries < 4; tries++) page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page, { status: 401, url: /\/login\/code\?/, text: /Wrong or expired code/ })
    page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page, { status: 401, url: /\/login\?/, text: /Too many wrong codes/ })
    t.same(await people(), [])
    t.match((await browser.submit(await toCode(), () => true, { code: '246-810' })).url, new RegExp(`^${url}/$`))
    t.match(await people(), [{ name: undefined, email: 'cid@example.com' }])
  }
)
t.test(
  'switching AUTH_BACKEND on one data directory: people of a backend that is out are signed out, and nothing is lost',
  async (t) => {
    const server = await everything(t)
    const { url, people } = server
    const at = {
      local: await connect(url, bySigningUp('ann@example.com')),
      oidc: await connect(url, throughProvider())
    }
    const before = await people()
    t.equal(before.length, 2)
    await server.close()

    const without = await restartWith(server, { AUTH_BACKEND: 'local' })
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
    t.equal(
      (await Array.fromAsync(without.signIn.lifecycle.all())).length, 2,
      'nobody was deleted'
    )
    await without.close()

    const again = await restartWith(server, { AUTH_BACKEND: 'oidc,local' })
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
