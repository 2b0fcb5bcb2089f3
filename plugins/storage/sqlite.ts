// OAuth storage in one SQLite file: nothing to install, survives `kill -9`, several processes may share it.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { openDatabase, transaction } from '../sqlite.ts'
import { decodeRecord, encodeRecord, StorageUnavailable, type Change, type Collection, type Lifetime, type Storage, type Watch } from './contract.ts'
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
  const file = 'oauth.db'
  // FULL: an answered token is on the disk, not in a cache.
  const db = openDatabase(dataDir, file, 'FULL')
  db.exec(SCHEMA)
  const statements = prepare(db)
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
    collection: (kind) => collection(statements, kind, now, commits),
    journal: journals.open,
    count: journals.count,
    counts: journals.counts,
    ...sqlitePortable(db, join(dataDir, file), now, (work) => guarded(() => transaction(db, work))),
    watch: async (_kind, changed) => watchDatabase(db, changed),
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

/** SQLite counts the commits of all other connections, in a word of shared memory. */
function watchDatabase (db: DatabaseSync, changed: () => void): Watch {
  const version = db.prepare('PRAGMA data_version')
  const read = () => guarded(() => version.get()!['data_version'])
  let seen = read()
  let isRead = false
  return {
    isCurrent () {
      // Once for all requests that arrived together.
      if (isRead) return true
      const current = read()
      isRead = true
      setImmediate(() => { isRead = false })
      if (current !== seen) changed()
      seen = current
      return true
    },
    close () {}
  }
}

function prepare (db: DatabaseSync): Statements {
  return {
    all: db.prepare('SELECT id, value FROM records WHERE kind = ? AND id > ? AND (expires IS NULL OR expires > ?) ORDER BY id LIMIT 500'),
    find: db.prepare('SELECT value FROM records WHERE kind = ? AND id = ? AND (expires IS NULL OR expires > ?)'),
    put: db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires'),
    create: db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires WHERE expires <= ?'),
    take: db.prepare('DELETE FROM records WHERE kind = ? AND id = ? RETURNING value, expires'),
    remove: db.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
    sweep: db.prepare('DELETE FROM records WHERE (kind, id) IN (SELECT kind, id FROM records WHERE expires <= ? LIMIT ?)')
  }
}

function collection<T> (sql: Statements, kind: string, now: Clock, commits: Commits): Collection<T> {
  const read = (id: string): T | undefined => {
    const row = sql.find.get(kind, id, now())
    return row === undefined ? undefined : decodeRecord<T>(kind, row['value'] as string)
  }
  const write = (id: string, record: T, ttl: Lifetime) => sql.put.run(kind, id, encodeRecord(kind, record), expiry(ttl, now))

  return {
    async find (id) { return guarded(() => read(id)) },
    async put (id, record, ttl) { await commits.add(() => write(id, record, ttl)) },
    async create (id, record, ttl) {
      return commits.add(() => sql.create.run(kind, id, encodeRecord(kind, record), expiry(ttl, now), now()).changes === 1)
    },
    async take (id) {
      const row = await commits.add(() => sql.take.get(kind, id))
      if (row === undefined) return undefined
      const expires = row['expires'] as number | null
      return expires !== null && expires <= now() ? undefined : decodeRecord<T>(kind, row['value'] as string)
    },
    async delete (id) { await commits.add(() => sql.remove.run(kind, id)) },
    async update<R> (id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R> {
      return commits.add(() => {
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

/** Locked, full, read-only, closed: what SQLite throws. */
function isFault (error: unknown): boolean {
  const { code } = error as { code?: string }
  return code?.startsWith('ERR_SQLITE') === true || code === 'ERR_INVALID_STATE'
}

/** Turns what SQLite throws into the contract's one error; what `decide` throws passes. */
function guarded<R> (work: () => R): R {
  try {
    return work()
  } catch (error) {
    if (isFault(error)) throw new StorageUnavailable('the SQLite storage did not answer', { cause: error })
    throw error
  }
}
