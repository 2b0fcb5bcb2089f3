// The whole of the Redis storage, exported and loaded key by key, from every member of a Cluster. Each record is
// independent, so they need not be read at the same moment.
// Tested in test/plugins/storage/journals-contract.ts.
import type { Entry, Log, StorageExport, Storage } from '../contract.ts'
import { counterKey, decoder, journalKey, topicOf } from './journal.ts'
import { scanKeys, type Client } from './connection.ts'

const BATCH = 200
const PAGE = 500
const PREFIX = 'mcp:'

type Guard = <R>(command: Promise<R>) => Promise<R>

export function redisExport (redis: Client, { journal }: Pick<Storage, 'journal'>, guarded: Guard, log: Log): StorageExport {
  const read = createReader(redis, guarded, log)

  async function write (entries: Entry[]): Promise<void> {
    await Promise.all(entries.map((entry) => writeKey(redis, guarded, entry)))
    // The entries of a journal keep their order.
    for (const entry of entries) {
      if ('journal' in entry) await journal(entry.journal).append([{ topic: entry.topic, entry: entry.entry }])
    }
  }

  return {
    async * entries () {
      for await (const key of scanKeys(redis, `${PREFIX}*`, guarded)) yield * read(key)
    },
    async load (entries) {
      const batch: Entry[] = []
      for await (const entry of entries) {
        batch.push(entry)
        if (batch.length === BATCH) await write(batch.splice(0))
      }
      await write(batch)
    },
    async clear () {
      for await (const key of scanKeys(redis, `${PREFIX}*`, guarded)) await guarded(redis.del(key))
    }
  }
}

function createReader (redis: Client, guarded: Guard, log: Log): (key: string) => AsyncGenerator<Entry> {
  /** Seconds since the epoch, or `null`; undefined when the key is gone. */
  async function expiryOf (key: string): Promise<number | null | undefined> {
    const left = await guarded(redis.pttl(key))
    return left === -2 ? undefined : left === -1 ? null : (Date.now() + left) / 1000
  }

  async function * readJournal (key: string): AsyncGenerator<Entry> {
    const journal = key.slice(journalKey('').length)
    const entryOf = decoder<unknown>(journal, log)
    for (let after = '-'; ;) {
      const page = await guarded(redis.xrange(key, after, '+', 'COUNT', PAGE))
      for (const [, fields] of page) {
        const topic = topicOf(fields)
        const entry = entryOf(fields)
        if (entry !== undefined) yield { journal, ...(topic !== undefined && { topic }), entry }
      }
      if (page.length < PAGE) return
      after = `(${page.at(-1)![0]}`
    }
  }

  return async function * read (key) {
    if (key.startsWith(journalKey(''))) {
      // The stream of a topic only repeats what is in that of its journal.
      if (!key.slice(journalKey('').length).includes(':')) yield * readJournal(key)
      return
    }
    // Only strings are records: everything else is what instances send each other while they run.
    if ((await guarded(redis.type(key))) !== 'string') return
    const [value, expires] = [await guarded(redis.get(key)), await expiryOf(key)]
    if (value === null || expires === undefined) return
    if (key.startsWith(counterKey(''))) {
      if (expires !== null) yield { counter: key.slice(counterKey('').length), n: Number(value), expires }
    } else {
      const [kind, ...id] = key.slice(PREFIX.length).split(':')
      yield { record: { kind: kind!, id: id.join(':'), value }, expires }
    }
  }
}

/** Writes a record or a counter, unless it has expired. */
async function writeKey (redis: Client, guarded: Guard, entry: Entry): Promise<void> {
  const leftMs = (expires: number) => Math.ceil(expires * 1000 - Date.now())
  if ('record' in entry) {
    const { kind, id, value } = entry.record
    const key = `${PREFIX}${kind}:${id}`
    if (entry.expires === null) await guarded(redis.set(key, value))
    else if (leftMs(entry.expires) > 0) await guarded(redis.set(key, value, 'PX', leftMs(entry.expires)))
  } else if ('counter' in entry && leftMs(entry.expires) > 0) {
    await guarded(redis.set(counterKey(entry.counter), entry.n, 'PX', leftMs(entry.expires)))
  }
}
