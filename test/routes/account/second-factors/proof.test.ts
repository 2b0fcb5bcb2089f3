// What a thief of a session and a forged form can change: nothing. On SQLite and on Redis.
import { Writable } from 'node:stream'
import t from 'tap'
import { Browser } from '../../../helpers/browser.ts'
import { actionIs, codesOn, FACTORS, personAt } from '../../../helpers/factor-pages.ts'
import { asRequest, signUp, withPassword } from '../../../helpers/factor-sign-in.ts'
import { appOf, codeAt } from '../../../helpers/second-factors.ts'
import { startServer } from '../../../helpers/server.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest } from '../../../helpers/storages.ts'
import { address, PASSWORD } from '../../../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('a stolen session, even with the password, changes no second factor (SF-06)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, clock, app, user, url } = ann
  clock.now += 301
  const asked = await ann.page('/app')
  t.match(
    asked.text,
    /Confirm that it is you/,
    'without a factor: proof as for every sensitive change'
  )
  const token = (await ann.page()).forms.length
  t.equal(token, 0)
  const back = await browser.submit(
    asked,
    ({ fields }) => 'password' in fields,
    { password: PASSWORD }
  )
  t.equal(back.url, `${url}${FACTORS}/app`)
  const { secret, answered } = await ann.addApp()
  const [recovery] = codesOn(answered)
  clock.now += 301

  const list = await ann.page()
  const before = await app.storage.collection('secondFactors').find(user.id)
  for (const path of ['/remove', '/codes']) {
    const refused = await browser.submit(
      list,
      actionIs(path),
      { confirm: 'remove' }
    )
    t.match(refused.text, /Show your second factor/, path)
  }
  for (const path of ['/app', '/passkey']) {
    t.match((await ann.page(path)).text, /Show your second factor/, path)
    const form = { token: list.forms[0]!.fields['token']!, state: 'x', code: '000000', response: '{}' }
    t.match(
      (await browser.post(url + FACTORS + path, form)).text,
      /Show your second factor/,
      path
    )
  }
  t.strictSame(
    await app.storage.collection('secondFactors').find(user.id),
    before
  )

  const proof = await ann.page('/app')
  const wrong = await browser.submit(
    proof,
    actionIs('/prove'),
    { code: 'aaaaa-aaaaa' }
  )
  t.equal(wrong.status, 401)
  t.match(wrong.text, /This code is wrong/)
  const elsewhere = await browser.submit(
    wrong,
    actionIs('/prove'),
    { code: recovery!, path: '/login' }
  )
  t.equal(elsewhere.status, 400)
  t.equal(
    await app.secondFactors.recoveryCodesOf(user.id),
    10,
    'and the code is not spent'
  )
  const proven = await browser.submit(
    wrong,
    actionIs('/prove'),
    { code: codeAt(secret, clock.now) }
  )
  t.equal(proven.url, `${url}${FACTORS}/app`)
  t.match(proven.text, /QR code/)
  clock.now += 301
  await browser.submit(
    await ann.page('/app'),
    actionIs('/prove'),
    { code: recovery! }
  )
  const events = (await app.audit.ofUser(user.id, 20)).map(({ event }) => event)
  for (const event of ['factor_failed', 'recovery_code_used'] as const) t.ok(events.includes(event), event)
})

