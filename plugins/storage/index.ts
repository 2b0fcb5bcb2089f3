// Picks the OAuth storage: Redis as soon as REDIS_URL is set, else SQLite under DATA_DIR. Decorates the app with it and
// with the sealing of secrets.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { StartError } from '../../errors.ts'
import { StorageUnavailable, type Log, type Storage } from './contract.ts'
import { keepTime, type HouseTime } from './monotonic-time.ts'
import { checkKey } from './key-check.ts'
import { migrate, migrations } from './migrations.ts'
import { observed, observers, type Observe } from './instrumented.ts'
import { rememberCheck } from './readiness.ts'
import { openSqliteStorage } from './sqlite/index.ts'
import { createSealing, loadGeneratedKey, type Sealing } from '../secrets.ts'

declare module 'fastify' {
  interface FastifyInstance {
    storage: Storage
    sealing: Sealing
    now: Clock
  }
}

type Options = Pick<Config, 'dataDir' | 'redisUrl' | 'secretKeys'> & { now: Clock }

/** The storage a configuration names. @throws StartError, or StorageUnavailable when it does not answer. */
export const openStorage = async (
  { dataDir, redisUrl }: Pick<Options, 'dataDir' | 'redisUrl'>,
  now: Clock,
  log: Log
): Promise<Storage> =>
  redisUrl === undefined
    ? openSqliteStorage(dataDir, now, log)
    : (await import('./redis/index.ts')).openRedisStorage(redisUrl, log)

export default fp(
  async function storage (app: FastifyInstance, { dataDir, redisUrl, secretKeys, now: machine }: Options) {
    let now = machine
    const opened = await openStorage({ dataDir, redisUrl }, () => now(), app.log)
    app.addHook('onClose', () => opened.close())
    const time = await firstUse(opened, machine, app.log)
    app.addHook('onClose', () => time.close())
    now = time.now
    const watching = [app.metrics?.observe, app.tracing?.observe].filter(
      (observe): observe is Observe => observe !== undefined
    )
    const watched = watching.length > 0 ? observed(opened, observers(watching)) : opened
    app.decorate('storage', { ...watched, check: rememberCheck(watched.check, now) })
    app.decorate('sealing', createSealing(secretKeys.length > 0 ? secretKeys : [loadGeneratedKey(dataDir)]))
    app.decorate('now', now)
    await checkKey(opened, app.sealing, app.log)
  },
  { name: 'storage' }
)

/** What is damaged inside shows here. @throws StartError that says where. */
async function firstUse (opened: Storage, machine: Clock, log: FastifyInstance['log']): Promise<HouseTime> {
  try {
    await migrate(opened, migrations, log)
    return await keepTime(opened, machine, log)
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error
    const { message } = (error.cause ?? error) as Error
    throw new StartError(
      `${opened.description} cannot be read: ${message}. If it is damaged, restore a backup: docs/operations.md`,
      { cause: error }
    )
  }
}
