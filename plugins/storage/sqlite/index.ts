// OAuth storage in one SQLite file: nothing to install, survives `kill -9`, several processes may share it.
// This room owns the file, its schema, group commits, faults and the room on the disk; it hands a `Storage` on.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Clock } from '../../../clock.ts'
import { openDatabase, transaction } from './database.ts'
import {
  decodeRecord,
  encodeRecord,
  type Change,
  type Collection,
  type Lifetime,
  type Log,
  type Storage,
  type Watch
} from '../contract.ts'
import { guarded, isFault } from './faults.ts'
import { createGroupCommit, type Commits } from './group-commit.ts'
import { createCheck, refuseEmptied } from './check.ts'
import { openSqliteJournals, prepareJournals } from './journal.ts'
import { sqliteExport } from './export.ts'
import { startSweeping } from './sweep.ts'
import { HIGHEST, type NotedTime } from '../monotonic-time.ts'

const FILE = 'oauth.db'
const SWEEP_ROWS = 500
/** Of one step of the sweep: to find and delete a record among those of half a megabyte takes some milliseconds. */
const SWEEP_MS = 10

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, expires REAL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
`

interface Statements {
  all: StatementSync
  find: StatementSync
  put: StatementSync
  create: StatementSync
  take: StatementSync
  remove: StatementSync
  expired: StatementSync
}

/**
 * @param dataDir folder of the database file; made if missing.
 * @throws StartError that says what is wrong with the file.
 */
export function openSqliteStorage (dataDir: string, now: Clock, log: Log = { warn () {} }): Storage {
  refuseEmptied(dataDir, FILE)
  // FULL: an answered token is on the disk, not in a cache.
  const db = openDatabase(dataDir, FILE, { synchronous: 'FULL', prepare: prepareTables })
  const statements = prepare(db)
  const inTransaction = <R>(work: () => R) => guarded(() => transaction(db, work))
  const commits = createGroupCommit(inTransaction, isFault)
  const unsynced = createGroupCommit((work) => withoutSync(db, () => inTransaction(work)), isFault)
  const journals = openSqliteJournals(db, now, unsynced, log)
  const sweeper = startSweeping(
    [(time) => commits.add(() => deleteExpired(statements, time)), ...journals.slices],
    now,
    () => highestOf(statements, log)
  )
  const check = createCheck(db, join(dataDir, FILE), commits, () =>
    statements.put.run('check', 'check', encodeRecord('check', null), now() + 60)
  )
  let open = true

  return {
    description: `SQLite in ${dataDir}`,
    collection: (kind) => collection(statements, kind, { now, commits: check.watched, log }),
    journal: journals.open,
    count: journals.count,
    counts: journals.counts,
    ...sqliteExport(db, join(dataDir, FILE), now, commits, log),
    watch: async (_kind, changed) => watchDatabase(db, changed),
    check: check.check,
    async close () {
      if (!open) return
      open = false
      sweeper.stop()
      await Promise.all([commits.idle(), unsynced.idle()])
      db.close()
    }
  }
}

/** Deletes some of what has expired. @returns how many. */
function deleteExpired ({ expired, remove }: Statements, time: number): number {
  const began = performance.now()
  let deleted = 0
  for (const { kind, id } of expired.all(time, SWEEP_ROWS) as Array<{ kind: string; id: string }>) {
    remove.run(kind, id)
    deleted++
    if (performance.now() - began > SWEEP_MS) break
  }
  return deleted
}

/** The time that was noted last; 0 for none. */
function highestOf (statements: Statements, log: Log): number {
  const row = statements.find.get(HIGHEST.kind, HIGHEST.id, 0)
  return row === undefined ? 0 : (decodeRecord<NotedTime>(HIGHEST.kind, row['value'] as string, log)?.seconds ?? 0)
}

function prepareTables (db: DatabaseSync): void {
  db.exec(SCHEMA)
  prepareJournals(db)
}

/** For what may be lost with the power: the sync at the end of a commit is what takes its time. */
function withoutSync<R> (db: DatabaseSync, work: () => R): R {
  db.exec('PRAGMA synchronous = NORMAL')
  try {
    return work()
  } finally {
    db.exec('PRAGMA synchronous = FULL')
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
      setImmediate(() => {
        isRead = false
      })
      if (current !== seen) changed()
      seen = current
      return true
    },
    close () {}
  }
}

function prepare (db: DatabaseSync): Statements {
  return {
    all: db.prepare(
      'SELECT id, value FROM records WHERE kind = ? AND id > ? AND (expires IS NULL OR expires > ?) ORDER BY id LIMIT 500'
    ),
    find: db.prepare('SELECT value FROM records WHERE kind = ? AND id = ? AND (expires IS NULL OR expires > ?)'),
    put: db.prepare(
      'INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires'
    ),
    create: db.prepare(
      'INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires WHERE expires <= ?'
    ),
    take: db.prepare('DELETE FROM records WHERE kind = ? AND id = ? RETURNING value, expires'),
    remove: db.prepare('DELETE FROM records WHERE kind = ? AND id = ?'),
    expired: db.prepare('SELECT kind, id FROM records WHERE expires <= ? LIMIT ?')
  }
}

function collection<T> (
  sql: Statements,
  kind: string,
  { now, commits, log }: { now: Clock; commits: Commits; log: Log }
): Collection<T> {
  const decode = (value: unknown): T | undefined => decodeRecord<T>(kind, value as string, log)
  const read = (id: string): T | undefined => {
    const row = sql.find.get(kind, id, now())
    return row === undefined ? undefined : decode(row['value'])
  }
  const write = (id: string, record: T, ttl: Lifetime) =>
    sql.put.run(kind, id, encodeRecord(kind, record), expiry(ttl, now))

  return {
    async find (id) {
      return guarded(() => read(id))
    },
    async put (id, record, ttl) {
      await commits.add(() => write(id, record, ttl))
    },
    async create (id, record, ttl) {
      return commits.add(
        () => sql.create.run(kind, id, encodeRecord(kind, record), expiry(ttl, now), now()).changes === 1
      )
    },
    async take (id) {
      const row = await commits.add(() => sql.take.get(kind, id))
      if (row === undefined) return undefined
      const expires = row['expires'] as number | null
      return expires !== null && expires <= now() ? undefined : decode(row['value'])
    },
    async delete (id) {
      await commits.add(() => sql.remove.run(kind, id))
    },
    async update<R>(id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R> {
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
        const rows = guarded(() => sql.all.all(kind, after, now())) as Array<{ id: string; value: string }>
        for (const { id, value } of rows) {
          const record = decode(value)
          if (record !== undefined) yield { id, record }
        }
        if (rows.length === 0) return
        after = rows.at(-1)!.id
      }
    }
  }
}

const expiry = (ttl: Lifetime, now: Clock): number | null => (ttl === null ? null : now() + ttl)
