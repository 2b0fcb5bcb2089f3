// The file of the index in SQLite, and its tables: what another version wrote, and what is
// damaged, is built anew from the folder.
// Tested in test/plugins/library/sqlite.test.ts.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { INDEX_FILES } from '../search/contract.ts'
import { DAMAGED } from '../search/damaged-index.ts'
import { createTerms } from '../search/fts5.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { isDamaged, SQLITE } from '../storage/sqlite/faults.ts'
import { INDEX_VERSION } from './contract.ts'
import { AUDIENCES_SCHEMA, openAudiences } from './sqlite-audiences.ts'
import { WHOLE_SCHEMA } from './sqlite-whole.ts'

// One row a part. The long text comes last: a read of the other columns does not touch its
// pages.
const SCHEMA = `
  DROP TABLE IF EXISTS documents;
  DROP TABLE IF EXISTS words;
  DROP TABLE IF EXISTS whole;
  ${AUDIENCES_SCHEMA}
  ${createTerms()}
  CREATE TABLE documents (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    modified REAL NOT NULL,
    bytes INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (id, part)
  );
  CREATE TABLE IF NOT EXISTS vectors (key INTEGER PRIMARY KEY, vector BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS vector_model (model TEXT NOT NULL);
  DELETE FROM vectors;
  CREATE TRIGGER documents_vectors AFTER DELETE ON documents BEGIN DELETE FROM vectors WHERE key = old.key; END;
  CREATE INDEX documents_language ON documents (audience, language);
  PRAGMA user_version = ${INDEX_VERSION};
`

/** The tables of terms, of every audience. */
const TERMS = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"

export function openIndex (dataDir: string): DatabaseSync {
  try {
    return openCurrent(dataDir)
  } catch (error) {
    if (!isDamaged(error)) throw error
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, FILE + suffix), { force: true })
    return openCurrent(dataDir)
  }
}

const FILE = INDEX_FILES.documents

const openCurrent = (dataDir: string): DatabaseSync =>
  openDatabase(dataDir, FILE, {
    synchronous: 'NORMAL',
    isBulk: true,
    prepare (db) {
      const version = db.prepare('PRAGMA user_version').get()!['user_version']
      // Any of its pages may be: dropping its tables would go through them.
      if (version === DAMAGED) throw Object.assign(new Error('a search or a change found it so'), { errcode: SQLITE.corrupt })
      if (version !== INDEX_VERSION) {
        for (const { name } of db.prepare(TERMS).all()) db.exec(`DROP TABLE ${name as string}`)
        db.exec(SCHEMA)
      }
      db.exec(WHOLE_SCHEMA)
      removeUnfinished(db)
    }
  })

/** What a stop in the middle of a long document left. */
function removeUnfinished (db: DatabaseSync): void {
  const unfinished = db
    .prepare(`
      DELETE FROM documents WHERE part > 1
      AND NOT EXISTS (SELECT * FROM documents AS first WHERE first.id = documents.id AND first.part = 1)
      RETURNING key, audience
    `)
    .all()
  openAudiences(db).forget(unfinished)
}
