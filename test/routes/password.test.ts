// Accounts with mail: confirming an address, a forgotten password, links that work once and for half an hour, and
// nothing that tells whether an account exists (threats LG-14, LG-15).
import { parseEmail } from '../../auth-backends/contract.ts'
import t, { type Test } from 'tap'
import { MAIL_WINDOW_SECONDS } from '../../plugins/mail/index.ts'
import { Browser } from '../helpers/browser.ts'
import type { ServerOptions } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import { PASSWORD, startWithMail } from '../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const withMail = (start: Start, options: ServerOptions = {}) => startWithMail(smtp, start, options)

const email = (t: Test, name: string) => `${name}.${t.name.includes('Redis') ? 'r' : 's'}@example.com`

storageTest('a new account is used only by who reads its mailbox', async (t, start) => {
  const { signUp, signIn, linkTo, isIn, url } = await withMail(start)
  const ann = email(t, 'ann')
  t.match((await signUp(ann)).text, 'Check your mailbox')
  const browser = new Browser()
  t.match(await signIn(ann, PASSWORD, browser), { status: 403, text: /not been confirmed/ })
  t.notMatch((await signIn(ann, 'a wrong password 1')).text, /confirmed/, 'said to nobody else')
  const link = await linkTo(ann)
  const page = await browser.get(link!)
  t.equal((await browser.get(link!)).status, 200, 'looking at it spends nothing: mail scanners do')
  t.match((await browser.submit(page, () => true)).text, 'is confirmed')
  t.match(await browser.submit(page, () => true), { status: 400, text: /already used/ }, 'once')
  await signIn(ann, PASSWORD, browser)
  t.equal(await isIn(browser), true)
  t.equal((await browser.get(`${url}/email/confirm?link=${'x'.repeat(43)}`)).status, 400)
})

storageTest('LG-15: a taken address gets the same answer, and only its owner is told', async (t, start) => {
  const { signUp, linkTo, signIn, isIn } = await withMail(start)
  const ann = email(t, 'taken')
  const first = await signUp(ann)
  const browser = new Browser()
  await browser.submit(await browser.get((await linkTo(ann))!), () => true)
  const sent = smtp.messages.length
  const again = await signUp(ann.toUpperCase(), 'another password 77')
  t.same(
    [again.status, again.text.replaceAll(/interaction=[\w-]+/g, '')],
    [first.status, first.text.replaceAll(/interaction=[\w-]+/g, '')]
  )
  await linkTo(ann, sent)
  t.match(smtp.messages.at(-1)?.text, /already have an account/)
  await signIn(ann, 'another password 77', browser)
  t.equal(await isIn(browser), false, 'the password is the first one still')
})

storageTest(
  'LG-15: who signs up with the address of somebody else and waits for them gets nothing, whoever came first',
  async (t, start) => {
    const { url, app, signUp, signIn, linkTo, isIn } = await withMail(start)
    for (const [order, mine, theirs] of [
      ['the owner comes second', NEXT, PASSWORD],
      ['the owner comes first', PASSWORD, NEXT]
    ] as const) {
      const ann = email(t, `squatted${order.at(-1)!}`)
      let sent = smtp.messages.length
      const first = await signUp(ann, PASSWORD)
      const confirm = (await linkTo(ann, sent))!
      sent = smtp.messages.length
      const second = await signUp(ann, NEXT)
      t.same(
        [second.status, second.text.replaceAll(/interaction=[\w-]+/g, '')],
        [first.status, first.text.replaceAll(/interaction=[\w-]+/g, '')]
      )
      const choose = (await linkTo(ann, sent))!
      t.match(choose, /\/password\/reset/)

      // However often somebody signs up after that, the link of the owner stays good, and no other is sent for ten
      // minutes.
      sent = smtp.messages.length
      for (let count = 0; count < 3; count++) await signUp(ann, `${count} loud badgers at sea`)
      await app.mail.idle()
      t.equal(smtp.messages.length, sent)
      const owner = new Browser()
      t.match(
        await owner.get(confirm),
        { status: 400, text: /signed up with this address again/ },
        'what was sent before does not count any more'
      )
      t.equal((await signIn(ann, theirs)).status, 401, order)
      t.equal((await signIn(ann, mine)).status, 401, 'nor is one that was typed before')
      await owner.submit(await owner.get(choose), () => true, { password: 'nine green lanterns 88' })
      await signIn(ann, 'nine green lanterns 88', owner)
      t.equal(await isIn(owner), true)
      t.equal((await signIn(ann, theirs)).status, 401)
      t.match(await app.signIn.backends.get('local')!.accounts!.find(parseEmail(ann)), { verified: true, contested: false })
      t.match((await owner.get(`${url}/account`)).text, ann)
    }
  }
)

storageTest(
  'a forgotten password: by a link that works once, for half an hour, and signs out everywhere',
  async (t, start) => {
    let now = 1_800_000_000
    const { signUp, signIn, linkTo, isIn, url } = await withMail(start, { now: () => now })
    const ann = email(t, 'forgetful')
    await signUp(ann)
    const browser = new Browser()
    await browser.submit(await browser.get((await linkTo(ann))!), () => true)
    await signIn(ann, PASSWORD, browser)
    t.equal(await isIn(browser), true)

    const ask = (address: string) => new Browser().post(`${url}/password/forgot`, { email: address })
    const sent = smtp.messages.length
    const [known, unknown] = [await ask(ann), await ask('nobody@example.com')]
    t.same([known.status, known.text], [unknown.status, unknown.text], 'LG-14: the same words')
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
      text: /already used/
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
    t.match(await other.get(late), { status: 400, text: /older than 30 minutes/ })
  }
)

storageTest("without mail the pages say so, and an operator's link does the same", async (t, start) => {
  const { url, app } = await start()
  const browser = new Browser()
  t.match((await browser.get(`${url}/password/forgot`)).text, 'does not send mail')
  t.equal((await browser.post(`${url}/password/forgot`, { email: 'ann@example.com' })).status, 200)
  const local = app.signIn.backends.get('local')!
  const made = await local.signUp!.create({ email: 'ann@example.com', password: PASSWORD })
  t.match(made, { kind: 'signed-up' })
  const account = (await local.accounts!.find(parseEmail('ann@example.com')))!
  const secret = await app.accountLinks.issue({ purpose: 'reset', backend: 'local', account, by: 'operator' })
  t.equal(
    (await browser.get(`${url}/email/confirm?link=${secret}`)).status,
    400,
    'a link of one purpose is none of another'
  )
  await browser.submit(await browser.get(`${url}/password/reset?link=${secret}`), () => true, { password: NEXT })
  const shown = await local.password!.verify({ identifier: 'ann@example.com', password: NEXT })
  t.match(shown, { email: 'ann@example.com' })
  t.notOk(shown && 'emailVerified' in shown, 'a link that the operator handed over shows nothing of a mailbox')
})
