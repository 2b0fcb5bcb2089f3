// A new password by a link that works once, for half an hour (threat LG-14).
import t, { type Test } from 'tap'
import { MAIL_WINDOW_SECONDS } from '../../plugins/mail/index.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { storageTest } from '../helpers/storages.ts'
import { PASSWORD, startWithMail } from '../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const email = (t: Test, name: string) => `${name}.${t.name.includes('Redis') ? 'r' : 's'}@example.com`

storageTest(
  'a forgotten password: by a link that works once, for half an hour, and signs out everywhere',
  async (t, start) => {
    let now = 1_800_000_000
    const { signUp, signIn, linkTo, isIn, url } = await startWithMail(smtp, start, { now: () => now })
    const ann = email(t, 'forgetful')
    await signUp(ann)
    const browser = new Browser()
    await browser.submit(await browser.get((await linkTo(ann))!), () => true)
    await signIn(ann, PASSWORD, browser)
    t.equal(await isIn(browser), true)

    const ask = (address: string) => new Browser().post(`${url}/password/forgot`, { email: address })
    const sent = smtp.messages.length
    const [known, unknown] = [await ask(ann), await ask('nobody@example.com')]
    t.same([known.status, known.text], [unknown.status, unknown.text], 'the same words (LG-14)')
    const link = (await linkTo(ann, sent))!
    t.equal(smtp.messages.filter(({ to }) => to === 'nobody@example.com').length, 0)

    const other = new Browser()
    const page = await other.get(link)
    t.match(
      await other.submit(page, () => true, { password: 'password1' }),
      { status: 400, text: /too easy|too common/ },
      'a weak one costs no link'
    )
    t.match(await other.submit(page, () => true, { password: ann.split('@')[0]! + '1' }), { status: 400 })
    t.match(await other.post(`${url}/password/reset`, { link: 'x'.repeat(43), password: NEXT }), {
      status: 400,
      text: /This link has been used or has expired/
    })
    t.equal(
      (
        await other.post(
          `${url}/password/reset`,
          { ...page.forms[0]!.fields, password: NEXT },
          { origin: 'https://evil.example' }
        )
      ).status,
      403
    )
    t.equal(await isIn(browser), true, 'nothing of it changed anything')
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => other.submit(page, () => true, { password: NEXT }))
    )
    t.equal(answers.filter(({ status }) => status === 200).length, 1, 'of five at once, one')
    t.equal(await isIn(browser), false, 'every browser is signed out')
    t.equal((await signIn(ann, PASSWORD)).status, 401, 'the old password is gone')
    await signIn(ann, NEXT, browser)
    t.equal(await isIn(browser), true)

    const before = smtp.messages.length
    now += MAIL_WINDOW_SECONDS
    await ask(ann)
    const late = (await linkTo(ann, before))!
    now += 1_801
    t.match(await other.get(late), { status: 400, text: /This link has been used or has expired/ })
  }
)

t.test('each box of the form says one thing: apps, keys, or other ways in', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'local' } })
  const asked: object[] = []
  app.accountLinks.find = async () => ({}) as never
  app.accounts.resetPassword = async (_request, { endApps, endKeys, removeOthers, password }) => {
    asked.push({ endApps, endKeys, removeOthers, password })
    return { kind: 'expired' }
  }
  const none = { endApps: false, endKeys: false, removeOthers: false, password: NEXT }
  for (const [form, said] of [
    [{}, none],
    [{ apps: 'end' }, { ...none, endApps: true }],
    [{ keys: 'end' }, { ...none, endKeys: true }],
    [{ ways: 'remove' }, { ...none, removeOthers: true }],
    [{ apps: 'keep', keys: 'on', ways: 'end' }, none]
  ] as const) {
    t.equal(
      (await new Browser().post(`${url}/password/reset`, { link: 'x', password: NEXT, ...form })).status,
      400
    )
    t.same(asked.pop(), said, JSON.stringify(form))
  }
})