storageTest('what asks for proof, or uses a link up, goes no further once its page is sent: nothing fails (FS-11)', async (t, start) => {
  const lines: string[] = []
  const logTo = new Writable({
    write (line, _encoding, done) {
      lines.push(String(line))
      done()
    }
  })
  const logged: typeof start = (options) => start({ ...options, logTo, env: { ...options?.env, LOG_LEVEL: 'error' } })
  const { browser, clock, page, url } = await personAt(t, logged, smtp)
  const token = (await browser.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields['token']!
  const form = { token, state: 'x', code: '000000', response: '{}', confirm: 'remove' }
  clock.now += 301
  for (const path of ['/app', '/passkey']) {
    t.match((await page(path)).text, /Confirm that it is you/, path)
    t.match((await new Browser().get(url + FACTORS + path)).url, '/login')
  }
  for (const path of ['/app', '/passkey', '/codes', '/remove']) {
    t.match((await browser.post(url + FACTORS + path, form)).text, /Confirm that it is you/, path)
  }
  await page()
  t.strictSame(lines, [])
})

storageTest('a form of another session or another person does nothing (SF-06)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, url, app, user } = ann
  await ann.addApp()
  const [own] = await app.secondFactors.list(user.id)
  const bob = await ann.person(address(t, 'bob'))
  const bobs = (await bob.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields['token']!
  for (const path of ['/name', '/remove', '/codes', '/app', '/passkey', '/prove']) {
    const form = { token: 'x', factor: own!.id, confirm: 'remove', name: 'x', path: FACTORS, code: 'x', state: 'x', response: 'x' }
    t.equal(
      (await browser.post(url + FACTORS + path, form)).status,
      400,
      `${path}: a made-up token`
    )
    t.equal(
      (await new Browser().post(url + FACTORS + path, form)).status,
      400,
      `${path}: a stranger`
    )
    if (path === '/name' || path === '/remove') {
      t.equal(
        (await bob.post(url + FACTORS + path, { ...form, token: bobs })).status,
        400,
        `${path}: another person`
      )
    }
  }
  t.strictSame(await app.secondFactors.list(user.id), [own])
  t.equal(await app.secondFactors.recoveryCodesOf(user.id), 10)
})

storageTest('nor does it make a way around them: no method, key, address or password, and no deletion (FL-01)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, clock, url, app, user, email } = ann
  const { secret } = await ann.addApp()
  clock.now += 301
  const { token } = (await browser.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields
  const proof = { token: token!, backend: 'local', password: PASSWORD, path: '/account/keys' }
  t.match(
    await browser.post(`${url}/account/prove`, proof),
    { text: /Show your second factor/ },
    'a password is not enough'
  )
  const again = (await browser.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields['token']!
  await ann.subjects()
  const sent = smtp.messages.length
  for (const [path, form] of [
    ['/keys', { name: 'x', days: '30', scope: 'whoami:read' }],
    ['/delete', { confirm: 'delete' }],
    ['/password', { backend: 'local', present: PASSWORD, next: `${PASSWORD} 2` }],
    ['/email', { backend: 'local', email: address(t, 'eve'), password: PASSWORD }]
  ] as const) {
    t.match(
      await browser.post(`${url}/account${path}`, { token: again, ...form }),
      { text: /Show your second factor/ },
      path
    )
  }
  for (const path of ['/sign-in', '/password']) {
    t.match(await browser.get(`${url}/account${path}`), { text: /Show your second factor/ }, path)
  }
  const { methods } = app.signIn
  const stolen = asRequest(browser)
  t.equal(await methods.isFresh(stolen), false)
  await t.rejects(methods.beginAddition(stolen, {} as never, '/account'), { code: 'access_denied' })
  await ann.subjects()
  t.equal(smtp.messages.length, sent, 'nothing was sent')
  t.strictSame(await app.accessKeys.listByUser(user.id), [])
  t.equal((await app.signIn.lifecycle.find(user.id))?.email, email)

  const asked = await browser.get(`${url}/account/keys`)
  const proven = await browser.submit(asked, actionIs('/prove'), { code: codeAt(secret, clock.now) })
  t.match(proven, { status: 200, url: `${url}/account/keys` })
  t.notMatch(proven.text, /Show your second factor/)
  t.equal((await browser.get(`${url}/account/password`)).forms.some(({ fields }) => 'next' in fields), true)
})

t.test('its forms have the limit of those at the sign-in: what is shown there is remembered for minutes (GR-10, OW-45)', async (t) => {
  const env = { AUTH_BACKEND: 'local', SIGNUP: 'open', RATE_LIMITS: 'sign-in=2' }
  const server = await startServer(t, { env })
  await signUp(server, 'ann@example.com')
  const browser = new Browser()
  await withPassword(browser, server, 'ann@example.com')
  const token = (await browser.get(`${server.url}/account`)).forms[0]!.fields['token']!
  const answer = { token, path: '/account', state: 'x', code: '000000', response: '{}' }
  for (const [form, status] of [['/prove', 401], ['/app', 400], ['/passkey', 400]] as const) {
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await browser.post(server.url + FACTORS + form, answer)).status)
    t.same(statuses, [status, status, 429], form)
  }
})

storageTest('a stolen session with the password adds no factor at the moment in which its owner adds the first (AC-33)', async (t, start) => {
  const { app, user, clock, addApp } = await personAt(t, start, smtp)
  const { attempt } = app.limits
  app.limits.attempt = async (what) => {
    if (what !== 'sign-in') return
    app.limits.attempt = attempt
    await appOf(app.secondFactors, user, clock.now, "Ann's")
  }
  const { answered } = await addApp()
  t.equal(answered.status, 400)
  t.same((await app.secondFactors.list(user.id)).map(({ name }) => name), ["Ann's"])
})

storageTest('a session that ends while its code is read shows nothing, and spends no code (SF-06)', async (t, start) => {
  const { app, url, browser, user, clock, addApp, page } = await personAt(t, start, smtp)
  const { secret } = await addApp()
  clock.now += 301
  const proof = await page('/app')
  const before = await app.storage.collection('secondFactors').find(user.id)
  const { attempt } = app.limits
  app.limits.attempt = async (what) => {
    if (what !== 'sign-in') return
    app.limits.attempt = attempt
    await app.signIn.lifecycle.signOutEverywhere(user.id)
  }
  const code = codeAt(secret, clock.now)
  const answer = await browser.submit(proof, actionIs('/prove'), { code })
  t.match(answer, { status: 403, text: /access_denied/ })
  t.same(await app.storage.collection('secondFactors').find(user.id), before)
  t.match((await browser.get(`${url}/account`)).url, '/login')
})
