// A passkey on its pages, by posts as the script makes them: on SQLite and on Redis.
import t from 'tap'
import { Authenticator } from '../../../helpers/authenticator.ts'
import { Browser, type Page } from '../../../helpers/browser.ts'
import { actionIs, codesOn, FACTORS, personAt } from '../../../helpers/factor-pages.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest } from '../../../helpers/storages.ts'
import { PASSWORD } from '../../../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('a passkey is added and shown by posts as a script makes them; removing it signs other browsers out (SF-01)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, url, app, user, clock, config } = ann
  const other = new Browser()
  await ann.signIn(ann.email, PASSWORD, other)
  t.ok(await ann.isIn(other))
  const shown = await ann.page('/passkey')
  t.match(shown.headers.get('content-security-policy'), /script-src 'self'/)
  const optionsOn = ({ text }: Page) => JSON.parse(/data-options="([^"]*)"/.exec(text)![1]!.replaceAll('&quot;', '"'))
  const authenticator = new Authenticator(config.publicUrl)
  const refused = await browser.submit(
    shown,
    actionIs('/passkey'),
    { name: 'x' }
  )
  t.equal(refused.status, 400)
  const wrong = authenticator.create(optionsOn(refused), { origin: 'https://evil.example' })
  const form = { name: 'Laptop', response: wrong }
  t.equal(
    (await browser.submit(refused, actionIs('/passkey'), form)).status,
    400
  )
  t.strictSame(await app.secondFactors.list(user.id), [])
  const last = await ann.page('/passkey')
  const codes = await browser.submit(
    last,
    actionIs('/passkey'),
    { ...form, response: authenticator.create(optionsOn(last)) }
  )
  t.equal(codesOn(codes).length, 10)
  t.match(
    await app.secondFactors.list(user.id),
    [{ kind: 'passkey', name: 'Laptop' }]
  )
  t.ok(await ann.isIn(other), 'adding one signs nobody out')

  clock.now += 301
  const proof = await ann.page('/app')
  const isPasskey = ({ fields }: { fields: object }) => 'response' in fields
  t.equal(
    (await browser.submit(proof, isPasskey, { response: '{}' })).status,
    401
  )
  const again = await ann.page('/app')
  const proven = await browser.submit(
    again,
    isPasskey,
    { response: authenticator.get(optionsOn(again)) }
  )
  t.equal(proven.url, `${url}${FACTORS}/app`)
  await browser.submit(
    await browser.submit(await ann.page(), actionIs('/remove')),
    actionIs('/remove')
  )
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.notOk(await ann.isIn(other))
  t.ok(await ann.isIn(browser))
})
