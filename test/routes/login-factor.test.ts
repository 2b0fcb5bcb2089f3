// The second factor at the sign-in: nothing opens before it, whoever tries and however (threats FS-01..05).
import { factorIntent } from '../../plugins/sign-in/intent.ts'
import { Authenticator } from '../helpers/authenticator.ts'
import { Browser } from '../helpers/browser.ts'
import {
  asRequest,
  byPasskey,
  inCode,
  PASSWORD,
  pathOf,
  signUp,
  START,
  withApp,
  withPasskey,
  withPassword
} from '../helpers/factor-sign-in.ts'
import { appOf, codeAt } from '../helpers/second-factors.ts'
import { authorizeUrl, newClient, pkce } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const env = { AUTH_BACKEND: 'local,demo', SIGNUP: 'open' }
const secretOf = ({ text }: { text: string }) => /<bdi>([A-Z2-7 ]+)<\/bdi>/.exec(text)![1]!.replaceAll(' ', '')

storageTest('a password alone opens nothing, and a right code opens the session once (FS-01, FS-02)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env, now: () => clock.now })
  const { url, app } = server
  const ann = await signUp(server, 'ann@example.com')
  const code = await withApp(server, ann, clock)
  const browser = new Browser()
  const login = await browser.get(`${url}/login`)
  const page = await withPassword(browser, server, 'ann@example.com', login)
  t.match(page, { status: 200, url: /\/login\/factor\?/ })
  t.equal(pathOf(await browser.get(`${url}/account`)), '/login', 'nobody is signed in')

  t.equal(
    (await withPassword(browser, server, 'ann@example.com', login)).status, 400,
    'the handle before is spent'
  )
  const other = new Browser()
  await other.get(`${url}/login`)
  t.equal((await other.get(page.url)).status, 400, 'another browser')
  t.equal((await other.submit(page, inCode, { code: code() })).status, 400, 'nor can it answer')
  const consent = new URL(page.url).search
  t.equal(
    (await browser.get(`${url}/consent${consent}`)).status, 400,
    'the pages after it are closed'
  )

  const right = code()
  const answers = await Promise.all([1, 2, 3].map(() => browser.submit(page, inCode, { code: right })))
  t.equal(
    answers.filter(({ status }) => status === 200).length, 1,
    'of many at once one counts'
  )
  t.equal(
    (await browser.submit(page, inCode, { code: code() })).status, 400,
    'and its handle is over'
  )
  const [entered] = await app.audit.ofUser(ann.id, 1)
  t.match(entered, { event: 'sign_in', backend: 'local' })
})

storageTest('after five wrong tries the sign-in is over, and each is recorded (FS-03)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env, now: () => clock.now })
  const { url, app } = server
  const ann = await signUp(server, 'ann@example.com')
  await withApp(server, ann, clock)
  const answer = await withPasskey(server, ann)
  const bob = await withPasskey(server, await signUp(server, 'bob@example.com'))
  const browser = new Browser()
  let page = await withPassword(browser, server, 'ann@example.com')
  const first = page
  const { state } = page.forms.find(byPasskey)!.fields
  page = await browser.submit(page, byPasskey, { response: bob(page) })
  t.match(page, { status: 401, text: /not accepted/ }, "another person's passkey")
  t.equal(
    (await browser.submit(first, byPasskey, { response: answer(first) })).status, 400,
    'the try before is spent'
  )
  page = await browser.submit(page, byPasskey, { response: answer(page), state: state! })
  t.equal(page.status, 401, 'the answer to another question')
  for (const code of ['0', 'aaaa-bbbb']) page = await browser.submit(page, inCode, { code })
  t.match(page, { status: 401, url: /\/login\/factor/ })
  page = await browser.submit(page, inCode, { code: 'x'.repeat(60) })
  t.match(page, { status: 401, url: /\/login\?/, text: /Too many wrong codes/ })
  t.equal((await browser.get(`${url}/login/factor${new URL(page.url).search}`)).status, 400)
  const events = await app.audit.ofUser(ann.id, 50)
  t.equal(events.filter(({ event }) => event === 'factor_failed').length, 5)
  const again = await withPassword(browser, server, 'ann@example.com', page)
  t.match(await browser.submit(again, byPasskey, { response: answer(again) }), { status: 200, url: /\/$/ })
})

