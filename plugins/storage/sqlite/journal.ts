// The journals and counters of the SQLite storage: tables of their own beside the records, each call in one transaction.
// Tested in test/plugins/storage/journals-contract.ts.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../clock.ts'
import { decodeJson, JOURNAL_BOUNDS, type Increment, type Journal, type Log, type Storage } from '../contract.ts'
import { guarded } from './faults.ts'
import type { Commits } from './group-commit.ts'
import { isRoomLow } from './growth.ts'
import type { Slice } from './sweep.ts'

/** One index for each order in which entries are read: every index costs each entry as much as the entry itself. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, at REAL NOT NULL, entry TEXT NOT NULL, about TEXT
  );
  CREATE INDEX IF NOT EXISTS journal_by_name ON journal (name, seq);
  CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, n INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
`
/**
 * Files of earlier versions have the topics in a table of their own, which is left to them: one may still run. Its queries name
 * a column `topic`, of which there must be one only.
 */
const FROM_EARLIER = `
  ALTER TABLE journal ADD COLUMN about TEXT;
  UPDATE journal SET about = substr(found.topic, length(name) + 2) FROM journal_topics AS found WHERE found.seq = journal.seq;
  DROP INDEX IF EXISTS journal_by_age;
`
const TOPICS = 'CREATE INDEX IF NOT EXISTS journal_by_topic ON journal (name, about, seq) WHERE about IS NOT NULL'

/** Makes the tables, or brings those of an earlier version up to date. */
export function prepareJournals (db: DatabaseSync): void {
  db.exec(SCHEMA)
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all('journal')
  if (!columns.some(({ name }) => name === 'about')) db.exec(FROM_EARLIER)
  db.exec(TOPICS)
}

const PAGE = 500
/** Entries of a topic: whoever does not read on holds them. */
const TOPIC_PAGE = 50
/** Rows of one step: these take some milliseconds. */
const SWEEP_ROWS = 250
/**
 * So many entries a journal may hold when the disk is nearly full; beyond them each new entry
 * replaces the oldest.
 */
const ENTRIES_WHEN_LOW = 1_000

export interface SqliteJournals extends Pick<Storage, 'count' | 'counts'> {
  open<T>(name: string): Journal<T>
  /** Each deletes a few rows beyond the bounds. */
  slices: Slice[]
}

/**
 * What is beyond the bounds: too old, too many of a journal, and counters that expired.
 */
function slicesOf (sql: Statements, commits: Commits): Slice[] {
  const deleteTooMany = createBounds(sql, JOURNAL_BOUNDS.entries)
  return [
    (time) => commits.add(() => Number(sql.tooOld.run(time - JOURNAL_BOUNDS.ageSeconds, SWEEP_ROWS).changes)),
    () => commits.add(() => sql.names.all().reduce((sum, { name }) => sum + deleteTooMany(name as string, SWEEP_ROWS), 0)),
    (time) => commits.add(() => Number(sql.expired.run(time, SWEEP_ROWS).changes))
  ]
}

/**
 * Deletes the oldest entries of a journal beyond its bound, which is looked for again when all that was beyond it is gone.
 * @returns a function that deletes at most so many, and returns how many.
 */
function createBounds (sql: Statements, entries: number): (name: string, rows: number) => number {
  const bounds = new Map<string, number>()
  return (name, rows) => {
    const deleteUpTo = (bound = 0) => Number(sql.upTo.run(name, bound, rows).changes)
    const deleted = deleteUpTo(bounds.get(name))
    if (deleted > 0) return deleted
    const bound = sql.bound.get(name, entries)?.['seq'] as number | undefined
    if (bound === undefined) bounds.delete(name)
    else bounds.set(name, bound)
    return deleteUpTo(bound)
  }
}

/**
 * @returns whether what is left on the disk is for sign-ins; logs it once when that begins.
 */
function createLowRoomCheck (db: DatabaseSync, log: Log): () => boolean {
  let wasLow = false
  return () => {
    const isLow = isRoomLow(db)
    if (isLow && !wasLow) {
      log.warn(
        'the disk of DATA_DIR is nearly full: notes and documents do not grow, and the log of events forgets its oldest entries, so that sign-ins go on. Make room on it: docs/operations.md'
      )
    }
    wasLow = isLow
    return isLow
  }
}

