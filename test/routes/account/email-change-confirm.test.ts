// The link to a new address: void once the account was changed, and after half an hour (threat AC-03).
import t from 'tap'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { address, form, PASSWORD, startWithMail } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

storageTest(
  'a link to a new address is void once somebody has chosen a new password, signed out everywhere, or changed the address; and after half an hour',
  async (t, start) => {
    let now = 1_800_000_000
    const { url, person, linkTo, signIn } = await startWithMail(smtp, start, { now: () => now })
    const ann = address(t, 'void')
    const browser = await person(ann)
    const ask = async (email: string, password = PASSWORD) => {
      const sent = smtp.messages.length
      t.equal((await form(browser, await browser.get(`${url}/account/email`), { email, password })).status, 200)
      return (await linkTo(email, sent))!
    }
    const first = await ask(address(t, 'eve'))
    const page = await browser.get(first)
    await form(browser, await browser.get(`${url}/account/password`), { present: PASSWORD, next: NEXT })
    t.equal((await browser.get(first)).status, 400)
    t.equal((await browser.submit(page, () => true)).status, 400)

    const second = await ask(address(t, 'two'), NEXT)
    await browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/account/sign-out-everywhere')
    t.equal((await browser.get(second)).status, 400)
    t.match((await signIn(ann, NEXT, browser)).url, /\/$/)

    const [third, fourth] = [await ask(address(t, 'three'), NEXT), await ask(address(t, 'four'), NEXT)]
    t.equal(
      (await browser.submit(await browser.get(third), () => true)).status, 200, 'and this browser goes on'
    )
    t.equal(
      (await browser.get(fourth)).status, 400, 'asked for by somebody with another address'
    )

    const late = await ask(address(t, 'five'), NEXT)
    now += 1_801
    t.equal((await browser.get(late)).status, 400, 'half an hour')
  }
)

storageTest('where storage fails after the address was changed, nobody stays signed in with the one before (AC-15)', async (t, start) => {
  const { url, app, person, linkTo, isIn, signIn } = await startWithMail(smtp, start)
  const [own, next] = [address(t, 'cut'), address(t, 'cut-next')]
  const browser = await person(own)
  const page = await browser.get(`${url}/account/email`)
  await browser.submit(
    page, ({ action }) => action === '/account/email', { email: next, password: PASSWORD }
  )
  const link = await browser.get((await linkTo(next))!)
  const { lifecycle } = app.signIn
  const { changeAddress } = lifecycle
  lifecycle.changeAddress = async () => {
    throw new StorageUnavailable('away')
  }
  t.equal((await new Browser().submit(link, () => true)).status, 503)
  lifecycle.changeAddress = changeAddress
  t.notOk(await isIn(browser))
  await signIn(next, PASSWORD, browser)
  t.match((await browser.get(`${url}/account`)).text, next, 'the next sign-in says which it is')
})