storageTest('codes from one address are counted, beside those of each person (GR-10)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env: { ...env, RATE_LIMITS: 'sign-in=2' }, now: () => clock.now })
  await withApp(server, await signUp(server, 'ann@example.com'), clock)
  const browser = new Browser()
  let page = await withPassword(browser, server, 'ann@example.com')
  let interaction = ''
  for (const status of [401, 401, 429]) {
    interaction = page.forms.find(inCode)!.fields['interaction']!
    page = await browser.submit(page, inCode, { code: '0' })
    t.equal(page.status, status)
  }
  t.equal((await browser.post(`${server.url}/login/factor`, { interaction, lost: 'yes' })).status, 429, 'who says that they have lost it as well')
})

storageTest('what ends sessions ends a sign-in that waits, and so does a lock (FS-04)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env, now: () => clock.now })
  const { lifecycle } = server.app.signIn
  const ann = await signUp(server, 'ann@example.com')
  const code = await withApp(server, ann, clock)
  const wait = async () => {
    const browser = new Browser()
    const page = await withPassword(browser, server, 'ann@example.com')
    t.equal(pathOf(page), '/login/factor')
    return () => browser.submit(page, inCode, { code: code() })
  }
  const [first, second] = [await wait(), await wait()]
  await lifecycle.signOutEverywhere(ann.id)
  t.match(await first(), { status: 400, text: /sign_in_expired/ })
  await lifecycle.lock(ann.id)
  t.match(await second(), { status: 400, text: /sign_in_expired/ })
})

storageTest('a fresh sign-in asks for the factor again, in the language of the app (FS-01)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env, now: () => clock.now })
  const { url } = server
  const ann = await signUp(server, 'ann@example.com')
  const code = await withApp(server, ann, clock)
  const { client_id: id } = await newClient(url)
  const ask = (more: Record<string, string>) =>
    authorizeUrl(url, { client_id: id, code_challenge: pkce().challenge, ...more })
  const browser = new Browser()
  const page = await withPassword(browser, server, 'ann@example.com', await browser.get(ask({ ui_locales: 'de' })))
  t.match(page.text, 'Bestätigen Sie, dass Sie es sind')
  t.equal(pathOf(await browser.submit(page, inCode, { code: code() })), '/consent')
  t.equal(pathOf(await browser.get(ask({}))), '/consent', 'the session is enough')
  const asked: Array<Record<string, string>> = [{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }]
  for (const more of asked) {
    const fresh = await withPassword(browser, server, 'ann@example.com', await browser.get(ask(more)))
    t.equal(pathOf(fresh), '/login/factor', JSON.stringify(more))
    t.equal(pathOf(await browser.submit(fresh, inCode, { code: code() })), '/consent')
  }
})

