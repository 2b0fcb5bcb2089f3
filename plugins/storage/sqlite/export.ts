// The whole of the SQLite storage, out and in: read in one transaction on a separate connection, so that a running
// server is neither stopped nor seen half way.
// Tested in test/plugins/storage/journals-contract.ts.
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../clock.ts'
import { decodeJson, type Entry, type Log, type StorageExport } from '../contract.ts'
import type { Commits } from './group-commit.ts'

const BATCH = 500

export function sqliteExport (db: DatabaseSync, file: string, now: Clock, commits: Commits, log: Log): StorageExport {
  return {
    async * entries () {
      const reader = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      try {
        reader.exec('BEGIN')
        for (const { kind, id, value, expires } of reader
          .prepare('SELECT kind, id, value, expires FROM records WHERE expires IS NULL OR expires > ?')
          .iterate(now())) {
          yield {
            record: { kind: kind as string, id: id as string, value: value as string },
            expires: expires as number | null
          }
        }
        for (const { key, n, expires } of reader
          .prepare('SELECT key, n, expires FROM counters WHERE expires > ?')
          .iterate(now())) {
          yield { counter: key as string, n: n as number, expires: expires as number }
        }
        for (const { name, topic, entry: text } of reader.prepare('SELECT name, about AS topic, entry FROM journal ORDER BY seq').iterate()) {
          const entry = decodeJson<unknown>(`entry of the journal ${name as string}`, text as string, log)
          if (entry !== undefined) yield { journal: name as string, ...(topic !== null && { topic: topic as string }), entry }
        }
      } finally {
        reader.close()
      }
    },
    async load (entries) {
      const write = writer(db, now)
      let batch: Entry[] = []
      const flush = async () => {
        const whole = batch
        batch = []
        await commits.add(() => whole.forEach(write))
      }
      for await (const entry of entries) {
        batch.push(entry)
        if (batch.length === BATCH) await flush()
      }
      await flush()
    },
    async clear () {
      await commits.add(() => db.exec('DELETE FROM records; DELETE FROM counters; DELETE FROM journal'))
    }
  }
}

function writer (db: DatabaseSync, now: Clock): (entry: Entry) => void {
  const record = db.prepare('INSERT OR REPLACE INTO records (kind, id, value, expires) VALUES (?, ?, ?, ?)')
  const counter = db.prepare('INSERT OR REPLACE INTO counters (key, n, expires) VALUES (?, ?, ?)')
  const journal = db.prepare('INSERT INTO journal (name, about, at, entry) VALUES (?, ?, ?, ?)')
  return (entry) => {
    if ('record' in entry) {
      const { kind, id, value } = entry.record
      if (entry.expires === null || entry.expires > now()) record.run(kind, id, value, entry.expires)
    } else if ('counter' in entry) {
      if (entry.expires > now()) counter.run(entry.counter, entry.n, entry.expires)
    } else {
      journal.run(entry.journal, entry.topic ?? null, now(), JSON.stringify(entry.entry))
    }
  }
}
