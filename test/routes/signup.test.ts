// The form that makes an account.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parseEmail } from '../../auth-backends/contract.ts'
import { paths } from '../../paths.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { folder } from '../helpers/tool-context.ts'
import { send, stranger } from '../helpers/visitors.ts'
import { startWithMail } from '../helpers/with-mail.ts'
import { service } from '../helpers/vouching-service.ts'

t.test(
  'a sign-up page that is opened for one backend is of that backend, with an invitation and without',
  async (t) => {
    const path = await service(t)
    for (const signup of ['open', 'invite']) {
      const { url, app } = await startServer(t, { env: { AUTH_BACKEND: `${path},local`, SIGNUP: signup } })
      const invite = await app.signIn.invitations.invite()
      for (const [query, backend] of [
        ['backend=local&', 'local'],
        [`backend=${encodeURIComponent(path)}&`, path],
        ['', path]
      ] as const) {
        const page = await new Browser().get(`${url}/signup?${query}invite=${invite}`)
        t.match(
          page.forms.map(({ fields }) => fields),
          [{ backend, invite }],
          `${signup} ${query}`
        )
      }
      t.equal(
        (await new Browser().get(`${url}/signup?backend=nobody&invite=${invite}`)).url.includes('/signup?interaction'),
        false
      )
    }
  }
)

t.test('a form of another browser, of no backend or with what is refused makes no account', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local' } })
  const [ann, bob] = [await stranger(server), await stranger(server)]
  const account = { email: 'ann@example.com', password: 'eleven quiet otters 42', backend: 'local' }
  const post = (form: Record<string, string>, cookie = ann.cookie) =>
    send(server, { method: 'POST', url: paths.signup }, { cookie, form: { interaction: ann.interaction, ...account, ...form } })
  for (const [name, answer, code] of [
    ['no cookie', await post({}, ''), /sign_in_expired/],
    ["another browser's", await post({ interaction: bob.interaction }), /sign_in_expired/],
    ['no such backend', await post({ backend: '__proto__' }), /sign_in_expired/],
    ['no handle', await post({ interaction: '' }), /interaction is missing/],
    ['an address that is none', await post({ email: 'ann' }), /name="email"/],
    ['a weak password', await post({ password: 'password1' }), /name="password"/]
  ] as const) {
    t.match(answer, { statusCode: 400, body: code, headers: { 'cache-control': 'no-store' } }, name)
    t.notMatch(answer.body, account.password, `${name}: no password is shown`)
  }
  t.same(await Array.fromAsync(server.app.storage.collection('account').all()), [])
  t.same(await Array.fromAsync(server.app.signIn.lifecycle.all()), [])
  t.match(await post({}), { statusCode: 303, headers: { location: '/' } }, 'the sign-in is as it was')
})

t.test('where sign-up is closed, or no backend makes accounts, there is no form', async (t) => {
  const closed = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'closed' } })
  for (const query of [{}, { invite: 'made-up' }, { backend: 'local' }] as Array<Record<string, string>>) {
    const answer = await send(closed, { method: 'GET', url: paths.signup }, { query })
    t.match(answer, { statusCode: 403, body: /access_denied/ }, JSON.stringify(query))
    t.match(answer.body, 'invite' in query ? 'This invitation has been used or has expired' : 'You need an invitation')
  }
  const german = await closed.app.inject({ url: `${paths.signup}?invite=made-up`, headers: { 'accept-language': 'de' } })
  t.match(german.body, /Diese Einladung wurde schon verwendet.*Wenn Sie Ihr Konto damit erstellt haben.*>Anmelden</s)
  const { cookie, interaction } = await stranger(closed)
  const form = { interaction, backend: 'local', email: 'ann@example.com', password: 'eleven quiet otters 42' }
  t.match(await send(closed, { method: 'POST', url: paths.signup }, { cookie, form }), { statusCode: 403 })
  t.same(await Array.fromAsync(closed.app.storage.collection('account').all()), [])
})