storageTest('a step-up asks a signed-in person for the factor alone, in their own session (FS-05)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env, now: () => clock.now })
  const { url, app } = server
  const ann = await signUp(server, 'ann@example.com')
  const code = await withApp(server, ann, clock)
  const browser = new Browser()
  await browser.submit(await withPassword(browser, server, 'ann@example.com'), inCode, { code: code() })
  const factorAt = async () => (await app.signIn.sessions.current(asRequest(browser)))?.factorAt
  t.equal(await factorAt(), clock.now)
  const stepUp = async () => {
    const handle = await app.signIn.interactions.resume(asRequest(browser), {} as never, factorIntent('/account'))
    return browser.get(url + app.signInPages.factor(handle))
  }
  clock.now += 1_000
  const page = await stepUp()
  t.match(page, { status: 200, text: /name="code"/ })
  const before = new Map(browser.cookies)
  const wrong = await browser.submit(page, inCode, { code: 'aaaa' })
  t.match(wrong, { status: 401, url: /\/login\/factor/ })
  t.match(await browser.submit(wrong, inCode, { code: code() }), { status: 200, url: /\/account$/ })
  t.equal(await factorAt(), clock.now)
  const old = new Browser()
  for (const [name, value] of before) old.cookies.set(name, value)
  t.equal(
    pathOf(await old.get(`${url}/account`)), '/login',
    'the session continues under a new id'
  )

  const waiting = await stepUp()
  const stranger = new Browser()
  for (const [name, value] of browser.cookies) stranger.cookies.set(name, value)
  await withPassword(stranger, server, 'ann@example.com')
  stranger.cookies.delete('mcp_session')
  t.equal(
    (await stranger.submit(waiting, inCode, { code: code() })).status, 400,
    'without the session'
  )
})

storageTest('where MFA requires one, nothing opens before it is set up, and who has one adds none here (FS-04)', async (t, start) => {
  const clock = { now: START }
  const server = await start({ env: { ...env, MFA: 'required' }, now: () => clock.now })
  const { url, app } = server
  const browser = new Browser()
  const signedUp = await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
    email: 'ann@example.com',
    password: PASSWORD
  })
  t.equal(pathOf(signedUp), '/login/factor')
  t.equal(pathOf(await browser.get(`${url}/account`)), '/login')
  const isApp = ({ fields }: { fields: Record<string, string> }) => fields['enrol'] === 'app'
  const wrong = await browser.submit(signedUp, isApp, { code: '000000', state: 'made-up' })
  t.match(wrong, { status: 400, text: /nothing was added/ })
  t.equal((await browser.submit(wrong, isApp, { enrol: '', code: codeAt(secretOf(wrong), START) })).status, 400)

  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  const late = new Browser()
  const waiting = await withPassword(late, server, 'ann@example.com')
  const done = await browser.submit(wrong, isApp, { code: codeAt(secretOf(wrong), START) })
  t.match(done, { status: 200, text: /[a-z0-9]{4}-[a-z0-9]{4}/i }, 'recovery codes are shown')
  t.equal((await browser.get(`${url}/account`)).status, 200)
  t.equal(
    (await late.submit(waiting, isApp, { code: codeAt(secretOf(waiting), START) })).status, 400,
    'a password adds no second one'
  )
  t.equal((await app.secondFactors.list(ann!.id)).length, 1)
})

storageTest('a password alone adds no factor at the moment in which its owner adds the first (AC-33)', async (t, start) => {
  const server = await start({ now: () => START, env: { ...env, MFA: 'required' } })
  const { app } = server
  const ann = await signUp(server, 'ann@example.com')
  for (const kind of ['app', 'passkey'] as const) {
    await app.secondFactors.removeAll(ann.id)
    const thief = new Browser()
    const page = await withPassword(thief, server, 'ann@example.com')
    const { attempt } = app.limits
    app.limits.attempt = async (what) => {
      if (what !== 'sign-in') return
      app.limits.attempt = attempt
      await appOf(app.secondFactors, ann, START, "Ann's")
    }
    const [, options] = /data-options="([^"]*)"/.exec(page.text)!
    const question = JSON.parse(options!.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
    const response = new Authenticator(new URL(server.config.publicUrl).origin).create(question)
    const made: Record<string, string> = kind === 'app' ? { code: codeAt(secretOf(page), START) } : { response }
    await thief.submit(page, ({ fields }) => fields['enrol'] === kind, made)
    t.same((await app.secondFactors.list(ann.id)).map(({ name }) => name), ["Ann's"], kind)
    t.equal(thief.cookies.has('mcp_session'), false)
  }
})
