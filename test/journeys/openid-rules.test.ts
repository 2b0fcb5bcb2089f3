// Sign-in through an OpenID provider under the rules of this server: the provider is unavailable, the person is not
// allowed, or has an account through another backend.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { startBoth, toLogin, atProvider } from './openid/provider.ts'

const PASSWORD = 'eleven quiet otters 42'

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
    /This account may not sign in here\. Ask the person who runs this server to add your email address/
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
