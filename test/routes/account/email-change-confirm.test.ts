// The link to a new address: void once the account was changed, and after half an hour (threat AC-03).
import t from 'tap'
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
    t.equal((await browser.submit(await browser.get(third), () => true)).status, 200, 'and this browser goes on')
    t.equal((await browser.get(fourth)).status, 400, 'asked for by somebody with another address')

    const late = await ask(address(t, 'five'), NEXT)
    now += 1_801
    t.equal((await browser.get(late)).status, 400, 'half an hour')
  }
)
