// Counts what a server has stored, from outside of it: rows of each
// table of its SQLite files, keys of its Redis, by
// kind.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import type { TestServer } from './server.ts'

/** Entries of a journal that have a topic, or keys of such topics. */
const TOPICS = 'entries with a topic'

/** @returns how many there are of each kind of record, and of each table or family of keys that holds no records. */
export async function census ({ app, config, dataDir }: TestServer): Promise<Record<string, number>> {
  await app.audit.flush()
  const counts: Record<string, number> = {}
  const add = (name: string, number = 1) => {
    counts[name] = (counts[name] ?? 0) + number
  }
  for (const file of readdirSync(dataDir).filter((name) => name.endsWith('.db'))) countRows(join(dataDir, file), add)
  if (config.redisUrl !== undefined) await countKeys(config.redisUrl, add)
  return counts
}

function countRows (file: string, add: (name: string, number: number) => void): void {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    for (const { name } of db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()) {
      const query =
        name === 'records'
          ? 'SELECT kind AS name, count(*) AS number FROM records GROUP BY kind'
          : `SELECT '${String(name)}' AS name, count(*) AS number FROM "${String(name)}"`
      for (const row of db.prepare(query).all()) add(String(row['name']), Number(row['number']))
      if (name === 'journal') add(TOPICS, Number(db.prepare('SELECT count(about) AS n FROM journal').get()!['n']))
    }
  } finally {
    db.close()
  }
}

async function countKeys (url: string, add: (name: string) => void): Promise<void> {
  const prefix = new URL(url).searchParams.get('keyPrefix') ?? ''
  const redis = new Redis(url.split('?')[0]!)
  try {
    // `mcp:` and the kind, or whose ever key it is.
    for (const key of await redis.keys(`${prefix}*`)) {
      const [, name] = /^(?:mcp:)?([^:]*)/.exec(key.slice(prefix.length))!
      add(/^mcp:journal:[^:]*:/.test(key.slice(prefix.length)) ? TOPICS : name!)
    }
  } finally {
    redis.disconnect()
  }
}
