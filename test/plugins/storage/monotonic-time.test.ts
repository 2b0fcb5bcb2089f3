// The clock of an installation: over a restart, too, it never goes back, and a clock that leaps is not trusted at once
// (threat SG-12).
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createMonotonicTime, createSettledTime } from '../../../plugins/storage/monotonic-time.ts'
import { openRedisStorage } from '../../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { noRedis, startRedis } from '../../helpers/redis.ts'
import { folder } from '../../helpers/tool-context.ts'

const log = { warn () {} }
const redis = await startRedis()
t.teardown(() => redis?.stop())

for (const [name, open] of [
  [
    'SQLite',
    async (t: Test) => {
      const place = await folder(t)
      return async () => openSqliteStorage(place, () => 0)
    }
  ],
  ['Redis', redis && (async () => () => openRedisStorage(redis.url, log))]
] as const) {
  t.test(
    `over a restart, too, time never runs backwards (${name}) (SG-12)`,
    { skip: open ? false : noRedis },
    async (t) => {
      const start = await open!(t)
      let steady = 0
      const warnings: string[] = []
      /** One process: it starts with the machine's clock at `time`, runs, and ends. */
      const run = async (time: number, seconds = 0) => {
        let machine = time
        const storage = await start()
        const kept = await createMonotonicTime(
          storage,
          () => machine,
          {
            warn: (line) => {
              warnings.push(line)
            }
          },
          () => steady
        )
        machine += seconds
        steady += seconds
        const seen = kept.now()
        await kept.close()
        await storage.close()
        return seen
      }
      const began = 1_800_000_000
      t.equal(await run(began, 100), began + 100)
      t.same(warnings, [])
      t.equal(await run(began - 86_400, 60), began + 160, 'a clock a day behind: it goes on from where it was')
      t.match(warnings.at(-1), /the clock of this machine is 86500 seconds behind/)
      t.equal(await run(began + 1_000, 10), began + 1_010, 'and follows the clock again when that is right')

      t.equal(await run(began + 90 * 86_400, 60), began + 90 * 86_400 + 60, 'after a long absence the clock counts')
      t.equal(await run(began + 2_000), began + 2_000, 'but is noted only once it has stayed: it may have been wrong')
      t.equal(await run(began + 90 * 86_400, 1_000), began + 90 * 86_400 + 1_000)
      t.equal(await run(began), began + 90 * 86_400 + 1_000, 'by now it has')
    }
  )
}

/** @returns what the time is that counts, from the start, after so many seconds and a leap. */
function place (noted?: number) {
  const began = 1_800_000_000
  const at = { time: began, steady: 0 }
  const settled = createSettledTime(() => at.time, () => at.steady, noted)
  const pass = (seconds: number, leap = 0) => {
    at.time += seconds + leap
    at.steady += seconds
    return settled.now() - began
  }
  return { pass, isPresent: settled.isPresent, began }
}
const [DAYS, HOUR] = [100 * 86_400, 3_600]

t.test('a clock that leaps is not trusted with what cannot be undone until it has stayed (SG-12)', async (t) => {
  const { pass, isPresent } = place()
  t.equal(pass(60), 60)
  t.equal(pass(60, 300), 420, 'so little is no leap')
  t.equal(pass(60, DAYS), 420, 'a hundred days at once')
  t.equal(isPresent(), false)
  t.equal(pass(60, -DAYS), 480, 'and back')
  t.equal(pass(60), 540)
  t.equal(isPresent(), false)
  t.equal(pass(781), 1_381, 'as if it had not leapt')
  t.equal(isPresent(), true, 'it has stayed for 15 minutes')
  t.equal(pass(60, HOUR), 1_381, 'a machine that slept')
  t.equal(pass(899), 1_381 + 899)
  t.equal(pass(1), 1_381 + 960 + HOUR, 'is believed after a while')
})

t.test('a machine that sleeps again and again is believed as well: each leap for itself', async (t) => {
  const { pass, isPresent } = place()
  for (let wake = 0; wake < 3; wake++) {
    pass(0, HOUR)
    pass(360)
  }
  t.equal(pass(0), HOUR + 1_080, 'the first has stayed, the others have not')
  t.equal(isPresent(), false)
  t.equal(pass(0, -3 * HOUR), 1_080, 'never later than the clock itself')
})

t.test('after a long absence time goes on from what was noted, until the clock has stayed', async (t) => {
  for (const [absence, first] of [[30 * 86_400 - 1, 60], [30 * 86_400, 60 - 30 * 86_400]] as const) {
    const { pass, began, isPresent } = place(1_800_000_000 - absence)
    t.equal(pass(60), first, `${absence} seconds before ${began}`)
    t.equal(isPresent(), first === 60)
    t.equal(pass(840), 900)
    t.equal(isPresent(), true)
  }
})

t.test('a second between two readings is no setback', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 0)
  t.teardown(() => storage.close())
  const warnings: string[] = []
  const warn = (line: string) => warnings.push(line)
  const start = async (time: number) => {
    const { close } = await createMonotonicTime(storage, () => time, { warn })
    await close()
  }
  await start(1_800_000_001)
  await start(1_800_000_000)
  t.same(warnings, [])
  await start(1_799_999_999)
  t.equal(warnings.length, 1)
})

t.test('a time that cannot be noted ends neither the server nor its end', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let tries = 0
  const update = async () => {
    tries++
    throw new Error('away')
  }
  const storage = { collection: () => ({ find: async () => undefined, update }) }
  const time = await createMonotonicTime(storage as never, () => 1_000, log, () => 0)
  const before = tries
  mock.timers.tick(60_000)
  t.equal(tries, before + 1)
  await new Promise(setImmediate)
  await time.close()
  t.equal(tries, before + 2)
  mock.timers.tick(60_000)
  t.equal(tries, before + 2, 'it has ended')
})
