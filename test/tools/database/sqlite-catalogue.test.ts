// What the catalogue says of SQLite files: names as a query writes them, conditions, numbers of rows, full-text indexes.
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
  t.same((await ask({ sql: "SELECT title FROM pages WHERE pages MATCH 'swim' ORDER BY rank" })).rows, [['Otters']])
  t.match(await ask({ sql: 'PRAGMA data_version' }), { error: String })
  t.match(await ask({ sql: "INSERT INTO pages VALUES ('a', 'b')" }), { error: /Only one SELECT/ })
  t.match(await ask({ sql: "SELECT * FROM pages WHERE pages MATCH '\"'" }), { error: String })
})
