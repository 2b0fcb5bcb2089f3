// A signed-in person changes their password: with the current one only (threat LG-10).
import t from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import {
  address,
  form,
  PASSWORD,
  startWithMail
} from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

const isPassword = ({ action }: { action: string }) => action === '/account/password'

storageTest('a new password signs out every other browser, and this one goes on (LG-10)', async (t, start) => {
  const { url, app, person, signIn, isIn } = await startWithMail(smtp, start)
  const ann = address(t, 'password')
  const browser = await person(ann)
  const other = new Browser()
  await signIn(ann, PASSWORD, other)
  const account = await browser.get(`${url}/account`)
  t.match(account.text, ann)
  const page = await browser.get(new URL(/href="(\/account\/password[^"]*)"/.exec(account.text)![1]!, url).href)
  t.match((await new Browser().get(page.url)).url, '/login', 'a stranger signs in first')
  const [cookie, parked] = [browser.cookies.get('mcp_session'), await browser.get(`${url}/login`)]
  const stolen = new Browser()
  for (const [name, value] of browser.cookies) stolen.cookies.set(name, value)

  const hash = async () =>
    (await app.storage.collection<{ passwordHash: string }>('account').all()[Symbol.asyncIterator]().next()).value
      .record.passwordHash as string
  const before = await hash()
  for (const [name, fields, status, text] of [
    ['a wrong present password', { present: 'not the password', next: NEXT }, 401, /Incorrect password/],
    [
      'a wrong one and a weak new one: nothing is estimated for a stranger',
      { present: 'not the password', next: 'password1' },
      401,
      /Incorrect password/
    ],
    ['an oversized one', { present: 'x'.repeat(5000), next: NEXT }, 401, /Incorrect password/],
    ['a weak new one', { present: PASSWORD, next: 'password1' }, 400, /too easy|too common/],
    ['one made of the address', { present: PASSWORD, next: `${ann.split('@')[0]}1` }, 400, /too easy/],
    ['a short one', { present: PASSWORD, next: 'x7#' }, 400, /At least|at least/],
    ["another session's form", { present: PASSWORD, next: NEXT, token: 'x' }, 400, /sign_in_expired/],
    ['a backend without accounts', { present: PASSWORD, next: NEXT, backend: 'demo' }, 400, /another service/]
  ] as const) {
    const answer = await form(browser, page, fields)
    t.match(answer, { status, text }, name)
    t.notMatch(answer.text, fields.next, `${name}: not shown again`)
  }
  t.equal(
    (
      await browser.post(
        `${url}/account/password`,
        { ...page.forms.find(isPassword)!.fields, present: PASSWORD, next: NEXT },
        { origin: 'https://evil.example' }
      )
    ).status,
    403
  )
  t.equal(
    (
      await new Browser().post(`${url}/account/password`, {
        ...page.forms.find(isPassword)!.fields,
        present: PASSWORD,
        next: NEXT
      })
    ).status,
    400
  )
  t.same(
    [await hash(), await isIn(other), browser.cookies.get('mcp_session')],
    [before, true, cookie],
    'nothing of it changed anything'
  )
  t.match(
    (await browser.get(`${url}/account`)).text,
    'A wrong password was entered on the account page'
  )

  const changed = await form(browser, page, { present: PASSWORD, next: NEXT })
  t.match(changed, { status: 200, text: /Your password was changed/ })
  await app.mail.idle()
  t.match(
    smtp.messages.filter(({ to }) => to === ann).map(({ text }) => /^Subject: (.*)\r/m.exec(text)?.[1]),
    ['Confirm your email address', 'Your password was changed'],
    'its owner is told, once'
  )
  t.equal(await isIn(browser), true, 'this browser stays')
  t.not(browser.cookies.get('mcp_session'), cookie, 'under a new id')
  t.equal(await isIn(other), false)
  t.equal(await isIn(stolen), false, 'a copy of the old cookie is worth nothing')
  t.match((await browser.get(`${url}/account`)).text, 'Your password was changed')
  t.equal(parked.status, 200)
  t.equal(
    (await form(browser, page, { present: NEXT, next: PASSWORD })).status, 400,
    'a form of before is over'
  )
  t.equal((await signIn(ann, PASSWORD)).status, 401)
  await signIn(ann, NEXT, other)
  t.equal(await isIn(other), true)

  const again = await browser.get(`${url}/account/password`)
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, number) =>
      form(browser, again, { present: NEXT, next: `${number} purple anvils in May` })
    )
  )
  t.equal(
    answers.filter(({ status, text }) => status === 200 && text.includes('was changed')).length,
    1,
    'of five at once, one'
  )
  t.notOk(
    answers.some(({ status }) => status === 503),
    'and whoever clicks twice reads of no outage'
  )
})

t.test('password managers are led to the page by the well-known address (W3C), where there are passwords', async (t) => {
  const ask = async (backend: string) => {
    const { url } = await startServer(t, { env: { AUTH_BACKEND: backend } })
    const answer = await fetch(`${url}/.well-known/change-password`, { redirect: 'manual' })
    return [answer.status, answer.headers.get('location')]
  }
  t.same(await ask('local'), [302, '/account/password'])
  t.same(await ask('demo'), [404, null])
})

storageTest('a session that is ended from elsewhere while it changes the password does not go on (AC-16)', async (t, start) => {
  const { url, app, person, isIn } = await startWithMail(smtp, start)
  const browser = await person(address(t, 'meanwhile'))
  const page = await browser.get(`${url}/account/password`)
  const { lifecycle } = app.signIn
  const { signOutEverywhere } = lifecycle
  lifecycle.signOutEverywhere = async (id) => {
    await signOutEverywhere(id)
    lifecycle.signOutEverywhere = signOutEverywhere
    // The person presses the button in another browser, right then.
    return signOutEverywhere(id)
  }
  t.match(await form(browser, page, { present: PASSWORD, next: NEXT }), { status: 400, text: /sign_in_expired/ })
  t.equal(await isIn(browser), false)
})

storageTest('a password that was changed elsewhere in this moment stays: the old one is wrong by now', async (t, start) => {
  const { url, app, person, signIn } = await startWithMail(smtp, start)
  const email = address(t, 'elsewhere')
  const browser = await person(email)
  const page = await browser.get(`${url}/account/password`)
  const { lifecycle, backends } = app.signIn
  const { signOutEverywhere } = lifecycle
  const elsewhere = 'nine slow herons 88'
  lifecycle.signOutEverywhere = async (id) => {
    const { subject } = (await lifecycle.find(id))!.identities[0]!
    const change = { present: PASSWORD, next: elsewhere }
    await backends.get('local')!.accounts!.changePassword(subject, change)
    return signOutEverywhere(id)
  }
  const sent = smtp.messages.length
  const answer = await form(browser, page, { present: PASSWORD, next: NEXT })
  t.match(answer, { status: 401, text: /Incorrect password/ })
  t.equal((await signIn(email, NEXT)).status, 401)
  t.equal((await signIn(email, elsewhere)).status, 200)
  await app.mail.idle()
  t.equal(smtp.messages.length, sent, 'nobody is told of a change')
})
