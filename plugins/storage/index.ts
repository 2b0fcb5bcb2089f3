// Storage of everything the authorization server must remember: grants, clients, people, counters, journals. This room
// owns what a record is and how long it lives; others own its contents. Redis where REDIS_URL is set, otherwise SQLite in
// DATA_DIR, behind one contract and one suite of tests: single-use reads, one atomic read-decide-write step, lifetimes.
// Around the engine: migrations of what is stored, a clock that never goes back, caches and batches for hot paths.
// Decorates the app with `storage`, `sealing`, `now` and `settled`.
// Tested in test/plugins/storage/contract.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { StartError } from '../../errors.ts'
import { loadGeneratedKey } from '../generated-key.ts'
import { StorageUnavailable, type Log, type Storage } from './contract.ts'
import { createMonotonicTime, type MonotonicTime, type SettledTime } from './monotonic-time.ts'
import { checkKey } from './key-check.ts'
import { migrate, migrations } from './migrations.ts'
import { instrument, type Observe } from './instrumented.ts'
import { cacheCheck } from './readiness.ts'
import { openSqliteStorage } from './sqlite/index.ts'
import { createSealing, type Sealing } from '../secrets.ts'

declare module 'fastify' {
  interface FastifyInstance {
    storage: Storage
    sealing: Sealing
    now: Clock
    settled: SettledTime
  }
}

export interface StorageOptions extends Pick<Config, 'dataDir' | 'redisUrl' | 'secretKeys'> {
  /** The clock of the machine. */
  now: Clock
  /** Seconds that no setting of it moves. */
  steady: Clock
  /** See every operation, the first outermost. */
  observers?: readonly Observe[]
}

/** The storage a configuration names. @throws StartError, or StorageUnavailable when it does not answer. */
export const openStorage = async (
  { dataDir, redisUrl }: Pick<StorageOptions, 'dataDir' | 'redisUrl'>,
  now: Clock,
  log: Log
): Promise<Storage> =>
  redisUrl === undefined
    ? openSqliteStorage(dataDir, now, log)
    : (await import('./redis/index.ts')).openRedisStorage(redisUrl, log)

export default fp(
  async function storage (app: FastifyInstance, { dataDir, redisUrl, secretKeys, now: machine, steady, observers = [] }: StorageOptions) {
    let now = machine
    const opened = await openStorage({ dataDir, redisUrl }, () => now(), app.log)
    app.addHook('onClose', () => opened.close())
    const time = await openTime(opened, { now: machine, steady }, app.log)
    app.addHook('onClose', () => time.close())
    now = time.now
    const watched = instrument(opened, observers)
    app.decorate('storage', { ...watched, check: cacheCheck(watched.check, now) })
    app.decorate('sealing', createSealing(secretKeys.length > 0 ? secretKeys : [loadGeneratedKey(dataDir)]))
    app.decorate('now', now)
    app.decorate('settled', time.settled)
    await checkKey(opened, app.sealing, app.log)
  },
  { name: 'storage' }
)

/** Damage inside shows here. @throws StartError that says where. */
async function openTime (
  opened: Storage,
  { now, steady }: Pick<StorageOptions, 'now' | 'steady'>,
  log: FastifyInstance['log']
): Promise<MonotonicTime> {
  try {
    await migrate(opened, migrations, log)
    return await createMonotonicTime(opened, now, log, steady)
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error
    const { message } = (error.cause ?? error) as Error
    throw new StartError(
      `${opened.description} cannot be read: ${message}. If it is damaged, restore a backup: docs/operations.md`,
      { cause: error }
    )
  }
}
