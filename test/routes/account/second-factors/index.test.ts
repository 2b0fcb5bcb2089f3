// The pages of second factors as a person without scripts uses them, and as a thief of a session tries to: on SQLite and on
// Redis, with a real SMTP server.
import t from 'tap'
import { Authenticator } from '../../../helpers/authenticator.ts'
import { Browser, type Page } from '../../../helpers/browser.ts'
import { codeAt } from '../../../helpers/second-factors.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest, type Start } from '../../../helpers/storages.ts'
import { address, PASSWORD, startWithMail } from '../../../helpers/with-mail.ts'

const START = 1_800_000_000
const FACTORS = '/account/second-factors'
const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const actionIs = (path: string) => ({ action }: { action: string }) => action === FACTORS + path
const secretOn = ({ text }: Page) => /<code>([A-Z2-7 ]{39})<\/code>/.exec(text)![1]!.replaceAll(' ', '')
const codesOn = ({ text }: Page) => text.match(/\b[0-9a-z]{5}-[0-9a-z]{5}\b/g) ?? []

async function setUp (t: { name: string }, start: Start) {
  const clock = { now: START }
  const server = await startWithMail(smtp, start, {
    now: () => clock.now,
    env: { AUTH_BACKEND: 'local' }
  })
  const email = address(t, 'ann')
  const browser = await server.person(email)
  const user = await findUser(server, email)
  const subjects = async () => {
    await server.app.mail.idle()
    return smtp.messages.filter(({ to }) => to === email).map(({ raw }) => /^Subject: (.*?)(?: - |\r)/m.exec(raw)![1])
  }
  const page = (path = '') => browser.get(server.url + FACTORS + path)
  /** The page that sets an app up, answered rightly. */
  const addApp = async () => {
    const shown = await page('/app')
    const secret = secretOn(shown)
    const answer = { code: codeAt(secret, clock.now), name: 'Phone' }
    return { secret, answered: await browser.submit(shown, actionIs('/app'), answer) }
  }
  return { ...server, clock, email, browser, user, subjects, page, addApp }
}

async function findUser ({ app }: Awaited<ReturnType<typeof startWithMail>>, email: string) {
  for await (const user of app.signIn.lifecycle.all()) if (user.email === email) return user
  throw new Error(`nobody has ${email}`)
}

storageTest('an app is set up, named, renamed and removed, and the person is told (SF-07)', async (t, start) => {
  const ann = await setUp(t, start)
  const { browser, url, clock, app, user } = ann
  t.match((await browser.get(`${url}/account`)).text, /href="\/account\/second-factors"/)
  t.match((await ann.page()).text, /You have none yet/)
  const shown = await ann.page('/app')
  const secret = secretOn(shown)
  const wrong = await browser.submit(shown, actionIs('/app'), { code: '12345', name: 'My <b>phone</b>' })
  t.equal(wrong.status, 400)
  t.equal(secretOn(wrong), secret, 'the picture stays as it was scanned')
  t.match(wrong.text, /value="My &lt;b&gt;phone&lt;\/b&gt;"/)
  const codes = await browser.submit(wrong, actionIs('/app'), { code: codeAt(secret, clock.now) })
  t.equal(codesOn(codes).length, 10)
  t.equal(codes.headers.get('cache-control'), 'no-store')

  const list = await ann.page()
  t.match(list.text, /10 recovery codes are left/)
  t.notMatch(list.text, codesOn(codes)[0]!)
  await browser.submit(list, actionIs('/name'), { name: 'Work phone' })
  t.match(await app.secondFactors.list(user.id), [{ name: 'Work phone', kind: 'app' }])

  const again = await browser.submit(await ann.page(), actionIs('/codes'))
  t.equal(codesOn(again).length, 10)
  t.equal(await app.secondFactors.verifyCode(user.id, codesOn(codes)[0]!), undefined, 'the old ones are void')
  const question = await browser.submit(await ann.page(), actionIs('/remove'))
  t.match(question.text, /Remove Work phone\?/)
  t.match(question.text, /last second factor/)
  t.equal((await app.secondFactors.list(user.id)).length, 1, 'asked first')
  const removed = await browser.submit(question, actionIs('/remove'))
  t.equal(removed.url, url + FACTORS)
  t.strictSame(await app.secondFactors.list(user.id), [])
  const subjects = await ann.subjects()
  for (const subject of [
    'A second factor was added to your account',
    'New recovery codes were made',
    'A second factor was removed from your account'
  ]) {
    t.ok(subjects.includes(subject), subject)
  }
  const events = (await app.audit.ofUser(user.id, 20)).map(({ event }) => event)
  for (const event of ['factor_added', 'factor_removed'] as const) t.ok(events.includes(event), event)
})

