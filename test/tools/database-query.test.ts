// Which schemas of a database the operator may name: never those of Postgres, or the one of this server.
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { OWN_SCHEMA } from '../../tools/database/postgres-catalogue.ts'
import databaseQuery from '../../tools/database-query.ts'
import { folder } from '../helpers/tool-context.ts'
import { openDatabaseQuery } from './database/open.ts'

t.test('a schema that holds what nobody asks about is refused, wherever it stands in the list', async (t) => {
  const takes = (names: string) => databaseQuery.env.safeParse({ DATABASE_SCHEMAS: names }).success
  for (const names of ['public', 'public,shop', 'Shop_2']) {
    t.equal(takes(names), true, names)
  }
  for (const name of [OWN_SCHEMA, 'pg_catalog', 'pg_toast', 'information_schema', 'a-b', '1a', '"a"']) {
    for (const names of [name, `public,${name}`, `${name},public`]) {
      t.equal(takes(names), false, names)
    }
  }
})

t.test('of several databases the one is named that a statement is for', async (t) => {
  const place = await folder(t)
  const paths = ['one', 'two'].map((name) => join(place, `${name}.db`))
  for (const path of paths) {
    const database = new DatabaseSync(path)
    database.exec(`CREATE TABLE t (name TEXT); INSERT INTO t VALUES ('${basename(path)}')`)
    database.close()
  }
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: paths.join(',') })
  const sql = 'SELECT name FROM t'
  t.same(await ask({ sql }), { error: 'Say which database to ask: one, two.' })
  t.same((await ask({ sql, database: 'two' })).rows, [['two.db']])
  t.match(await ask({ sql, database: 'three' }), { error: /one, two/ })
})
