// The journals and counters of the Redis storage: a stream a journal and one a topic, and a key a counter. No step touches two keys.
import { JOURNAL_BOUNDS, type Journal, type Storage } from './contract.ts'
import type { Client } from './redis.ts'

/** KEYS[1]; ARGV: increment, lifetime in ms. The lifetime begins with the counter. */
export const TALLY = `
local n = redis.call('INCRBY', KEYS[1], ARGV[1])
if n == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return n`

const PAGE = 500
export const counterKey = (key: string) => `mcp:counter:${key}`
export const journalKey = (name: string, topic?: string) => `mcp:journal:${name}${topic === undefined ? '' : `:${topic}`}`

type StreamEntry = [id: string, fields: string[]]

/** @param guarded turns what Redis throws into StorageUnavailable. */
export function openRedisJournals (redis: Client, guarded: <R>(command: Promise<R>) => Promise<R>): Pick<Storage, 'journal' | 'count' | 'counts'> {
  const add = (key: string, most: number, topics: readonly string[], entry: string) =>
    guarded(redis.xadd(key, 'MAXLEN', '~', most, '*', 'entry', entry, 'topics', JSON.stringify(topics)))

  async function * pages (name: string): AsyncGenerator<StreamEntry> {
    for (let after = '-'; ;) {
      const page: StreamEntry[] = await guarded(redis.xrange(journalKey(name), after, '+', 'COUNT', PAGE))
      yield * page
      if (page.length < PAGE) return
      after = `(${page.at(-1)![0]}`
    }
  }

  function journal<T> (name: string): Journal<T> {
    return {
      async append (entries) {
        const written = entries.flatMap(({ topics, entry }) => {
          const text = JSON.stringify(entry)
          return [add(journalKey(name), JOURNAL_BOUNDS.entries, topics, text), ...topics.map((topic) => add(journalKey(name, topic), JOURNAL_BOUNDS.perTopic, topics, text))]
        })
        const topics = new Set(entries.flatMap((entry) => entry.topics))
        const oldest = Date.now() - JOURNAL_BOUNDS.age * 1000
        await Promise.all([
          ...written,
          ...[...topics].map((topic) => guarded(redis.expire(journalKey(name, topic), JOURNAL_BOUNDS.age))),
          guarded(redis.xtrim(journalKey(name), 'MINID', '~', oldest))
        ])
      },
      async newest (topic, limit) {
        const found = await guarded(redis.xrevrange(journalKey(name, topic), '+', '-', 'COUNT', limit))
        return found.map(([, fields]) => entryOf<T>(fields))
      },
      async * all () {
        for await (const [, fields] of pages(name)) yield entryOf<T>(fields)
      },
      async forget (topic) {
        for await (const [id, fields] of pages(name)) {
          if (topicsOf(fields).includes(topic)) await guarded(redis.xdel(journalKey(name), id))
        }
        await guarded(redis.del(journalKey(name, topic)))
      }
    }
  }

  return {
    journal,
    count: (increments) => Promise.all(increments.map(({ key, by, ttl }) => guarded(redis.tally(counterKey(key), by, Math.ceil(ttl * 1000))))),
    counts: async (keys) => (await Promise.all(keys.map((key) => guarded(redis.get(counterKey(key)))))).map((value) => Number(value ?? 0))
  }
}

const fieldOf = (fields: string[], name: string): string => fields[fields.indexOf(name) + 1]!
const entryOf = <T>(fields: string[]): T => JSON.parse(fieldOf(fields, 'entry')) as T
const topicsOf = (fields: string[]): string[] => JSON.parse(fieldOf(fields, 'topics')) as string[]
