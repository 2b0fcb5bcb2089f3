// Guessing codes takes years, and keeps nobody out. On SQLite and on Redis.
import t from 'tap'
import { waitAfterGuesses, withFailure } from '../../../plugins/second-factors/guesses.ts'
import { appOf, codeAt, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const START = 1_800_000_000

storageTest('wrong codes make the next wait longer, a recovery code or a day’s rest help (SF-05)', async (t, start) => {
  let now = START
  const server = await start({ now: () => now })
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { secret } = await appOf(secondFactors, ann, now)
  const [recovery] = await secondFactors.newRecoveryCodes(ann.id)
  now += 60
  const right = new Set([-30, 0, 30].map((seconds) => codeAt(secret, now + seconds)))
  const wrong = ['000000', '000001', '000002', '000003'].find((code) => !right.has(code))!
  for (let tries = 0; tries < 5; tries++) t.equal(await secondFactors.verifyCode(ann.id, wrong), undefined)
  const record = () => server.app.storage.collection('secondFactors').find(ann.id)
  const before = await record()
  await t.rejects(
    secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    { code: 'too_many_requests', message: /Wait 30 seconds/ }
  )
  t.strictSame(
    await record(),
    before,
    'what is sent meanwhile counts as nothing, right or wrong'
  )
  for (const [wait, next] of [[30, 60], [60, 120], [120, 240]] as const) {
    now += wait
    t.equal(await secondFactors.verifyCode(ann.id, wrong), undefined)
    await t.rejects(
      secondFactors.verifyCode(ann.id, wrong),
      { code: 'too_many_requests', message: new RegExp(`Wait ${next} seconds`) }
    )
  }
  t.equal(
    await secondFactors.verifyCode(ann.id, recovery!),
    'recovery code',
    'nobody is locked out'
  )
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    'app',
    'and guesses count from the beginning'
  )
  for (let tries = 0; tries < 40; tries++, now += 3_600) {
    t.equal(
      await secondFactors.verifyCode(ann.id, '99999x'),
      undefined,
      'what is no code is no guess'
    )
    await secondFactors.verifyCode(ann.id, wrong).catch(() => {})
  }
  now += 1
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    'app',
    'an hour at most'
  )
})

t.test('what was guessed while the clock had leapt holds nobody back afterwards (SG-12)', async (t) => {
  const at = START + 365 * 86_400
  t.equal(waitAfterGuesses({ count: 9, at }, at + 1), 479)
  t.equal(waitAfterGuesses({ count: 9, at }, START), 0)
})

t.test('five guesses are free, then the wait doubles from half a minute to an hour; a day without one forgets them (SF-05)', (t) => {
  const at = START
  t.same([0, 4, 5, 6, 11, 12, 100].map((count) => waitAfterGuesses({ count, at }, at)), [0, 0, 30, 60, 1_920, 3_600, 3_600])
  t.same([3_599, 3_600].map((later) => waitAfterGuesses({ count: 100, at }, at + later)), [1, 0])
  const counted = (later: number) => withFailure({ count: 7, at }, at + later).count
  t.same([counted(0), counted(86_399), counted(86_400)], [8, 8, 1])
  t.end()
})
