// Somebody who has lost every second factor, and somebody who only says so: with a real SMTP server.
import t from 'tap'
import { wordsOf } from '../../../languages/index.ts'
import { appOf, codeAt, userOf } from '../../helpers/second-factors.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { lastingUsers } from '../../helpers/users.ts'
import { address, startWithMail } from '../../helpers/with-mail.ts'

const START = 1_800_000_000
const DAY = 86_400
const smtp = await startSmtp((mailbox) => mailbox.startsWith('full'))
t.teardown(() => smtp.stop())

const request = (language = 'en-GB') => ({
  headers: { 'accept-language': language },
  ip: '192.0.2.1',
  id: 'r',
  log: { info () {} },
  words: wordsOf(language === 'de' ? 'de' : 'en')
}) as never

storageTest('lost factors are removed after three days, by the next sign-in (SF-12)', async (t, start) => {
  let now = START
  const server = await startWithMail(smtp, start, {
    now: () => now,
    env: { AUTH_BACKEND: 'local' }
  })
  const { secondFactors } = server.app
  const ann = await userOf(server, address(t, 'ann'))
  t.strictSame(
    await secondFactors.lost.ask(request(), ann),
    { kind: 'available' },
    'nothing is lost without one'
  )
  const { secret } = await appOf(secondFactors, ann, now)
  const [recovery] = await secondFactors.newRecoveryCodes(ann.id)
  t.strictSame(await secondFactors.lost.stateOf(ann), { kind: 'available' })
  const waiting = { kind: 'waiting', until: START + 3 * DAY }
  t.strictSame(await secondFactors.lost.ask(request('de'), ann), waiting)
  const link = await server.linkTo(ann.email!)
  t.ok(link)
  const mails = () => smtp.messages.filter(({ to }) => to === ann.email)
  now += DAY
  t.strictSame(
    await secondFactors.lost.ask(request(), ann),
    waiting,
    'asking again changes nothing'
  )
  now = START + 3 * DAY - 1
  t.equal(
    await secondFactors.neededAfter(ann, 'local', {}),
    'verify',
    'not yet'
  )
  await server.app.mail.idle()
  t.equal(mails().length, 1)

  const linkSecret = new URL(link!).searchParams.get('link')!
  for (const wrong of ['', 'x', linkSecret.slice(1), 'A'.repeat(9_000)]) {
    t.equal(await secondFactors.lost.stop(wrong), undefined)
  }
  t.strictSame(await secondFactors.lost.stateOf(ann), waiting)
  t.equal(await secondFactors.lost.stop(linkSecret), ann.id)
  t.equal(await secondFactors.lost.stop(linkSecret), undefined)
  now += 2
  t.equal(
    await secondFactors.neededAfter(ann, 'local', {}),
    'verify',
    'it was stopped by the link'
  )

  for (const show of [recovery!, () => codeAt(secret, now)]) {
    await secondFactors.lost.ask(request(), ann)
    t.equal(await secondFactors.lost.stop(linkSecret), undefined, 'the link of an earlier request stops no later one')
    now += DAY
    t.ok(await secondFactors.verifyCode(ann.id, typeof show === 'string' ? show : show()))
    t.strictSame(
      await secondFactors.lost.stateOf(ann),
      { kind: 'available' },
      'whoever shows a factor has it'
    )
    now += 3 * DAY
    t.equal(await secondFactors.neededAfter(ann, 'local', {}), 'verify')
  }

  await secondFactors.lost.ask(request('de'), ann)
  now += 10 * DAY
  t.equal(
    await secondFactors.neededAfter(ann, 'local', {}),
    'verify',
    'it is open for a week'
  )
  await secondFactors.lost.ask(request('de'), ann)
  await server.app.mail.idle()
  now += 3 * DAY
  t.equal(
    (await secondFactors.list(ann.id)).length,
    1,
    'only a sign-in removes them'
  )
  t.equal(await secondFactors.neededAfter(ann, 'local', {}), 'nothing')
  t.strictSame(await secondFactors.list(ann.id), [])
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    undefined
  )
  await server.app.mail.idle()
  const removal = mails().filter(({ raw }) => raw.includes('Ihre zweiten Faktoren wurden entfernt'))
  t.equal(removal.length, 1, 'in the language in which it was asked for')
})