t.test('an invitation is also for people with an account at a service: its page leads to all ways in, and keeps the invitation', async (t) => {
  const github = { GITHUB_CLIENT_ID: 'an id', GITHUB_CLIENT_SECRET: 'a secret', GITHUB_ORGS: 'example-inc' }
  for (const [env, leads] of [[{ AUTH_BACKEND: 'local,github', ...github }, true], [{ AUTH_BACKEND: 'local' }, false]] as const) {
    const { url, app } = await startServer(t, { env: { ...env, SIGNUP: 'closed' } })
    const invite = await app.signIn.invitations.invite({ email: 'ann@example.com' as never })
    const browser = new Browser()
    const page = await browser.get(`${url}/signup?invite=${invite}`)
    t.equal(page.text.includes('>use an account you already have</a>'), leads)
    t.match(page.text, /type="password"[^>]* autofocus/, 'the address is fixed')
    const login = await browser.get(new URL(/<a href="(\/login[^"]*)"/.exec(page.text)![1]!, url).href)
    t.match(login.text, /You are invited to <strong>/)
    t.equal(login.text.includes('Continue with GitHub'), leads)
  }
})

t.test('a used invitation is refused in the language of the reader', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'closed' } })
  const headers = { 'accept-language': 'de' }
  const { statusCode, body } = await send(server, { method: 'GET', url: paths.signup }, { query: { invite: 'made-up' }, headers })
  t.equal(statusCode, 403)
  t.match(body, 'Diese Einladung wurde schon verwendet oder ist abgelaufen')
  t.match(body, />Anmelden<\/a>/)
})

t.test('an account waits until its mailbox is confirmed, but not where the invitation came to that mailbox', async (t) => {
  const smtp = await startSmtp()
  t.teardown(() => smtp.stop())
  const { app, url, linkTo } = await startWithMail(smtp, (options) => startServer(t, options))
  const signUp = async (email: string, invite = '') => {
    const browser = new Browser()
    const page = await browser.get(`${url}/signup?invite=${invite}`)
    const password = 'eleven quiet otters 42'
    await browser.submit(page, ({ action }) => action === '/signup', { email, password })
    return (await browser.get(`${url}/account`)).url.endsWith('/account')
  }
  t.equal(await signUp('ann@example.com'), false)
  t.match(await linkTo('ann@example.com'), '/email/confirm')
  const email = parseEmail('bob@example.com')
  const mailed = await app.signIn.invitations.invite({ email, isMailed: true })
  t.equal(await signUp(email, mailed), true)
  t.match(await Array.fromAsync(app.signIn.lifecycle.all()), [{ email, emailVerified: true }])
})

t.test('where no backend makes accounts, sign-up leads to the sign-in, and nothing is begun', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'demo', SIGNUP: 'open' } })
  const answer = await send(server, { method: 'GET', url: paths.signup })
  t.match(answer, { statusCode: 403, body: /access_denied/ })
  t.match(answer.body, /This server does not create accounts[^]*href="\/account">Sign in</)
  t.equal(answer.headers['set-cookie'], undefined)
})

t.test('whom a service makes and then does not describe, or under an address that may not come in, is nobody here', async (t) => {
  const at = await folder(t)
  for (const [name, identity, shown] of [
    ['unreadable', "{ subject: '' }", { status: 503, url: /\/login\?interaction=/, text: /role="alert"/ }],
    ['stranger', "{ subject: 'a', email: 'eve@evil.example', emailVerified: true }", { status: 403, text: /access_denied/ }]
  ] as const) {
    const path = join(at, `${name}.ts`)
    await writeFile(path, `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({
  title: 'Other',
  password: { label: 'Name', verify: async () => null },
  signUp: { create: async () => ({ kind: 'created', identity: ${identity} }) }
}) }`)
    const env = { AUTH_BACKEND: path, SIGNUP: 'open', ALLOWED_EMAILS: '@example.com' }
    const { url, app } = await startServer(t, { env })
    const browser = new Browser()
    const form = await browser.get(`${url}/signup`)
    const isForm = ({ action }: { action: string }) => action === '/signup'
    const account = { email: 'ann@example.com', password: 'eleven quiet otters 42' }
    t.match(await browser.submit(form, isForm, account), shown, name)
    t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
    t.match((await browser.get(`${url}/account`)).url, '/login', 'nobody is signed in')
  }
})
