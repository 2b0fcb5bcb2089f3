// The pages of second factors where nobody may have one.
import t from 'tap'
import { FACTORS } from '../../../helpers/factor-pages.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest } from '../../../helpers/storages.ts'
import { address, startWithMail } from '../../../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('with MFA off the account page offers none', async (t, start) => {
  const { person, url } = await startWithMail(smtp, start, { env: { AUTH_BACKEND: 'local', MFA: 'off' } })
  const browser = await person(address(t, 'ann'))
  t.notMatch((await browser.get(`${url}/account`)).text, 'second-factors')
  t.equal((await browser.get(`${url}${FACTORS}/app`)).status, 403)
  t.equal((await browser.get(`${url}${FACTORS}/passkey`)).status, 403)
  t.notMatch((await browser.get(url + FACTORS)).text, /second-factors\/app"/)
})
