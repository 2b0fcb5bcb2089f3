// The places where the contract of storage is tested: SQLite, Redis and Redis Cluster, and processes that race for them.
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { monotonicClock } from '../../../clock.ts'
import type { Log, Storage } from '../../../plugins/storage/contract.ts'
import { openRedisStorage } from '../../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { startCluster } from '../../helpers/redis-cluster.ts'
import type { TestRedis } from '../../helpers/redis.ts'

const log = { warn () {} }

/** Where a storage is: opened several times, and by several processes. */
export interface Place {
  open(log?: Log): Promise<Storage>
  arguments: string[]
  writeRaw(kind: string, id: string, value: string): Promise<void>
}

export async function sqlitePlace (t: Test): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-storage-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return {
    open: async (told = log) => openSqliteStorage(folder, monotonicClock, told),
    arguments: ['sqlite', folder],
    async writeRaw (kind, id, value) {
      const db = new DatabaseSync(join(folder, 'oauth.db'))
      db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, NULL)').run(kind, id, value)
      db.close()
    }
  }
}

export async function redisPlace (redis: TestRedis): Promise<Place> {
  return {
    open: (told = log) => openRedisStorage(redis.url, told),
    arguments: ['redis', redis.url],
    async writeRaw (kind, id, value) {
      await redis.client.set(`mcp:${kind}:${id}`, value)
    }
  }
}

export const clusterPlace =
  (masters: number, isNamedWhole = true) =>
    async (t: Test): Promise<Place> => {
      const { url: urls, masters: nodes, stop } = await startCluster(masters)
      t.teardown(stop)
      const url = isNamedWhole ? urls : urls.split(',')[0]!
      return {
        open: (told = log) => openRedisStorage(url, told),
        arguments: ['redis', url],
        async writeRaw (kind, id, value) {
        // The member that holds the key takes it; the others say MOVED.
          await Promise.any(nodes.map(({ client }) => client.set(`mcp:${kind}:${id}`, value)))
        }
      }
    }

/** Processes that all do the same to one storage. @returns what each counted. */
export async function race (place: Place, work: string, rounds: number, processes = 3): Promise<number[]> {
  return Promise.all(
    Array.from(
      { length: processes },
      () =>
        new Promise<number>((resolve, reject) => {
          const child = fork(join(import.meta.dirname, '../../helpers/storage-racer.ts'), [
            ...place.arguments,
            work,
            String(rounds)
          ])
          child.once('message', (count) => resolve(count as number))
          child.once('exit', (code) => reject(new Error(`a racer ended with ${code}`)))
        })
    )
  )
}

export interface StorageUnderTest {
  place: Place
  storage: Storage
}
