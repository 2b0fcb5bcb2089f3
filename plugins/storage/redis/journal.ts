// The journals and counters of the Redis storage: a stream a journal and one a topic, and a key a counter. No step
// touches two keys.
// Tested in test/plugins/storage/journals-contract.ts.
import { decodeJson, JOURNAL_BOUNDS, type Journal, type Log, type Storage } from '../contract.ts'
import type { Client } from './connection.ts'

/** KEYS[1]; ARGV: increment, lifetime in ms. The lifetime begins with the counter. */
export const TALLY = `
local n = redis.call('INCRBY', KEYS[1], ARGV[1])
if n == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return n`

/**
 * KEYS[1]; ARGV: how many entries are kept, then each entry and its topic. One command for many: a call for each would
 * cost more than the event it records. Returns the id of the last one, which begins with the time of Redis.
 */
export const RECORD = `
local id = ''
for i = 2, #ARGV, 2 do
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'entry', ARGV[i], 'topic', ARGV[i + 1])
end
return id`

/**
 * KEYS[1]; ARGV: the lowest id that stays. A stream without entries would be a key that
 * nothing deletes.
 */
export const SHORTEN = `
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end`

const PAGE = 500
/** Entries of a topic: whoever does not read on holds them. */
const TOPIC_PAGE = 50
/** How far the clocks of two members of a Cluster may differ: the journal and its topics may be on two. */
const CLOCK_SKEW_MS = 60_000
/** For a journal that no one has shortened since it was written. */
const MAX_ENTRIES = 2 * JOURNAL_BOUNDS.entries
export const counterKey = (key: string) => `mcp:counter:${key}`
export const journalKey = (name: string, topic?: string) =>
  `mcp:journal:${name}${topic === undefined ? '' : `:${topic}`}`

type StreamEntry = [id: string, fields: string[]]

/** @param guarded turns what Redis throws into StorageUnavailable. */
export function openRedisJournals (
  redis: Client,
  guarded: <R>(command: Promise<R>) => Promise<R>,
  log: Log
): Pick<Storage, 'journal' | 'count' | 'counts'> {
  /** @param written each entry as JSON, and its topic. Not all at once: Redis does nothing else meanwhile. */
  const add = async (key: string, most: number, written: string[]) => {
    let id = ''
    for (let first = 0; first < written.length; first += PAGE) {
      id = await guarded(redis.record(key, most, ...written.slice(first, first + PAGE)))
    }
    return id
  }

  const pages = (name: string, topic?: string) => pagesOf(redis, guarded, name, topic)

  function journal<T> (name: string): Journal<T> {
    const entryOf = decoder<T>(name, log)
    return {
      async append (entries) {
        const { all, byTopic } = arrange(entries)
        await Promise.all(
          [...byTopic].map(async ([topic, written]) => {
            await add(journalKey(name, topic), JOURNAL_BOUNDS.perTopic, written)
            await guarded(redis.expire(journalKey(name, topic), JOURNAL_BOUNDS.ageSeconds))
          })
        )
        const oldest = oldestAfter(await add(journalKey(name), MAX_ENTRIES, all))
        if (oldest > 0) await guarded(redis.xtrim(journalKey(name), 'MINID', '~', oldest))
        await shorten(redis, guarded, name)
      },
      async newest (topic, limit) {
        const found = await guarded(redis.xrevrange(journalKey(name, topic), '+', '-', 'COUNT', limit))
        return found.map(([, fields]) => entryOf(fields)).filter((entry) => entry !== undefined)
      },
      async latest (limit) {
        const found = await guarded(redis.xrevrange(journalKey(name), '+', '-', 'COUNT', limit))
        return found.map(([, fields]) => entryOf(fields)).filter((entry) => entry !== undefined).reverse()
      },
      async * all (topic) {
        for await (const [, fields] of pages(name, topic)) {
          const entry = entryOf(fields)
          if (entry !== undefined) yield entry
        }
      },
      async forget (topic) {
        for await (const [id, fields] of candidatesOf(redis, guarded, name, topic)) {
          if (topicOf(fields) === topic) await guarded(redis.xdel(journalKey(name), id))
        }
        await guarded(redis.del(journalKey(name, topic)))
      }
    }
  }

  return {
    journal,
    count: (increments) =>
      Promise.all(
        increments.map(({ key, by, ttl }) => guarded(redis.tally(counterKey(key), by, Math.ceil(ttl * 1000))))
      ),
    counts: async (keys) =>
      (await Promise.all(keys.map((key) => guarded(redis.get(counterKey(key)))))).map((value) => Number(value ?? 0))
  }
}

