// One person through two backends: asked, shown twice, joined, and what happens when an address is no longer allowed.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { decide, post } from '../helpers/oauth.ts'
import { PASSWORD, withPassword, throughProvider, connect, everything, restartWith } from './backends/connecting.ts'

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
t.test('an address that is taken off ALLOWED_EMAILS is out at the next refresh', async (t) => {
  const server = await everything(t)
  const { url } = server
  const { client, refresh } = await connect(url, throughProvider())
  await server.close()
  const next = await restartWith(server, { AUTH_BACKEND: 'oidc', ALLOWED_EMAILS: 'bob@example.com' })
  t.teardown(() => next.close())
  t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh }), {
    status: 400,
    body: { error: 'invalid_grant' }
  })
})
