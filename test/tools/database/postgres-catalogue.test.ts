// What the catalogue says of a Postgres: what the role may read, names as a query writes them, values and numbers of rows.
import { NO_INTERNALS, openDatabaseQuery } from './open.ts'
import { shop, everyone, test } from './shop.ts'

test('the catalogue shows what the role may read, and nothing of the server itself', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const { databases } = await ask({})
  t.same(
    databases!.map(({ name, tables }) => [name, tables.map(({ name }) => name)]),
    [['postgres', ['customers', 'orders', 'totals']]]
  )
  t.same(databases![0]!.tables[0], {
    name: 'customers',
    comment: 'Who buys',
    columns: ['id bigint primary key', 'name text not null', 'joined date']
  })
  t.match((await ask({ tables: ['orders'] })).databases![0]!.tables[0]!.columns, [
    'id integer primary key',
    'customer bigint references customers'
  ])
  t.match(await ask({ tables: ['order'] }), { error: /There is no table order here\. Did you mean orders\?/ })
  for (const sql of [
    'SELECT * FROM mcp_oauth_server.notes',
    'SELECT * FROM notes',
    'SELECT * FROM secrets',
    'SELECT * FROM pg_authid',
    'SELECT * FROM pg_catalog.pg_shadow',
    'SELECT * FROM pg_stat_activity',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM postgres.public.orders',
    'WITH pg_authid AS (SELECT 1) SELECT * FROM (SELECT * FROM pg_authid) x',
    'SELECT current_user',
    'SELECT session_user',
    'SELECT version()'
  ]) {
    const { error } = await ask({ sql })
    t.ok(error, sql)
    t.notMatch(error, NO_INTERNALS, sql)
  }
})

test('the catalogue has names as a query writes them, values of enumerations, conditions and numbers of rows', async (t) => {
  const { reader, client } = await shop(
    t,
    `CREATE TYPE mood AS ENUM ('glad', 'so-so', 'it''s sad');
    CREATE TABLE "Visit" ("visitorId" int PRIMARY KEY, "Order" text, plain int, mood mood, moods mood[], status text CHECK (status IN ('new', 'paid')), hidden int, CHECK (plain < 5), CHECK (hidden > 7));
    INSERT INTO "Visit" SELECT g, 'x', 1, 'glad', ARRAY['glad', 'it''s sad']::mood[], 'new', 9 FROM generate_series(1, 1200) g;
    GRANT SELECT ("visitorId", "Order", plain, mood, moods, status) ON "Visit" TO READER;
    CREATE TABLE guarded (id int); INSERT INTO guarded VALUES (1); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; GRANT SELECT ON guarded TO READER;`
  )
  await client.query('ANALYZE "Visit", guarded')
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const { databases } = await ask({ tables: ['"Visit"', 'guarded'] })
  t.same(databases![0]!.tables, [
    {
      name: '"Visit"',
      rows: 1200,
      columns: [
        '"visitorId" integer primary key',
        '"Order" text',
        'plain integer',
        "mood mood ('glad', 'so-so', 'it''s sad')",
        "moods mood[] ('glad', 'so-so', 'it''s sad')",
        'status text',
        'check ((plain < 5))',
        "check ((status = ANY (ARRAY['new', 'paid'])))"
      ]
    },
    { name: 'guarded', columns: ['id integer'] }
  ])
  t.match(await ask({ sql: 'SELECT visitorId FROM "Visit"' }), { error: /no such column.*Did you mean "visitorId"\?/ })
  const { columns, rows } = await ask({ sql: 'SELECT "visitorId", mood, moods FROM "Visit" ORDER BY 1 LIMIT 1' })
  t.same(columns, [
    { name: 'visitorId', type: 'integer' },
    { name: 'mood', type: 'mood' },
    { name: 'moods', type: 'mood[]' }
  ])
  t.same(rows, [[1, 'glad', ['glad', "it's sad"]]])
})