/**
 * @param id of the newest entry, by the clock of Redis.
 * @returns the time of the oldest that stays, by the earlier of both clocks: one that has leapt ahead must not delete everything.
 */
const oldestAfter = (id: string): number =>
  Math.min(Number.parseInt(id, 10), Date.now()) - JOURNAL_BOUNDS.ageSeconds * 1000

/**
 * What is beyond the bound leaves its topic first: a topic that has nothing left has no key.
 */
async function shorten (
  redis: Client,
  guarded: <R>(command: Promise<R>) => Promise<R>,
  name: string
): Promise<void> {
  for (;;) {
    const tooMany = (await guarded(redis.xlen(journalKey(name)))) - JOURNAL_BOUNDS.entries
    if (tooMany <= 0) return
    const page = await guarded(redis.xrange(journalKey(name), '-', '+', 'COUNT', Math.min(tooMany, PAGE)))
    const topics = new Set(page.flatMap(([, fields]) => topicOf(fields) ?? []))
    // An entry was written to its topic before the journal, so its id there is of the same
    // millisecond or earlier.
    const next = `${Number.parseInt(page.at(-1)![0], 10) + 1}`
    await Promise.all([...topics].map((topic) => guarded(redis.shorten(journalKey(name, topic), next))))
    await guarded(redis.xdel(journalKey(name), ...page.map(([id]) => id)))
  }
}

export const decoder =
  <T>(name: string, log: Log) =>
    (fields: string[]): T | undefined =>
      decodeJson<T>(`entry of the journal ${name}`, fieldOf(fields, 'entry') ?? '', log)

function fieldOf (fields: string[], name: string): string | undefined {
  const index = fields.indexOf(name)
  return index === -1 ? undefined : fields[index + 1]
}

/** @param fields of an entry. @returns undefined for one without a topic, which is stored as an empty text. */
export const topicOf = (fields: string[]): string | undefined => fieldOf(fields, 'topic') || undefined

/** Each entry as JSON and its topic: in the order of all, and of each topic. */
function arrange (entries: ReadonlyArray<{ topic?: string | undefined; entry: unknown }>) {
  const all: string[] = []
  const byTopic = new Map<string, string[]>()
  for (const { topic = '', entry } of entries) {
    const written = [JSON.stringify(entry), topic]
    all.push(...written)
    if (topic === '') continue
    const before = byTopic.get(topic)
    if (before) before.push(...written)
    else byTopic.set(topic, [...written])
  }
  return { all, byTopic }
}

/**
 * The entries of a journal that can be of a topic: the oldest, which the topic may have lost already, and those since it began.
 * Not all: whoever deletes an account and makes another would have a hundred thousand read each time.
 */
async function * candidatesOf (
  redis: Client,
  guarded: <R>(command: Promise<R>) => Promise<R>,
  name: string,
  topic: string
): AsyncGenerator<StreamEntry> {
  const [first] = await guarded(redis.xrange(journalKey(name, topic), '-', '+', 'COUNT', 1))
  const isWhole = (await guarded(redis.xlen(journalKey(name, topic)))) < JOURNAL_BOUNDS.perTopic
  const oldest = await guarded(redis.xrange(journalKey(name), '-', '+', 'COUNT', PAGE))
  yield * oldest
  if (!first || oldest.length < PAGE) return
  const [last, began] = [oldest.at(-1)!, first].map(([id]) => Number.parseInt(id, 10)) as [number, number]
  // What is of the same millisecond comes twice.
  yield * pagesOf(redis, guarded, name, undefined, `${isWhole ? Math.max(last, began - CLOCK_SKEW_MS) : last}`)
}

/** Every entry of a stream, oldest first. @param from the id of the first. */
async function * pagesOf (
  redis: Client,
  guarded: <R>(command: Promise<R>) => Promise<R>,
  name: string,
  topic: string | undefined,
  from = '-'
): AsyncGenerator<StreamEntry> {
  const key = journalKey(name, topic)
  const size = topic === undefined ? PAGE : TOPIC_PAGE
  for (let after = from; ;) {
    const page: StreamEntry[] = await guarded(redis.xrange(key, after, '+', 'COUNT', size))
    yield * page
    if (page.length < size) return
    after = `(${page.at(-1)![0]}`
  }
}
