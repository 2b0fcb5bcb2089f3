// OAuth storage in one SQLite file: nothing to install, survives `kill -9`, several processes may share it.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { decodeRecord, encodeRecord, StorageUnavailable, type Change, type Collection, type Lifetime, type Storage } from './contract.ts'
import { openSqliteCache, type SqliteCache } from './sqlite-cache.ts'
import { createCommits, type Commits } from './sqlite-commits.ts'
import { JOURNAL_SCHEMA, openSqliteJournals } from './sqlite-journal.ts'
import { sqlitePortable } from './sqlite-portable.ts'

const SWEEP_EVERY_MS = 60_000
const SWEEP_ROWS = 5_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, expires REAL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
${JOURNAL_SCHEMA}`

interface Statements { all: StatementSync, find: StatementSync, put: StatementSync, create: StatementSync, take: StatementSync, remove: StatementSync, sweep: StatementSync }

/** @param dataDir folder of the database file; made if missing. */
export function openSqliteStorage (dataDir: string, now: Clock): Storage {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'oauth.db')
  const db = new DatabaseSync(file, { timeout: 5_000 })
  // FULL: an answered token is on the disk, not in a cache.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;' + SCHEMA)
  const statements = prepare(db)
  const cache = openSqliteCache(db, now)
  const commits = createCommits((work) => guarded(() => transaction(db, work)), isFault)
  const journals = openSqliteJournals(db, now, { guarded, atomically: (work) => guarded(() => transaction(db, work)) })
  const sweep = () => {
    guarded(() => statements.sweep.run(now(), SWEEP_ROWS))
    journals.sweep()
  }
  sweep()
  const timer = setInterval(() => { try { sweep() } catch { /* the next sweep tries again; nothing depends on this one */ } }, SWEEP_EVERY_MS)
  timer.unref()
  let open = true

  return {
    description: `SQLite in ${dataDir}`,
    collection: (kind) => collection(statements, kind, now, cache, commits),
    journal: journals.open,
    count: journals.count,
    counts: journals.counts,
    ...sqlitePortable(db, file, now, (work) => {
      cache.clear()
      return guarded(() => transaction(db, work))
    }),
    async check () { guarded(() => statements.put.run('check', 'check', encodeRecord('check', null), now() + 60)) },
    async close () {
      if (!open) return
      open = false
      commits.flush()
      clearInterval(timer)
      db.close()
    }
  }
}

function prepare (db: DatabaseSync): Statements {
  return {
    all: db.prepare('SELECT id, value FROM records WHERE kind = ? AND id > ? AND (expires IS NULL OR expires > ?) ORDER BY id LIMIT 500'),
    find: db.prepare('SELECT value, expires FROM records WHERE kind = ? AND id = ? AND (expires IS NULL OR expires > ?)'),
    put: db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires'),
    create: db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires WHERE expires <= ?'),
    take: db.prepare('DELETE FROM records WHERE kind = ? AND id = ? RETURNING value, expires'),
    remove: db.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
    sweep: db.prepare('DELETE FROM records WHERE (kind, id) IN (SELECT kind, id FROM records WHERE expires <= ? LIMIT ?)')
  }
}

function collection<T> (sql: Statements, kind: string, now: Clock, cache: SqliteCache, commits: Commits): Collection<T> {
  const keyOf = (id: string) => `${kind} ${id}`
  const readRow = (id: string) => {
    const row = sql.find.get(kind, id, now())
    return row && { record: decodeRecord<T>(kind, row['value'] as string), expires: row['expires'] as number | null }
  }
  const read = (id: string): T | undefined => readRow(id)?.record
  const write = (id: string, record: T, ttl: Lifetime) => sql.put.run(kind, id, encodeRecord(kind, record), expiry(ttl, now))
  /** From the change until it is committed nobody reads in between. */
  const changing = <R>(id: string, change: () => R): Promise<R> => commits.add(() => {
    cache.forget(keyOf(id))
    return change()
  })

  return {
    async find (id) { return guarded(() => read(id)) },
    findRecent: (id) => guarded(() => cache.find(keyOf(id), () => readRow(id)) as T | undefined),
    async put (id, record, ttl) { await changing(id, () => write(id, record, ttl)) },
    async create (id, record, ttl) {
      return changing(id, () => sql.create.run(kind, id, encodeRecord(kind, record), expiry(ttl, now), now()).changes === 1)
    },
    async take (id) {
      const row = await changing(id, () => sql.take.get(kind, id))
      if (row === undefined) return undefined
      const expires = row['expires'] as number | null
      return expires !== null && expires <= now() ? undefined : decodeRecord<T>(kind, row['value'] as string)
    },
    async delete (id) { await changing(id, () => sql.remove.run(kind, id)) },
    async update<R> (id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R> {
      return changing(id, () => {
        const change = decide(read(id))
        if (change.remove) sql.remove.run(kind, id)
        else if (change.write) write(id, change.write.record, change.write.ttl)
        return change.result
      })
    },
    async * all () {
      // In pages: nothing is held open while the caller thinks.
      for (let after = ''; ;) {
        const rows = guarded(() => sql.all.all(kind, after, now())) as Array<{ id: string, value: string }>
        for (const { id, value } of rows) {
          const record = decodeRecord<T>(kind, value)
          if (record !== undefined) yield { id, record }
        }
        if (rows.length === 0) return
        after = rows.at(-1)!.id
      }
    }
  }
}

const expiry = (ttl: Lifetime, now: Clock): number | null => ttl === null ? null : now() + ttl

/** IMMEDIATE takes the write lock before reading: no other process comes between the read and the write. */
function transaction<R> (db: DatabaseSync, work: () => R): R {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A failed COMMIT (a full disk) may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Locked, full, read-only, closed: what SQLite throws. */
const isFault = (error: unknown): boolean => {
  const { code } = error as { code?: string }
  return code?.startsWith('ERR_SQLITE') === true || code === 'ERR_INVALID_STATE'
}

/** Turns what SQLite throws (locked, full, read-only disk) into the contract's one error; what `decide` throws passes. */
function guarded<R> (work: () => R): R {
  try {
    return work()
  } catch (error) {
    if (isFault(error)) {
      throw new StorageUnavailable('the SQLite storage did not answer', { cause: error })
    }
    throw error
  }
}
