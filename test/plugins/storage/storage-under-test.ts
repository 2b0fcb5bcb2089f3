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
  /** Adds entries without a topic to a journal, all at once. @param text of each, as it is stored. */
  fillJournal(name: string, entries: number, text?: string): Promise<void>
  /** How many keys or rows belong to a topic of that name, in any journal. */
  countTopics(topic: string): Promise<number>
}

const FILL = "for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2], 'topic', '') end"

const FILL_STEP = 5_000

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
    },
    async fillJournal (name, entries, text) {
      const db = new DatabaseSync(join(folder, 'oauth.db'), { timeout: 10_000 })
      db.prepare(`INSERT INTO journal (name, at, entry)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT ?, ?, coalesce(?, i) FROM n`)
        .run(entries, name, Date.now() / 1000, text ?? null)
      db.close()
    },
    async countTopics (topic) {
      const db = new DatabaseSync(join(folder, 'oauth.db'), { readOnly: true })
      const { n } = db.prepare('SELECT count(*) AS n FROM journal WHERE about = ?').get(topic)!
      db.close()
      return n as number
    }
  }
}

export async function redisPlace (redis: TestRedis): Promise<Place> {
  return {
    open: (told = log) => openRedisStorage(redis.url, told),
    arguments: ['redis', redis.url],
    async writeRaw (kind, id, value) {
      await redis.client.set(`mcp:${kind}:${id}`, value)
    },
    // Step by step: a member of a Cluster that does not answer for a second is replaced.
    async fillJournal (name, entries, text = '1') {
      for (let left = entries; left > 0; left -= FILL_STEP) {
        await redis.client.eval(FILL, 1, `mcp:journal:${name}`, Math.min(left, FILL_STEP), text)
      }
    },
    countTopics: async (topic) => (await redis.client.keys(`mcp:journal:*:${topic}`)).length
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
        },
        async fillJournal (name, entries, text = '1') {
          await Promise.any(nodes.map(({ client }) => client.eval(FILL, 1, `mcp:journal:${name}`, entries, text)))
        },
        async countTopics (topic) {
          const found = await Promise.all(nodes.map(({ client }) => client.keys(`mcp:journal:*:${topic}`)))
          return found.flat().length
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
