// What the catalogue says of SQLite files: names as a query writes them, conditions, numbers of rows, full-text indexes.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { folder } from '../../helpers/tool-context.ts'
import { openDatabaseQuery } from './open.ts'

t.test('the catalogue has quoted names, conditions and numbers of rows, and a full-text index is one table that can be searched', async (t) => {
  const path = join(await folder(t), 'kiosk.db')
  const db = new DatabaseSync(path)
  db.exec(`CREATE TABLE "Item" (id INTEGER PRIMARY KEY, "unit price" REAL CHECK ("unit price" > 0), state TEXT CHECK (state IN ('new', ')sold')));
    INSERT INTO "Item" ("unit price", state) VALUES (1, 'new'), (2, 'new');
    CREATE VIRTUAL TABLE pages USING fts5 (title, body); INSERT INTO pages VALUES ('Otters', 'Otters swim'), ('Bees', 'Bees fly');`)
  db.close()
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  t.same((await ask({})).databases![0]!.tables, [
    {
      name: 'Item',
      rows: 2,
      columns: ['id integer primary key', '"unit price" real', 'state text', 'check ("unit price" > 0)', "check (state IN ('new', ')sold'))"]
    },
    { name: 'pages', rows: 2, columns: ['title', 'body'] }
  ])
  t.same(
    (await ask({ sql: "SELECT title FROM pages WHERE pages MATCH 'swim' ORDER BY rank" })).rows,
    [['Otters']]
  )
  t.match(await ask({ sql: 'PRAGMA data_version' }), { error: String })
  t.match(await ask({ sql: "INSERT INTO pages VALUES ('a', 'b')" }), { error: /Only one SELECT/ })
  t.match(await ask({ sql: "SELECT * FROM pages WHERE pages MATCH '\"'" }), { error: String })
})

t.test('a view of a table that is gone, or a table of a module that is not here, does not take the others away (TL-33)', async (t) => {
  const path = join(await folder(t), 'kiosk.db')
  const db = new DatabaseSync(path, { defensive: false })
  db.exec(`CREATE TABLE a (b); CREATE TABLE gone (c); CREATE VIEW lost AS SELECT * FROM gone; DROP TABLE gone; PRAGMA writable_schema = ON;
    INSERT INTO a VALUES (1);
    INSERT INTO sqlite_schema VALUES ('table', 'vectors', 'vectors', 0, 'CREATE VIRTUAL TABLE vectors USING vec0(v float[3])')`)
  db.close()
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  t.same((await ask({})).databases![0]!.tables, [{ name: 'a', rows: 1, columns: ['b'] }])
  t.same((await ask({ sql: 'SELECT b FROM a' })).rows, [[1]])
  t.match(await ask({ sql: 'SELECT * FROM lost' }), { error: String })
})

t.test('a file that another program writes, or that is damaged or gone, is said to be so, and leaves the lists whole (TL-33)', async (t) => {
  const path = join(await folder(t), 'kiosk.db')
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE a (b)')
  const { ask, list, lines } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  const isSaid = async (error: RegExp, isLogged: boolean) => {
    for (const args of [{}, { sql: 'SELECT b FROM a' }]) t.match(await ask(args), { error })
    t.same(await list(), [])
    t.equal(lines.some((line) => error.test(line)), isLogged)
  }
  t.match(await list(), [{ name: 'a' }])
  db.exec('BEGIN EXCLUSIVE')
  await isSaid(/is being written right now/, false)
  db.exec('ROLLBACK')
  db.close()
  await writeFile(path, 'no database'.repeat(1_000))
  await isSaid(/is no SQLite database/, true)
  await rm(path)
  await isSaid(/cannot be opened/, true)
})
