// The link of a new account: looking at it spends nothing, its button confirms the address once.
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { storageTest } from '../helpers/storages.ts'
import { PASSWORD, startWithMail } from '../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const email = (t: Test, name: string) => `${name}.${t.name.includes('Redis') ? 'r' : 's'}@example.com`

storageTest('a new account is used only by who reads its mailbox', async (t, start) => {
  const { signUp, signIn, linkTo, isIn, url } = await startWithMail(smtp, start)
  const ann = email(t, 'ann')
  t.match((await signUp(ann)).text, 'Check your email')
  const browser = new Browser()
  t.match(await signIn(ann, PASSWORD, browser), { status: 403, text: /not been confirmed/ })
  t.notMatch((await signIn(ann, 'a wrong password 1')).text, /confirmed/, 'said to nobody else')
  const link = await linkTo(ann)
  const page = await browser.get(link!)
  t.equal(
    (await browser.get(link!)).status, 200,
    'looking at it spends nothing: mail scanners do'
  )
  t.match((await browser.submit(page, () => true)).text, 'is confirmed')
  t.match(
    await browser.submit(page, () => true), { status: 400, text: /This link has been used or has expired/ },
    'once'
  )
  await signIn(ann, PASSWORD, browser)
  t.equal(await isIn(browser), true)
  t.equal((await browser.get(`${url}/email/confirm?link=${'x'.repeat(43)}`)).status, 400)
})
