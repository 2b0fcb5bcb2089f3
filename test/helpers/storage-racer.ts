// One of several processes that do the same to one storage at once: takes single-use records, or counts up a shared
// one.
import { monotonicClock } from '../../clock.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'

const [kind, place, work, rounds] = process.argv.slice(2) as [string, string, string, string]
const storage =
  kind === 'redis' ? await openRedisStorage(place, { warn () {} }) : openSqliteStorage(place, monotonicClock)
const things = storage.collection<{ n: number }>('thing')
let count = 0
for (let round = 0; round < Number(rounds); round++) {
  if (work === 'take') count += (await things.take(`single-${round}`)) ? 1 : 0
  else {
    await things.update('shared', (found) => ({
      write: { record: { n: (found?.n ?? 0) + 1 }, ttl: 600 },
      result: undefined
    }))
  }
}
await storage.close()
process.send!(count, () => process.disconnect())
