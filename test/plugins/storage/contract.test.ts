// One contract for OAuth storage, passed by SQLite, a real Redis and a real Redis Cluster: single use, kinds, lifetimes, and
// races between processes (threats WB-01, WB-04, SG-10, SG-11).
import t, { type Test } from 'tap'
import { canHaveRedis, noRedis, startRedis } from '../../helpers/redis.ts'
import { journalsContract } from './journals-contract.ts'
import { recordsContract } from './records-contract.ts'
import { clusterPlace, redisPlace, sqlitePlace, type Place } from './storage-under-test.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

const places: Array<[string, ((t: Test) => Promise<Place>) | undefined]> = [
  ['SQLite', sqlitePlace],
  ['Redis', redis && (() => redisPlace(redis))],
  ['Redis Cluster of one process with all slots', canHaveRedis() ? clusterPlace(1) : undefined],
  ['Redis Cluster of three', canHaveRedis() ? clusterPlace(3) : undefined],
  ['Redis Cluster of three, of which one is named', canHaveRedis() ? clusterPlace(3, false) : undefined]
]
for (const [name, makePlace] of places) {
  t.test(name, { skip: makePlace ? false : noRedis }, async (t) => {
    const place = await makePlace!(t)
    const storage = await place.open()
    t.teardown(() => storage.close())
    await recordsContract(t, { place, storage })
    await journalsContract(t, { place, storage })
  })
}
