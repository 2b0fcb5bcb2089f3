// An authenticator app on its pages, without scripts: on SQLite and on Redis.
import t from 'tap'
import { actionIs, codesOn, FACTORS, personAt, secretOn } from '../../../helpers/factor-pages.ts'
import { codeAt } from '../../../helpers/second-factors.ts'
import { Browser } from '../../../helpers/browser.ts'
import { PASSWORD } from '../../../helpers/with-mail.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest } from '../../../helpers/storages.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('an app is set up, named, renamed and removed, and the person is told (SF-07)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, url, clock, app, user } = ann
  t.match(
    (await browser.get(`${url}/account`)).text,
    /href="\/account\/second-factors"/
  )
  t.match((await ann.page()).text, /You have none yet/)
  const shown = await ann.page('/app')
  const secret = secretOn(shown)
  t.notMatch(shown.text, 'role="alert"', 'nothing was wrong yet')
  const wrong = await browser.submit(
    shown,
    actionIs('/app'),
    { code: '12345', name: 'My <b>phone</b>' }
  )
  t.equal(wrong.status, 400)
  t.equal(secretOn(wrong), secret, 'the picture stays as it was scanned')
  t.match(wrong.text, /role="alert"/)
  t.match(wrong.text, /value="My &lt;b&gt;phone&lt;\/b&gt;"/)
  const codes = await browser.submit(
    wrong,
    actionIs('/app'),
    { code: codeAt(secret, clock.now) }
  )
  t.equal(codesOn(codes).length, 10)
  t.equal(codes.headers.get('cache-control'), 'no-store')

  const list = await ann.page()
  t.match(list.text, /10 recovery codes are left/)
  t.notMatch(list.text, codesOn(codes)[0]!)
  await browser.submit(list, actionIs('/name'), { name: 'Work phone' })
  t.match(
    await app.secondFactors.list(user.id),
    [{ name: 'Work phone', kind: 'app' }]
  )

  const again = await browser.submit(await ann.page(), actionIs('/codes'))
  t.equal(codesOn(again).length, 10)
  t.equal(
    await app.secondFactors.verifyCode(user.id, codesOn(codes)[0]!),
    undefined,
    'the old ones are void'
  )
  const question = await browser.submit(await ann.page(), actionIs('/remove'))
  t.match(question.text, /Remove Work phone\?/)
  t.match(question.text, /last second factor/)
  t.equal((await app.secondFactors.list(user.id)).length, 1, 'asked first')
  const removed = await browser.submit(question, actionIs('/remove'))
  t.equal(removed.url, url + FACTORS)
  t.strictSame(await app.secondFactors.list(user.id), [])
  const subjects = await ann.subjects()
  for (const subject of [
    'A second factor was set up for your account',
    'New recovery codes were made',
    'A second factor was removed from your account'
  ]) {
    t.ok(subjects.includes(subject), subject)
  }
  const events = (await app.audit.ofUser(user.id, 20)).map(({ event }) => event)
  for (const event of ['factor_added', 'factor_removed'] as const) t.ok(events.includes(event), event)
})

storageTest('where storage fails after a factor was removed, whoever is signed in elsewhere is signed out (AC-04)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { browser, app, user } = ann
  const elsewhere = new Browser()
  await ann.signIn(ann.email, PASSWORD, elsewhere)
  await ann.addApp()
  t.ok(await ann.isIn(elsewhere))
  const question = await browser.submit(await ann.page(), actionIs('/remove'))
  const { records } = app.userStore
  const { update } = records
  records.update = async (...given) => {
    if ((await app.secondFactors.list(user.id)).length === 0) throw new StorageUnavailable('away')
    return update(...given)
  }
  t.equal((await browser.submit(question, actionIs('/remove'))).status, 503)
  Object.assign(records, { update })
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.notOk(await ann.isIn(elsewhere))
})
