// Readiness: however many ask, storage is asked once a second, by one look that all of them share, and what is
// remembered is a second old at most (threat ST-02).
import t from 'tap'
import { cacheCheck } from '../../../plugins/storage/readiness.ts'

t.test('an answer that was given while the clock had leapt ahead is not repeated until then (SG-12)', async (t) => {
  let time = 1_800_086_400
  let isAway = false
  const check = cacheCheck(async () => { if (isAway) throw new Error('away') }, () => time)
  await check()
  time -= 86_400
  isAway = true
  await t.rejects(check(), { message: 'away' })
})

t.test('looks are shared, remembered for a second, and so are refusals (ST-02)', async (t) => {
  let time = 0
  let looks = 0
  let answer = Promise.withResolvers<void>()
  const check = cacheCheck(
    () => {
      looks++
      return answer.promise
    },
    () => time
  )
  const asked = [check(), check()]
  time += 30
  asked.push(check())
  t.equal(looks, 1, 'who asks while a slow storage is looked at waits for the same answer')
  answer.resolve()
  await Promise.all(asked)
  time += 0.9
  await check()
  t.equal(looks, 1)

  answer = Promise.withResolvers<void>()
  answer.reject(new Error('away'))
  time += 0.1
  await t.rejects(check(), { message: 'away' })
  time += 0.9
  await t.rejects(check(), { message: 'away' })
  t.equal(looks, 2, 'a storage that is away is not asked more often')

  answer = Promise.withResolvers<void>()
  answer.resolve()
  time += 0.1
  await check()
  t.equal(looks, 3, 'and it is back a second later')
})