const prepare = (db: DatabaseSync) => ({
  append: db.prepare('INSERT INTO journal (name, about, at, entry) VALUES (?, ?, ?, ?)'),
  newest: db.prepare('SELECT entry FROM journal WHERE name = ? AND about = ? ORDER BY seq DESC LIMIT ?'),
  latest: db.prepare('SELECT entry FROM journal WHERE name = ? ORDER BY seq DESC LIMIT ?'),
  page: db.prepare('SELECT seq, entry FROM journal WHERE name = ? AND seq > ? ORDER BY seq LIMIT ?'),
  oldest: db.prepare('SELECT seq FROM journal WHERE name = ? AND about = ? ORDER BY seq DESC LIMIT 1 OFFSET ?'),
  topicPage: db.prepare('SELECT seq, entry FROM journal WHERE name = ? AND about = ? AND seq > ? ORDER BY seq LIMIT ?'),
  forget: db.prepare(
    'DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE name = ? AND about = ? LIMIT ?)'
  ),
  // The first entries are the oldest: no index is needed to find them.
  tooOld: db.prepare('DELETE FROM journal WHERE seq IN (SELECT seq FROM journal ORDER BY seq LIMIT ?2) AND at < ?1'),
  // From name to name through the index: SELECT DISTINCT would read all of it.
  names: db.prepare(`WITH RECURSIVE names (name) AS (SELECT min(name) FROM journal
    UNION ALL SELECT (SELECT min(name) FROM journal WHERE journal.name > names.name) FROM names WHERE name IS NOT NULL)
    SELECT name FROM names WHERE name IS NOT NULL`),
  // The bound is each journal's own: none pushes out another's entries. Finding it reads that many entries.
  bound: db.prepare('SELECT seq FROM journal WHERE name = ? ORDER BY seq DESC LIMIT 1 OFFSET ?'),
  upTo: db.prepare(
    'DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE name = ? AND seq <= ? ORDER BY seq LIMIT ?)'
  ),
  // An expired counter starts again.
  count: db.prepare(`INSERT INTO counters (key, n, expires) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
    n = iif(expires <= ?4, 0, n) + ?2, expires = iif(expires <= ?4, ?3, expires) RETURNING n`),
  read: db.prepare('SELECT n FROM counters WHERE key = ? AND expires > ?'),
  expired: db.prepare('DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE expires <= ? LIMIT ?)')
})

type Statements = ReturnType<typeof prepare>

/** @param commits need not wait for the disk: a lost event or count lets no one in. */
export function openSqliteJournals (db: DatabaseSync, now: Clock, commits: Commits, log: Log): SqliteJournals {
  const sql = prepare(db)
  const isLow = createLowRoomCheck(db, log)
  const deleteOldest = createBounds(sql, ENTRIES_WHEN_LOW)

  function open<T> (name: string): Journal<T> {
    const read = (rows: Array<Record<string, unknown>>): T[] =>
      rows
        .map(({ entry }) => decodeJson<T>(`entry of the journal ${name}`, entry as string, log))
        .filter((entry) => entry !== undefined)
    return {
      async append (entries) {
        await commits.add(() => {
          if (isLow()) deleteOldest(name, entries.length)
          const at = now()
          for (const { entry, topic } of entries) sql.append.run(name, topic ?? null, at, JSON.stringify(entry))
        })
      },
      newest: async (topic, limit) =>
        read(guarded(() => sql.newest.all(name, topic, Math.min(limit, JOURNAL_BOUNDS.perTopic)))),
      latest: async (limit) => read(guarded(() => sql.latest.all(name, limit))).reverse(),
      async * all (topic) {
        const beyond = topic === undefined ? undefined : guarded(() => sql.oldest.get(name, topic, JOURNAL_BOUNDS.perTopic))
        for (let after = Number(beyond?.['seq'] ?? 0); ;) {
          const rows = guarded(() =>
            topic === undefined ? sql.page.all(name, after, PAGE) : sql.topicPage.all(name, topic, after, TOPIC_PAGE)
          )
          yield * read(rows)
          if (rows.length === 0) return
          after = rows.at(-1)!['seq'] as number
        }
      },
      async forget (topic) {
        while ((await commits.add(() => sql.forget.run(name, topic, SWEEP_ROWS).changes)) > 0);
      }
    }
  }

  return {
    open,
    slices: slicesOf(sql, commits),
    count: (increments: readonly Increment[]) =>
      commits.add(() =>
        increments.map(({ key, by, ttl }) => sql.count.get(key, by, now() + ttl, now())!['n'] as number)
      ),
    counts: async (keys) =>
      guarded(() => keys.map((key) => (sql.read.get(key, now())?.['n'] as number | undefined) ?? 0))
  }
}
