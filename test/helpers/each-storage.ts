// Runs a test on an opened storage without a server around it: once on SQLite, once on a real Redis.
import t, { type Test } from 'tap'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../../plugins/storage/contract.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { canHaveRedis, noRedis, startRedis } from './redis.ts'
import { folder } from './tool-context.ts'

let redis: ReturnType<typeof startRedis> | undefined
let prefixes = 0

/**
 * @param work `open` opens the same storage again, as another instance does. Redis keeps its own time, whatever `now`
 * says.
 */
export function eachStorage (
  name: string,
  work: (t: Test, open: (now: Clock) => Promise<Storage>) => Promise<void>
): void {
  redis ??= startRedis().then((started) => {
    t.teardown(() => started?.stop())
    return started
  })
  const closing = (t: Test, open: (now: Clock) => Storage | Promise<Storage>) => async (now: Clock) => {
    const storage = await open(now)
    t.teardown(() => storage.close())
    return storage
  }
  t.test(`${name} (SQLite)`, async (t) => {
    const place = await folder(t)
    return work(
      t,
      closing(t, (now) => openSqliteStorage(place, now))
    )
  })
  t.test(`${name} (Redis)`, { skip: canHaveRedis() ? false : noRedis }, async (t) => {
    const url = `${(await redis)!.url}each${prefixes++}:`
    return work(
      t,
      closing(t, () => openRedisStorage(url, { warn () {} }))
    )
  })
}
