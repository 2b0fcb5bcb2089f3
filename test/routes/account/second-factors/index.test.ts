// The pages of second factors where nobody may have one.
import t from 'tap'
import {
  actionIs,
  codesOn,
  FACTORS,
  personAt
} from '../../../helpers/factor-pages.ts'
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

storageTest('a second factor beside the first brings no new codes, and who removes one reads what is left', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, url, browser, user, page, addApp } = ann
  t.equal(codesOn((await addApp()).answered).length > 0, true)
  const codes = await app.secondFactors.recoveryCodesOf(user.id)
  const { answered } = await addApp()
  t.equal(answered.url, url + FACTORS)
  t.same(codesOn(answered), [])
  t.equal(await app.secondFactors.recoveryCodesOf(user.id), codes)
  const isRemove = actionIs('/remove')
  const last = /your last second factor/
  for (const [left, isLast] of [[1, false], [0, true]] as const) {
    const asked = await browser.submit(await page(), isRemove)
    t.equal(last.test(asked.text), isLast, `${left} left`)
    await browser.submit(asked, isRemove)
    t.equal((await app.secondFactors.list(user.id)).length, left)
  }
})
