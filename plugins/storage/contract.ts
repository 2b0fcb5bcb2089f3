// What OAuth storage is: typed collections of JSON records with a lifetime, and one atomic step to change a record.
// Both implementations pass test/plugins/storage/contract.test.ts.

/**
 * Seconds until a record disappears, or `null` for a record that lives until its owner deletes
 * it.
 */
export type Lifetime = number | null

/**
 * What {@link Collection.update} should do with the record. Without `write` and `remove` the record stays as it is.
 */
export interface Change<T, R> {
  write?: { record: T; ttl: Lifetime }
  remove?: true
  /** Handed back to the caller of `update`. */
  result: R
}

/**
 * Records of one kind. A record that was stored under another kind is never returned, even for the same id.
 * Ids of secrets are SHA-256 hashes made by the caller; storage never sees the secret.
 * Every method throws {@link StorageUnavailable} when the storage cannot be reached: the change was not made, or may
 * have been.
 */
export interface Collection<T> {
  find(id: string): Promise<T | undefined>
  put(id: string, record: T, ttl: Lifetime): Promise<void>
  /** Writes only if there is no such record. @returns whether it was written. */
  create(id: string, record: T, ttl: Lifetime): Promise<boolean>
  /**
   * Reads and deletes in one step: of any number of callers, in any process, one gets the
   * record.
   */
  take(id: string): Promise<T | undefined>
  delete(id: string): Promise<void>
  /**
   * Reads, decides and writes in one step: no other writer comes between. `decide` must be pure and synchronous,
   * because it is called again when another writer won the race.
   */
  update<R>(id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R>
  /**
   * Every live record of this kind, in no order: for an operator's command, never for a
   * request.
   */
  all(): AsyncIterable<{ id: string; record: T }>
}

/** Adds `by` to the counter `key`, which is forgotten `ttl` seconds after it began. */
export interface Increment {
  key: string
  by: number
  ttl: number
}

/**
 * Events, oldest first. Beyond a number of entries and an age the oldest are dropped; the
 * bounds are each journal's own.
 */
export interface Journal<T> {
  /**
   * All or, when it throws, possibly some. `topic`: what an entry can be found by, for example the person it is about.
   */
  append(entries: ReadonlyArray<{ topic?: string | undefined; entry: T }>): Promise<void>
  /** The newest entries of a topic, newest first. */
  newest(topic: string, limit: number): Promise<T[]>
  /**
   * The newest entries of all, oldest first: for a page, which never reads everything.
   */
  latest(limit: number): Promise<T[]>
  /** Oldest first. @param topic only its entries, a few in memory at a time. */
  all(topic?: string): AsyncIterable<T>
  /** Deletes the entries of a topic. */
  forget(topic: string): Promise<void>
}

/**
 * One thing that is stored, in a form that every implementation can write and take. Times are seconds since the epoch.
 */
export type Entry =
  | { record: { kind: string; id: string; value: string }; expires: number | null }
  | { counter: string; n: number; expires: number }
  | { journal: string; topic?: string | undefined; entry: unknown }

/**
 * The whole of a storage, for backups and for a move from one implementation to the other. Never for a request.
 */
export interface StorageExport {
  /**
   * Everything that lives: SQLite as of one moment, Redis each entry as of its own. The server
   * may run meanwhile.
   */
  entries(): AsyncIterable<Entry>
  /** Adds entries; expired ones are left out. */
  load(entries: AsyncIterable<Entry>): Promise<void>
  /** Deletes everything. */
  clear(): Promise<void>
}

/** Where storage reports what the operator should know. */
export interface Log {
  warn(message: string): void
}

/** Vouches that what was read before is still current. */
export interface Watch {
  /**
   * Whether every change of others has been reported: on SQLite up to now, on Redis up to 100 ms ago at most. Reports
   * what is due first.
   */
  isCurrent(): boolean
  close(): void
}

export interface Storage extends StorageExport {
  /** For the start-up lines and the status page, for example `SQLite in ./data`. */
  readonly description: string
  collection<T>(kind: string): Collection<T>
  journal<T>(name: string): Journal<T>
  /**
   * @param changed called with the id of a record that another process may have changed; without an id, for all of them.
   */
  watch(kind: string, changed: (id?: string) => void): Promise<Watch>
  /** Each counter in one step. @returns their values afterwards, in the same order. */
  count(increments: readonly Increment[]): Promise<number[]>
  /** The values of counters, in the same order; 0 for one that does not exist. */
  counts(keys: readonly string[]): Promise<number[]>
  /**
   * Throws {@link StorageUnavailable} if records cannot be written and read just now. Adds nothing to what is stored.
   * `app.storage` asks once a second at most.
   */
  check(): Promise<void>
  close(): Promise<void>
}

/**
 * A journal keeps this many entries, a topic of it this many, and each for this many seconds
 * at most.
 */
export const JOURNAL_BOUNDS = { entries: 100_000, perTopic: 1_000, ageSeconds: 90 * 86_400 } as const

/**
 * Storage cannot be reached: answered 503 with Retry-After. Never a fallback, never a token
 * issued unrecorded.
 */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'
}

/**
 * There is no room for this: notes and documents stop growing before sign-ins do. What deletes
 * still works.
 */
export class StorageFull extends StorageUnavailable {}

/**
 * A stored record: its kind is part of the value, so that a value can never be read as another
 * kind.
 */
interface Envelope {
  kind: string
  record: unknown
}

export const encodeRecord = (kind: string, record: unknown): string =>
  JSON.stringify({ kind, record } satisfies Envelope)

/** @returns undefined for a value of another kind, and for one that is damaged. */
export function decodeRecord<T> (kind: string, value: string, log: Log): T | undefined {
  const envelope = decodeJson<Envelope | null>(kind, value, log)
  return envelope?.kind === kind ? (envelope.record as T) : undefined
}

/** A damaged value counts as absent: it lets no one in, and stops no one else. */
export function decodeJson<T> (kind: string, text: string, log: Log): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    log.warn(`a stored ${kind} is damaged (it is no JSON) and counts as absent`)
    return undefined
  }
}
