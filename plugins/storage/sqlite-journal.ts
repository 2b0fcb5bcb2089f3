// The journals and counters of the SQLite storage: tables of their own beside the records, written in one transaction a call.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { JOURNAL_BOUNDS, type Increment, type Journal, type Storage } from './contract.ts'

export const JOURNAL_SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, at REAL NOT NULL, entry TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS journal_by_age ON journal (at);
  CREATE INDEX IF NOT EXISTS journal_by_name ON journal (name, seq);
  CREATE TABLE IF NOT EXISTS journal_topics (
    topic TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES journal ON DELETE CASCADE,
    PRIMARY KEY (topic, seq)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS journal_topics_by_entry ON journal_topics (seq);
  CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, n INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
`

const PAGE = 500

export interface SqliteJournals extends Pick<Storage, 'count' | 'counts'> {
  open<T> (name: string): Journal<T>
  /** Deletes what is beyond the bounds. */
  sweep (): void
}

type Run = <R>(work: () => R) => R

/** @param run each runs its work and throws StorageUnavailable where SQLite does not answer; `atomically` in one transaction. */
export function openSqliteJournals (db: DatabaseSync, now: Clock, { atomically, guarded }: { atomically: Run, guarded: Run }): SqliteJournals {
  const sql = {
    append: db.prepare('INSERT INTO journal (name, at, entry) VALUES (?, ?, ?)'),
    topic: db.prepare('INSERT OR IGNORE INTO journal_topics (topic, seq) VALUES (?, ?)'),
    newest: db.prepare('SELECT entry FROM journal_topics JOIN journal USING (seq) WHERE topic = ? ORDER BY seq DESC LIMIT ?'),
    page: db.prepare('SELECT seq, entry FROM journal WHERE name = ? AND seq > ? ORDER BY seq LIMIT ?'),
    forget: db.prepare('DELETE FROM journal WHERE seq IN (SELECT seq FROM journal_topics WHERE topic = ?)'),
    old: db.prepare('DELETE FROM journal WHERE at < ?'),
    names: db.prepare('SELECT DISTINCT name FROM journal'),
    // Each journal has the bound to itself: none pushes out another's entries.
    beyond: db.prepare('DELETE FROM journal WHERE name = ?1 AND seq <= (SELECT seq FROM journal WHERE name = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)'),
    // A counter that is over begins anew.
    count: db.prepare(`INSERT INTO counters (key, n, expires) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
      n = iif(expires <= ?4, 0, n) + ?2, expires = iif(expires <= ?4, ?3, expires) RETURNING n`),
    read: db.prepare('SELECT n FROM counters WHERE key = ? AND expires > ?'),
    over: db.prepare('DELETE FROM counters WHERE expires <= ?')
  }
  const topicOf = (name: string, topic: string) => `${name} ${topic}`

  function open<T> (name: string): Journal<T> {
    return {
      async append (entries) {
        atomically(() => {
          for (const { topics, entry } of entries) {
            const { lastInsertRowid } = sql.append.run(name, now(), JSON.stringify(entry))
            for (const topic of topics) sql.topic.run(topicOf(name, topic), lastInsertRowid)
          }
        })
      },
      newest: async (topic, limit) => guarded(() => sql.newest.all(topicOf(name, topic), Math.min(limit, JOURNAL_BOUNDS.perTopic)).map(({ entry }) => JSON.parse(entry as string) as T)),
      async * all () {
        for (let after = 0; ;) {
          const rows = guarded(() => sql.page.all(name, after, PAGE))
          for (const { entry } of rows) yield JSON.parse(entry as string) as T
          if (rows.length === 0) return
          after = rows.at(-1)!['seq'] as number
        }
      },
      async forget (topic) { guarded(() => sql.forget.run(topicOf(name, topic))) }
    }
  }

  return {
    open,
    sweep: () => atomically(() => {
      sql.old.run(now() - JOURNAL_BOUNDS.age)
      for (const { name } of sql.names.all()) sql.beyond.run(name as string, JOURNAL_BOUNDS.entries)
      sql.over.run(now())
    }),
    count: async (increments: readonly Increment[]) => atomically(() => increments.map(({ key, by, ttl }) => sql.count.get(key, by, now() + ttl, now())!['n'] as number)),
    counts: async (keys) => guarded(() => keys.map((key) => (sql.read.get(key, now())?.['n'] as number | undefined) ?? 0))
  }
}
