// How many passwords of one site are worked on at once, wherever one is asked for (threats OW-09, WS-08).
import t from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { Browser, type Form } from '../../helpers/browser.ts'
import { startDirectory } from '../../helpers/directory.ts'
import { tries } from '../../helpers/limits.ts'
import { startServer } from '../../helpers/server.ts'

t.test('a site has sixteen passwords under way at once, and another its own (OW-09)', async (t) => {
  const { app } = await startServer(t, { env: { RATE_LIMITS: 'on' } })
  const from = (ip: string) => ({ ip }) as never
  const { promise, resolve } = Promise.withResolvers<void>()
  const work = (ip: string) =>
    app.limits.passwordWork(from(ip), () => promise)
  const running = Array.from({ length: 16 }, () => work('192.0.2.1'))
  await t.rejects(work('192.0.2.1'), { code: 'too_many_requests' })
  running.push(work('192.0.2.2'))
  resolve()
  await Promise.all(running)
  await work('192.0.2.1')
})

t.test('whoever has a password hashed takes one of the places that their site has for it (OW-09, WS-08)', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const { url, app } = server
  const { passwordWork } = app.limits
  let calls = 0
  app.limits.passwordWork = (request, work) => {
    calls++
    return passwordWork(request, work)
  }
  await tries(server, 1, () => '192.0.2.70')
  t.equal(calls, 1, 'signing in')

  const browser = new Browser()
  const own = async (path: string, fields: Record<string, string>) =>
    browser.submit(await browser.get(url + path), ({ action }) => action === path, fields)
  const [email, password, next] = ['places@example.com', 'eleven quiet otters 42', 'twelve quiet otters 42']
  await own('/signup', { email, password })
  t.equal(calls, 2, 'signing up')
  await own('/account/email', { email: 'other@example.com', password: 'wrong wrong' })
  t.equal(calls, 3, 'showing the present one')
  await own('/account/password', { present: password, next })
  t.equal(calls, 5, 'and choosing another')

  const accounts = app.signIn.backends.get('local')!.accounts!
  const account = (await accounts.find(parseEmail(email)))!
  const link = await app.accountLinks.issue({ purpose: 'reset', backend: 'local', account, by: 'operator' })
  await new Browser().post(`${url}/password/reset`, { link, password })
  t.equal(calls, 6, 'also by a link')
  t.ok(await accounts.checkPassword(account.subject, password))
})

t.test('a password that another service checks, and one click, take none of these places (OW-09)', async (t) => {
  const directory = await startDirectory(t)
  directory.people.set('ann@example.com', { id: 'a', password: 'Copper kettle on a tram' })
  const server = await startServer(t, { env: { ...directory.env, AUTH_BACKEND: `${directory.env['AUTH_BACKEND']},demo,local` } })
  server.app.limits.passwordWork = () => Promise.reject(new Error('nothing is hashed here'))
  const login = async (isForm: (form: Form) => boolean, fields: Record<string, string> = {}) => {
    const browser = new Browser()
    await browser.submit(await browser.get(`${server.url}/login`), isForm, fields)
    return (await browser.get(`${server.url}/account`)).url
  }
  const there = ({ fields }: Form) => fields['backend'] === directory.env['AUTH_BACKEND'] && 'password' in fields
  t.match(await login(there, { email: 'ann@example.com', password: 'Copper kettle on a tram' }), '/account')
  t.match(await login(({ fields }) => fields['backend'] === 'demo'), '/account')
})
