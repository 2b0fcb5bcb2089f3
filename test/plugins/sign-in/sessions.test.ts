// The session of a browser: consent counts only from the one that was signed in for it (threats LG-10, LG-20).
// A sign-in under way and the session after it: what a handle is good for, for how long, once and in which browser and
// session; and what a session cookie is (threats ST-01, ST-04, LG-06, LG-10, LG-20).
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { paths } from '../../../paths.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { MAX_SESSIONS_PER_PERSON } from '../../../plugins/sign-in/sessions.ts'
import { Browser } from '../../helpers/browser.ts'
import { census } from '../../helpers/census.ts'
import { authorizeUrl, newClient, pkce } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { folder } from '../../helpers/tool-context.ts'
import { afterNextChange, beforeNextChange } from '../../helpers/users.ts'
import { service } from '../../helpers/vouching-service.ts'
import { cookiesOf, handleIn, send, stranger } from '../../helpers/visitors.ts'

const PASSWORD = 'eleven quiet otters 42'

const demo = ({ fields }: { fields: Record<string, string> }) => fields['backend'] === 'demo'

const allow = ({ buttons }: { buttons: Array<{ value: string | undefined }> }) =>
  buttons.some(({ value }) => value === 'allow')

storageTest(
  'consent counts only from the session it was signed in for, and not from one that a stranger has planted (LG-20)',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const browser = new Browser()
    const consent = await browser.submit(
      await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge })),
      demo
    )
    const before = new Map(browser.cookies)
    // Somebody else signs in in the same browser.
    await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
      email: 'bob@example.com',
      password: PASSWORD
    })
    const wrong = await browser.submit(consent, allow, { decision: 'allow' })
    t.match({ left: browser.left, status: wrong.status }, { left: undefined, status: 400 })
    t.match(wrong.text, 'sign_in_expired')
    t.match(
      await browser.submit(consent, ({ action }) => action === '/login/switch'),
      { status: 400 },
      "nor is it another account's to leave"
    )
    const stolen = new Browser()
    for (const [name, value] of before) stolen.cookies.set(name, value)
    t.match(
      (await stolen.get(`${url}/account`)).url,
      '/login',
      'a new sign-in ends the session before it, wherever its cookie is (LG-10)'
    )
    t.equal((await stolen.submit(consent, allow, { decision: 'allow' })).status, 400)
    t.equal(stolen.left, undefined)
  }
)

t.test('a person is signed in in a hundred browsers at most: with one more the oldest session ends (OW-11)', async (t) => {
  const server = await startServer(t)
  const { cookie: browser } = await stranger(server)
  const signIn = async () => {
    const asked = await send(server, { method: 'GET', url: paths.login }, { cookie: browser })
    const form = { interaction: handleIn(asked), backend: 'demo' }
    return cookiesOf(await send(server, { method: 'POST', url: paths.login }, { cookie: browser, form }))
  }
  const isSignedIn = async (cookie: string) =>
    (await send(server, { method: 'GET', url: paths.account }, { cookie })).statusCode === 200
  const sessions: string[] = []
  for (let count = 0; count < MAX_SESSIONS_PER_PERSON; count++) sessions.push(await signIn())
  t.ok(await isSignedIn(sessions[0]!))
  sessions.push(await signIn())
  t.notOk(await isSignedIn(sessions[0]!))
  t.ok(await isSignedIn(sessions[1]!))
  t.ok(await isSignedIn(sessions.at(-1)!))
  t.equal((await census(server))['browserSession'], MAX_SESSIONS_PER_PERSON)
})

/** A service of names that has sessions of its own. */
async function withSessions (t: Test, start: Start) {
  const path = join(await folder(t), 'service.ts')
  await writeFile(path, `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: 'Service', sessions: { end: async () => {} },
  password: { label: 'Name', verify: async ({ identifier, password }) =>
    ({ subject: identifier, session: password, email: identifier + '@example.com', emailVerified: true }) } }) }`)
  const server = await start({ env: { AUTH_BACKEND: path } })
  const { url, app } = server
  const ended: string[] = []
  app.signIn.backends.get(path)!.sessions!.end = async (session) => {
    ended.push(session)
  }
  const signIn = async (email: string, password: string, from = '/login') => {
    const browser = new Browser()
    return browser.submit(await browser.get(url + from), ({ fields }) => 'password' in fields, { email, password })
  }
  const find = async (subject: string) => (await app.signIn.lifecycle.findByIdentity({ backend: path, subject }))!
  return { server, app, ended, signIn, find }
}

