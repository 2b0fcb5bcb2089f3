// Which schemas of a database the operator may name: never those of Postgres, or the one of this server.
import t from 'tap'
import { OWN_SCHEMA } from '../../tools/database/postgres-catalogue.ts'
import databaseQuery from '../../tools/database-query.ts'

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