storageTest('whoever asks again and again uses up no mail that tells of it (SF-12)', async (t, start) => {
  let now = START
  const server = await startWithMail(smtp, start, { now: () => now, env: { AUTH_BACKEND: 'local' } })
  const { secondFactors, mail } = server.app
  const { lost } = secondFactors
  const ann = await userOf(server, address(t, 'often'))
  const { secret } = await appOf(secondFactors, ann, now)
  const mails = async () => {
    await mail.idle()
    return smtp.messages.filter(({ to }) => to === ann.email).length
  }
  const object = async () => lost.stop(new URL((await server.linkTo(ann.email!))!).searchParams.get('link')!)
  const show = () => secondFactors.verifyCode(ann.id, codeAt(secret, now))
  for (const [day, end] of [object, object, show, object, show].entries()) {
    t.match(await lost.ask(request(), ann), { kind: 'waiting' })
    t.equal(await mails(), day + 1, 'told each time')
    now += 30
    t.ok(await end())
    for (let n = 0; n < 5; n++) {
      t.strictSame(await lost.ask(request(), ann), { kind: 'unavailable' })
      now += 60
    }
    now += DAY
  }
})

storageTest('without mail or a verified address it is not offered (SF-12)', async (t, start) => {
  const silent = await start({ now: () => START })
  const bob = await userOf(silent, 'bob@example.com')
  await appOf(silent.app.secondFactors, bob, START)
  const server = await startWithMail(smtp, start, { now: () => START })
  const ann = await userOf(server, address(t, 'ann'))
  await appOf(server.app.secondFactors, ann, START)
  const unverified = { ...ann, emailVerified: false, identities: [] }
  for (const [{ app }, user] of [[silent, bob], [server, unverified]] as const) {
    t.strictSame(
      await app.secondFactors.lost.stateOf(user),
      { kind: 'unavailable' }
    )
    t.strictSame(
      await app.secondFactors.lost.ask(request(), user),
      { kind: 'unavailable' }
    )
    t.match(
      await app.storage.collection('secondFactors').find(user.id),
      { lost: undefined }
    )
  }
})

storageTest('of what no mail server took nobody was told: nothing is removed (SF-12)', async (t, start) => {
  let now = START
  const env = { AUTH_BACKEND: 'local', SMTP_URL: 'smtp://127.0.0.1:1' }
  const server = await startWithMail(smtp, start, { now: () => now, env })
  const { secondFactors, mail } = server.app
  const ann = await userOf(server, address(t, 'untold'))
  await appOf(secondFactors, ann, now)
  const waiting = { kind: 'waiting', until: START + 3 * DAY }
  t.strictSame(await secondFactors.lost.ask(request(), ann), waiting)
  await mail.idle()
  t.strictSame(await secondFactors.lost.stateOf(ann), waiting)
  now += 3 * DAY
  const needed = await secondFactors.neededAfter(ann, 'local', {})
  t.equal(needed, 'verify')
  const state = await secondFactors.lost.stateOf(ann)
  t.strictSame(state, { kind: 'available' }, 'it can be asked for again')
})

storageTest('of what one of their mailboxes did not take somebody was not told: nothing is removed (SF-12)', async (t, start) => {
  let now = START
  const server = await startWithMail(smtp, start, {
    now: () => now,
    env: { AUTH_BACKEND: 'local' }
  })
  const { secondFactors, mail } = server.app
  const users = lastingUsers(server.app)
  const { id } = await userOf(server, address(t, 'two'))
  await users.link(id, 'elsewhere', {
    subject: 'two',
    email: address(t, 'full'),
    emailVerified: true
  })
  const ann = (await users.find(id))!
  await appOf(secondFactors, ann, now)
  await secondFactors.lost.ask(request(), ann)
  await mail.idle()
  const taken = smtp.messages.filter(({ to }) => to === ann.email)
  t.equal(taken.length, 1, 'one took it')
  now += 3 * DAY
  t.equal(await secondFactors.neededAfter(ann, 'local', {}), 'verify')
  const state = await secondFactors.lost.stateOf(ann)
  t.strictSame(state, { kind: 'available' }, 'it can be asked for again')
})

storageTest('a clock that leaps removes nothing (SF-12, SG-12)', async (t, start) => {
  const clock = { now: START, steady: 0 }
  const server = await startWithMail(smtp, start, {
    now: () => clock.now,
    steady: () => clock.steady,
    env: { AUTH_BACKEND: 'local' }
  })
  const { secondFactors, mail } = server.app
  const ann = await userOf(server, address(t, 'leap'))
  await appOf(secondFactors, ann, clock.now)
  await secondFactors.lost.ask(request(), ann)
  await mail.idle()
  const needed = () => secondFactors.neededAfter(ann, 'local', {})
  clock.now -= 30 * DAY
  const state = await secondFactors.lost.stateOf(ann)
  t.strictSame(state, { kind: 'available' }, 'what was asked for in a time to come counts as nothing')
  clock.now += 30 * DAY
  clock.now += 4 * DAY
  t.equal(await needed(), 'verify')
  clock.now -= 4 * DAY
  t.equal(await needed(), 'verify')
  clock.now += 3 * DAY
  clock.steady += 3 * DAY
  t.equal(await needed(), 'nothing')
})
