// Readiness: however many ask, storage is asked once a second, by one look that all of them share, and what is
// remembered is a second old at most (threat ST-02).
import t from 'tap'
import { cacheCheck } from '../../../plugins/storage/readiness.ts'
import { storageTest } from '../../helpers/storages.ts'

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

storageTest('a thousand looks at the health endpoints are one look a second at storage (ST-02)', async (t, start) => {
  let time = 1_000_000
  const token = 'f3b1c9a07d5e42688e1d'
  const { app } = await start({ now: () => time, env: { METRICS_TOKEN: token } })
  const looks = async () => {
    const { body } = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } })
    return Number(/_count\{operation="check",outcome="\w+"\} (\d+)/.exec(body)?.[1] ?? 0)
  }
  for (let count = 0; count < 1_000; count++) { t.equal((await app.inject(count % 2 ? '/health' : '/health/ready')).statusCode, 200) }
  t.equal(await looks(), 1)
  time += 1
  await app.inject('/health/ready')
  t.equal(await looks(), 2)
})