storageTest('a stolen session, even with the password, changes no second factor (SF-06)', async (t, start) => {
  const ann = await setUp(t, start)
  const { browser, clock, app, user, url } = ann
  clock.now += 301
  const asked = await ann.page('/app')
  t.match(asked.text, /Is it still you\?/, 'without a factor: proof as for every sensitive change')
  const token = (await ann.page()).forms.length
  t.equal(token, 0)
  const back = await browser.submit(asked, ({ fields }) => 'password' in fields, { password: PASSWORD })
  t.equal(back.url, `${url}${FACTORS}/app`)
  const { secret, answered } = await ann.addApp()
  const [recovery] = codesOn(answered)
  clock.now += 301

  const list = await ann.page()
  const before = await app.storage.collection('secondFactors').find(user.id)
  for (const path of ['/remove', '/codes']) {
    const refused = await browser.submit(list, actionIs(path), { confirm: 'remove' })
    t.match(refused.text, /Show your second factor/, path)
  }
  for (const path of ['/app', '/passkey']) {
    t.match((await ann.page(path)).text, /Show your second factor/, path)
    const form = { token: list.forms[0]!.fields['token']!, state: 'x', code: '000000', response: '{}' }
    t.match((await browser.post(url + FACTORS + path, form)).text, /Show your second factor/, path)
  }
  t.strictSame(await app.storage.collection('secondFactors').find(user.id), before)

  const proof = await ann.page('/app')
  const wrong = await browser.submit(proof, actionIs('/prove'), { code: 'aaaaa-aaaaa' })
  t.equal(wrong.status, 401)
  t.match(wrong.text, /This code is wrong/)
  const elsewhere = await browser.submit(wrong, actionIs('/prove'), { code: recovery!, path: '/account/delete' })
  t.equal(elsewhere.status, 400)
  t.equal(await app.secondFactors.recoveryCodesOf(user.id), 10, 'and the code is not spent')
  const proven = await browser.submit(wrong, actionIs('/prove'), { code: codeAt(secret, clock.now) })
  t.equal(proven.url, `${url}${FACTORS}/app`)
  t.match(proven.text, /QR code/)
  clock.now += 301
  await browser.submit(await ann.page('/app'), actionIs('/prove'), { code: recovery! })
  const events = (await app.audit.ofUser(user.id, 20)).map(({ event }) => event)
  for (const event of ['factor_failed', 'recovery_code_used'] as const) t.ok(events.includes(event), event)
})

