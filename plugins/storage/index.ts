// Picks the OAuth storage: Redis as soon as REDIS_URL is set, else SQLite under DATA_DIR. Decorates the app with it and with the sealing of secrets.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Storage } from './contract.ts'
import { openRedisStorage } from './redis.ts'
import { openSqliteStorage } from './sqlite.ts'
import { createSealing, loadGeneratedKey, type Sealing } from './sealing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    storage: Storage
    sealing: Sealing
    now: Clock
  }
}

type Options = Pick<Config, 'dataDir' | 'redisUrl' | 'secretKeys'> & { now: Clock }

export default fp(async function storage (app: FastifyInstance, { dataDir, redisUrl, secretKeys, now }: Options) {
  const opened = redisUrl === undefined ? openSqliteStorage(dataDir, now) : await openRedisStorage(redisUrl, app.log)
  app.decorate('storage', opened)
  app.decorate('sealing', createSealing(secretKeys.length > 0 ? secretKeys : [loadGeneratedKey(dataDir)]))
  app.decorate('now', now)
  app.addHook('onClose', () => opened.close())
}, { name: 'storage' })
