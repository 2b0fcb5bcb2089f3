// The page of the second factor for somebody who has lost it, and for forms that are none of this page.
import t from 'tap'
import { factorIntent } from '../../plugins/sign-in/intent.ts'
import { Browser } from '../helpers/browser.ts'
import {
  asRequest,
  inCode,
  pathOf,
  START,
  withApp,
  withPassword
} from '../helpers/factor-sign-in.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { storageTest } from '../helpers/storages.ts'
import { address, startWithMail } from '../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())
const isLost = ({ fields }: { fields: Record<string, string> }) => 'lost' in fields
const expired = { status: 400, text: /sign_in_expired/ }

storageTest('whoever has lost the factor asks for its removal at the sign-in alone, and reads when it comes (SF-12)', async (t, start) => {
  const clock = { now: START }
  const env = { AUTH_BACKEND: 'local' }
  const server = await startWithMail(smtp, start, { env, now: () => clock.now })
  const { app, url, person } = server
  const email = address(t, 'lost')
  await person(email)
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  const user = people.find((one) => one.email === email)!
  const code = await withApp(server, user, clock)
  const asked = async () => {
    const events = await app.audit.ofUser(user.id, 50)
    return events.filter(({ event }) => event === 'factor_removal_asked').length
  }

  const own = new Browser()
  await own.submit(await withPassword(own, server, email), inCode, { code: code() })
  const intent = factorIntent('/account')
  const handle = await app.signIn.interactions.resume(asRequest(own), {} as never, intent)
  const stepUp = await own.get(url + app.signInPages.factor(handle))
  t.notOk(stepUp.forms.some(isLost), 'a session is no sign-in')
  const forged = { interaction: handle, lost: 'yes' }
  t.match(await own.post(`${url}/login/factor`, forged), expired)
  t.equal(await asked(), 0)

  const browser = new Browser()
  const page = await withPassword(browser, server, email)
  const told = await browser.submit(page, isLost)
  t.equal(pathOf(told), '/login/factor')
  t.match(told.text, /removed at your next sign-in after <time>/)
  t.notOk(told.forms.some(isLost), 'it is asked for once')
  t.equal(await asked(), 1)
  t.match((await browser.submit(told, inCode, { code: code() })).status, 200)
})

storageTest('without a sign-in, or with what is no factor, the page opens and adds nothing (FS-04)', async (t, start) => {
  const env = { AUTH_BACKEND: 'local', SIGNUP: 'open', MFA: 'required' }
  const server = await start({ env })
  const { app, url } = server
  t.match(await new Browser().get(`${url}/login/factor`), expired)
  const browser = new Browser()
  const isSignUp = ({ action }: { action: string }) => action === '/signup'
  const page = await browser.submit(await browser.get(`${url}/signup`), isSignUp, {
    email: 'ann@example.com',
    password: 'eleven quiet otters 42'
  })
  const isApp = ({ fields }: { fields: Record<string, string> }) => fields['enrol'] === 'app'
  for (const enrol of ['sms', '__proto__', 'App']) {
    const refused = { status: 400, text: /invalid_request/ }
    t.match(await browser.submit(page, isApp, { enrol, code: '1' }), refused, enrol)
  }
  const { interaction } = page.forms.find(isApp)!.fields
  const lost = { interaction: interaction!, lost: 'yes' }
  t.match(await browser.post(`${url}/login/factor`, lost), expired, 'who has none')
  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.same(await app.secondFactors.list(ann!.id), [])
})

storageTest('after too many wrong codes of a person the page says when to try again (SF-03)', async (t, start) => {
  const clock = { now: START }
  const env = { AUTH_BACKEND: 'local', SIGNUP: 'open' }
  const server = await startWithMail(smtp, start, { env, now: () => clock.now })
  const email = address(t, 'tries')
  await server.person(email)
  const people = await Array.fromAsync(server.app.signIn.lifecycle.all())
  await withApp(server, people.find((one) => one.email === email)!, clock)
  let page
  for (let tries = 0; tries < 30 && page?.status !== 429; tries++) {
    const browser = new Browser()
    page = await withPassword(browser, server, email)
    for (let each = 0; each < 4 && page.status !== 429; each++) {
      page = await browser.submit(page, inCode, { code: '000000' })
    }
  }
  t.match(page, { status: 429, text: /Too many attempts/ })
  t.match(page!.headers.get('retry-after'), /^[1-9]\d*$/)
})
