// The link that keeps second factors: on SQLite and on Redis.
import t from 'tap'
import { english } from '../../../../languages/index.ts'
import { Browser } from '../../../helpers/browser.ts'
import { actionIs, FACTORS, personAt } from '../../../helpers/factor-pages.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest } from '../../../helpers/storages.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('the link in the mail stops a removal, signed in or not (SF-12)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user, url, clock } = ann
  await ann.addApp()
  const from = smtp.messages.length
  const request = { words: english, headers: {}, ip: '192.0.2.1', log: { info () {} } }
  await app.secondFactors.lost.ask(request as never, user)
  const link = await ann.linkTo(ann.email, from)
  const stranger = new Browser()
  const question = await stranger.get(link!)
  t.match(question.text, /Keep your second factors\?/)
  t.match(
    await app.secondFactors.lost.stateOf(user),
    { kind: 'waiting' },
    'looking at the page changes nothing'
  )
  t.match(
    (await stranger.submit(question, actionIs('/keep'))).text,
    /Your second factors stay/
  )
  t.equal((await stranger.submit(question, actionIs('/keep'))).status, 400)
  t.equal(
    (await stranger.post(`${url}${FACTORS}/keep`, { link: 'x' })).status,
    400
  )
  clock.now += 4 * 86_400
  t.equal(await app.secondFactors.neededAfter(user, 'local', {}), 'verify')
})
