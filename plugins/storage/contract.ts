// What OAuth storage is: typed collections of JSON records with a lifetime, and one atomic step to change a record. Both implementations pass test/plugins/storage.test.ts.

/** Seconds until a record disappears, or `null` for a record that lives until its owner deletes it. */
export type Lifetime = number | null

/** What {@link Collection.update} shall do with the record it was shown. Leaving out `write` and `remove` leaves the record as it is. */
export interface Change<T, R> {
  write?: { record: T, ttl: Lifetime }
  remove?: true
  /** Handed back to the caller of `update`. */
  result: R
}

/**
 * Records of one kind. A record that was stored under another kind is never returned, whatever its id.
 * Ids of secrets are SHA-256 hashes made by the caller; storage never sees the secret.
 * Every method throws {@link StorageUnavailable} when the storage cannot be reached, having changed nothing or not knowing.
 */
export interface Collection<T> {
  find (id: string): Promise<T | undefined>
  put (id: string, record: T, ttl: Lifetime): Promise<void>
  /** Writes only if there is no such record. @returns whether it was written. */
  create (id: string, record: T, ttl: Lifetime): Promise<boolean>
  /** Reads and deletes in one step: of any number of callers, in any process, one gets the record. */
  take (id: string): Promise<T | undefined>
  delete (id: string): Promise<void>
  /**
   * Reads, decides and writes in one step: no other writer comes between. `decide` must be pure and synchronous,
   * because it is called again when another writer won the race.
   */
  update<R> (id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R>
}

export interface Storage {
  /** For the start-up lines and the status page, for example `SQLite in ./data`. */
  readonly description: string
  collection<T> (kind: string): Collection<T>
  /** Throws {@link StorageUnavailable} if a record cannot be written and read just now. */
  check (): Promise<void>
  close (): Promise<void>
}

/** Storage is away: answered 503 with Retry-After. Never a fallback, never a token issued unrecorded. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'
}

/** A stored record: its kind is part of the value, so that a value can never be read as another kind. */
interface Envelope { kind: string, record: unknown }

export const encodeRecord = (kind: string, record: unknown): string => JSON.stringify({ kind, record } satisfies Envelope)

/** @returns undefined for a value of another kind. */
export function decodeRecord<T> (kind: string, value: string): T | undefined {
  const envelope = JSON.parse(value) as Envelope
  return envelope.kind === kind ? envelope.record as T : undefined
}