storageTest('a form of another session or another person does nothing (SF-06)', async (t, start) => {
  const ann = await setUp(t, start)
  const { browser, url, app, user } = ann
  await ann.addApp()
  const [own] = await app.secondFactors.list(user.id)
  const bob = await ann.person(address(t, 'bob'))
  const bobs = (await bob.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields['token']!
  for (const path of ['/name', '/remove', '/codes', '/app', '/passkey', '/prove']) {
    const form = { token: 'x', factor: own!.id, confirm: 'remove', name: 'x', path: FACTORS, code: 'x', state: 'x', response: 'x' }
    t.equal((await browser.post(url + FACTORS + path, form)).status, 400, `${path}: a made-up token`)
    t.equal((await new Browser().post(url + FACTORS + path, form)).status, 400, `${path}: a stranger`)
    if (path === '/name' || path === '/remove') {
      t.equal((await bob.post(url + FACTORS + path, { ...form, token: bobs })).status, 400, `${path}: another person`)
    }
  }
  t.strictSame(await app.secondFactors.list(user.id), [own])
  t.equal(await app.secondFactors.recoveryCodesOf(user.id), 10)
})

storageTest('a passkey is added and shown by posts as a script makes them; removing it signs other browsers out (SF-01)', async (t, start) => {
  const ann = await setUp(t, start)
  const { browser, url, app, user, clock, config } = ann
  const other = new Browser()
  await ann.signIn(ann.email, PASSWORD, other)
  t.ok(await ann.isIn(other))
  const shown = await ann.page('/passkey')
  t.match(shown.headers.get('content-security-policy'), /script-src 'self'/)
  const optionsOn = ({ text }: Page) => JSON.parse(/data-options="([^"]*)"/.exec(text)![1]!.replaceAll('&quot;', '"'))
  const authenticator = new Authenticator(config.publicUrl)
  const refused = await browser.submit(shown, actionIs('/passkey'), { name: 'x' })
  t.equal(refused.status, 400)
  const wrong = authenticator.create(optionsOn(refused), { origin: 'https://evil.example' })
  const form = { name: 'Laptop', response: wrong }
  t.equal((await browser.submit(refused, actionIs('/passkey'), form)).status, 400)
  t.strictSame(await app.secondFactors.list(user.id), [])
  const last = await ann.page('/passkey')
  const codes = await browser.submit(last, actionIs('/passkey'), { ...form, response: authenticator.create(optionsOn(last)) })
  t.equal(codesOn(codes).length, 10)
  t.match(await app.secondFactors.list(user.id), [{ kind: 'passkey', name: 'Laptop' }])
  t.ok(await ann.isIn(other), 'adding one signs nobody out')

  clock.now += 301
  const proof = await ann.page('/app')
  const isPasskey = ({ fields }: { fields: object }) => 'response' in fields
  t.equal((await browser.submit(proof, isPasskey, { response: '{}' })).status, 401)
  const again = await ann.page('/app')
  const proven = await browser.submit(again, isPasskey, { response: authenticator.get(optionsOn(again)) })
  t.equal(proven.url, `${url}${FACTORS}/app`)
  await browser.submit(await browser.submit(await ann.page(), actionIs('/remove')), actionIs('/remove'))
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.notOk(await ann.isIn(other))
  t.ok(await ann.isIn(browser))
})

storageTest('the link in the mail stops a removal, signed in or not (SF-12)', async (t, start) => {
  const ann = await setUp(t, start)
  const { app, user, url, clock } = ann
  await ann.addApp()
  const from = smtp.messages.length
  const request = { words: (await import('../../../../languages/index.ts')).english, headers: {}, ip: '192.0.2.1', log: { info () {} } }
  await app.secondFactors.lost.ask(request as never, user)
  const link = await ann.linkTo(ann.email, from)
  const stranger = new Browser()
  const question = await stranger.get(link!)
  t.match(question.text, /Keep your second factors\?/)
  t.match(await app.secondFactors.lost.stateOf(user), { kind: 'waiting' }, 'looking at the page changes nothing')
  t.match((await stranger.submit(question, actionIs('/keep'))).text, /Your second factors stay/)
  t.equal((await stranger.submit(question, actionIs('/keep'))).status, 400)
  t.equal((await stranger.post(`${url}${FACTORS}/keep`, { link: 'x' })).status, 400)
  clock.now += 4 * 86_400
  t.equal(await app.secondFactors.neededAfter(user, 'local', {}), 'verify')
})

storageTest('with MFA off the account page offers none', async (t, start) => {
  const { person, url } = await startWithMail(smtp, start, { env: { AUTH_BACKEND: 'local', MFA: 'off' } })
  const browser = await person(address(t, 'ann'))
  t.notMatch((await browser.get(`${url}/account`)).text, 'second-factors')
  t.equal((await browser.get(`${url}${FACTORS}/app`)).status, 403)
  t.equal((await browser.get(`${url}${FACTORS}/passkey`)).status, 403)
  t.notMatch((await browser.get(url + FACTORS)).text, /second-factors\/app"/)
})