storageTest('of somebody who is deleted no browser keeps a session, here or at the service they came by (WB-11)', async (t, start) => {
  const { server, app, ended, signIn, find } = await withSessions(t, start)
  for (const [name, password] of [['ann', 'one'], ['ann', 'two'], ['bob', 'three']] as const) {
    await signIn(name, password)
  }
  await app.signIn.lifecycle.delete((await find('ann')).id)
  t.same(ended.sort(), ['one', 'two'])
  t.match(await census(server), { browserSession: 1, browserSessionList: 1, backendSession: 1 })
})

storageTest('nor of somebody who is deleted while they sign in, nor their address (AC-35)', async (t, start) => {
  const { server, app, ended, signIn, find } = await withSessions(t, start)
  await signIn('bob', 'one')
  await signIn('ann', 'two')
  const { id } = await find('ann')
  afterNextChange(app, () => app.signIn.lifecycle.delete(id))
  t.match(await signIn('ann', 'three'), { status: 400, text: /sign_in_expired/ })
  t.same([...new Set(ended)].sort(), ['three', 'two'])
  t.match(
    await census(server),
    { browserSession: 1, browserSessionList: 1, backendSession: 1, verifiedAddress: 1 }
  )

  const invite = await app.signIn.invitations.invite()
  afterNextChange(app, async () => app.signIn.lifecycle.delete((await find('carl')).id))
  t.match(await signIn('carl', 'four', `/signup?invite=${invite}`), { status: 400, text: /sign_in_expired/ })
  const { invitation, invitationList, ...left } = await census(server)
  t.same([invitation, invitationList], [undefined, undefined], 'nor the invitation that was theirs')
  t.match(left, { browserSession: 1, verifiedAddress: 1, identity: 1, user: 1 })
})

storageTest('who is locked while they sign out others is not in when they are unlocked (WB-11)', async (t, start) => {
  const { url, app } = await start({ env: { AUTH_BACKEND: 'local' } })
  const { lifecycle } = app.signIn
  const browser = new Browser()
  const isSignUp = ({ action }: { action: string }) => action === '/signup'
  const account = { email: 'ann@example.com', password: PASSWORD }
  await browser.submit(await browser.get(`${url}/signup`), isSignUp, account)
  const [ann] = await Array.fromAsync(lifecycle.all())
  const page = await browser.get(`${url}/account/password`)
  beforeNextChange(app, () => lifecycle.lock(ann!.id))
  const form = ({ fields }: { fields: Record<string, string> }) => 'next' in fields
  await browser.submit(page, form, { present: PASSWORD, next: `${PASSWORD} more` })
  await lifecycle.unlock(ann!.id)
  t.match((await browser.get(`${url}/account`)).url, '/login')
})

storageTest('a session that began while the clock had leapt does not last as long as it leapt (SG-12)', async (t, start) => {
  const leap = 365 * 86_400
  let now = 1_800_000_000 + leap
  const { url } = await start({ now: () => now, steady: () => 0 })
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), demo)
  t.match((await browser.get(`${url}/account`)).url, '/account')
  now -= leap
  t.match((await browser.get(`${url}/account`)).url, '/login')
})

t.test('a session ends with the account of its person', async (t) => {
  let now = 1_800_000_000
  const { url, app } = await startServer(t, { now: () => now })
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), demo)
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  const record = { ...user!, endsAt: now + 10 }
  await app.userStore.records.put(user!.id, record, null)
  const isIn = async () =>
    (await browser.get(`${url}/account`)).url.endsWith('/account')
  now += 9
  t.equal(await isIn(), true)
  now += 1
  t.equal(await isIn(), false)
})

t.test('a session is that of a person who may be here: not locked, gone, kept out or signed out since (LG-12)', async (t) => {
  const path = await service(t)
  const env = { AUTH_BACKEND: `${path},demo`, ALLOWED_EMAILS: '@example.com' }
  const { url, app } = await startServer(t, { env })
  const browser = new Browser()
  await browser.submit(
    await browser.get(`${url}/login`),
    ({ fields }) => fields['backend'] === path,
    { email: 'ann@example.com', password: 'x' }
  )
  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  const isIn = async () => (await browser.get(`${url}/account`)).url.endsWith('/account')
  const states: Array<[what: string, state: object, isIn: boolean]> = [
    ['as they came', {}, true],
    ['locked', { locked: true }, false],
    ['at their end', { endsAt: app.now() }, false],
    ['another address', { email: 'ann@other.example' }, false],
    ['an address that nobody has proven', { emailVerified: false }, false],
    ['no address', { email: undefined }, false],
    ['signed out elsewhere', { sessionEpoch: 1 }, false],
    ['as before', {}, true]
  ]
  for (const [what, state, wanted] of states) {
    await app.userStore.records.put(ann!.id, { ...ann!, ...state } as User, null)
    t.equal(await isIn(), wanted, what)
  }
  await app.userStore.records.delete(ann!.id)
  t.equal(await isIn(), false, 'gone')
})
