// Accounts with mail and without: no page tells whether an account exists (threat LG-15).
import { parseEmail } from '../../auth-backends/contract.ts'
import t, { type Test } from 'tap'
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

storageTest('a taken address gets the same answer, and only its owner is told (LG-15)', async (t, start) => {
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
  'who signs up with the address of somebody else and waits for them gets nothing, whoever came first (LG-15)',
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

      // However often somebody signs up after that, the link of the owner stays good, and no
      // other is sent for ten
      // minutes.
      sent = smtp.messages.length
      for (let count = 0; count < 3; count++) await signUp(ann, `${count} loud badgers at sea`)
      await app.mail.idle()
      t.equal(smtp.messages.length, sent)
      const owner = new Browser()
      t.match(
        await owner.get(confirm),
        { status: 400, text: /signs up with this address again/ },
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

storageTest("without mail the pages say so, and an operator's link does the same", async (t, start) => {
  const { url, app } = await start()
  const browser = new Browser()
  t.match((await browser.get(`${url}/password/forgot`)).text, 'does not send email')
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
  t.notOk(
    shown && 'emailVerified' in shown,
    'a link that the operator handed over shows nothing of a mailbox'
  )
})
