// database_query on a real Postgres: what may be asked, what may not (TL-04), what is stopped (TL-05), and who sees
// which rows.
import { existsSync } from 'node:fs'
import pg from 'pg'
import t, { type Test } from 'tap'
import { noPostgres, startPostgres, type TestPostgres } from '../helpers/postgres.ts'
import { NO_INTERNALS, openDatabaseQuery, type House } from './database-house.ts'

let server: TestPostgres | undefined
t.before(async () => {
  server = await startPostgres()
})
t.teardown(() => server?.stop())

const SHOP = `
  CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, joined date);
  COMMENT ON TABLE customers IS 'Who buys';
  CREATE TABLE orders (id int PRIMARY KEY, customer bigint REFERENCES customers, total numeric(10,2), paid boolean, details jsonb, file bytea, at timestamptz);
  INSERT INTO customers VALUES (1, 'Ann', '2026-01-02'), (9007199254740993, 'Bob', NULL);
  INSERT INTO orders VALUES (1, 1, 12.50, true, '{"n": 12345678901234567890, "k": 1}', '\\x00ff', '2026-01-02 03:04:05+02');
  CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
  CREATE TABLE secrets (id int, password_hash text); INSERT INTO secrets VALUES (1, '$argon2id$v=19$secret');
  CREATE SCHEMA mcp_oauth_server; CREATE TABLE mcp_oauth_server.notes (body text); INSERT INTO mcp_oauth_server.notes VALUES ('private');
  CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM orders; SELECT 1';`

/** A database with a shop in it, and a role that may only read. */
async function shop (t: Test, more = '') {
  const owner = await server!.newDatabase()
  const client = new pg.Client({ connectionString: owner })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(SHOP)
  const role = `reader_${new URL(owner).pathname.slice(1)}`
  await client.query(
    `CREATE ROLE ${role} LOGIN; GRANT SELECT ON customers, orders, totals TO ${role}; ${more.replaceAll('READER', role)}`
  )
  return { owner, client, role, reader: Object.assign(new URL(owner), { username: role, password: '' }).href }
}

const everyone = (url: string) => ({ DATABASE_QUERY_URL: url, DATABASE_QUERY_AS: 'everyone' })
const test = (name: string, run: (t: Test) => Promise<void>) =>
  t.test(name, async (t) => (server ? run(t) : t.comment(noPostgres)))

test('answers with rows, columns and honest values', async (t) => {
  const { reader } = await shop(t)
  const { ask, lines } = await openDatabaseQuery(t, everyone(reader))
  t.same(lines, [], 'a role that may only read is nothing to warn of')
  t.same((await ask({ sql: 'SELECT * FROM orders' })).rows, [
    [1, 1, '12.50', true, { n: '12345678901234567890', k: 1 }, '\\x00ff', '2026-01-02 01:04:05+00']
  ])
  t.same(
    (
      await ask({
        sql: "SELECT id, joined, NULL, 0.1::float8, 'NaN'::float8, ARRAY[1,2] FROM customers ORDER BY id DESC"
      })
    ).rows,
    [
      ['9007199254740993', null, null, 0.1, 'NaN', '{1,2}'],
      [1, '2026-01-02', null, 0.1, 'NaN', '{1,2}']
    ]
  )
  const named = await ask({
    sql: 'SELECT count(*) AS n, lower(name) FROM customers WHERE name = $1 AND id = $2 GROUP BY 2',
    parameters: ['Ann', 1]
  })
  t.same([named.columns, named.rows], [[{ name: 'n' }, { name: 'lower' }], [[1, 'ann']]])
  for (const sql of [
    'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT sum(x) FROM n',
    'VALUES (1), (2)',
    'TABLE customers',
    'SELECT 1 -- comment\n;',
    'SELECT c.name, t.total FROM customers c JOIN LATERAL (SELECT * FROM totals WHERE customer = c.id) t ON true',
    'SELECT (SELECT max(id) FROM orders), rank() OVER (ORDER BY name) FROM customers',
    "SELECT date_trunc('month', at), extract(year FROM at), details->>'k', CASE WHEN paid THEN 1 END FROM orders WHERE at > now() - interval '1000 years'",
    'SELECT g FROM generate_series(1, 3) g UNION SELECT 4 ORDER BY 1 LIMIT 2'
  ]) {
    t.ok(Array.isArray((await ask({ sql })).rows), sql)
  }
})

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

const FORBIDDEN = [
  // 36 ways to write
  'INSERT INTO orders (id) VALUES (2)',
  'UPDATE orders SET paid = false',
  'DELETE FROM orders',
  'TRUNCATE orders',
  'DROP TABLE orders',
  'CREATE TABLE pwned (a int)',
  'CREATE TEMP TABLE pwned (a int)',
  'ALTER TABLE orders ADD x int',
  'CREATE INDEX ON orders (paid)',
  'SELECT 1 INTO pwned',
  'SELECT * INTO TEMP pwned FROM orders',
  'CREATE TABLE pwned AS SELECT 1',
  'MERGE INTO orders o USING customers c ON o.id = c.id WHEN MATCHED THEN DELETE',
  'WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone',
  'WITH a AS (WITH b AS (INSERT INTO orders (id) VALUES (3) RETURNING id) SELECT * FROM b) SELECT * FROM a',
  'SELECT 1; DELETE FROM orders',
  'SELECT 1;;DROP TABLE orders;--',
  'COMMIT; DELETE FROM orders',
  'ROLLBACK',
  'BEGIN READ WRITE',
  'SET default_transaction_read_only = off',
  'SET ROLE postgres',
  'RESET ROLE',
  'SET SESSION AUTHORIZATION postgres',
  '/* SELECT */ DELETE FROM orders',
  '-- SELECT\nDELETE FROM orders',
  'EXPLAIN ANALYZE DELETE FROM orders',
  'EXPLAIN SELECT 1',
  'PREPARE x AS DELETE FROM orders',
  'EXECUTE x',
  'DO $$ BEGIN DELETE FROM orders; END $$',
  'CALL wipe()',
  "COPY orders TO '/tmp/pwned-orders'",
  "COPY (SELECT 1) TO PROGRAM 'touch /tmp/pwned-orders'",
  "COPY orders FROM '/etc/passwd'",
  'VACUUM',
  'LOCK TABLE orders',
  'SELECT * FROM orders FOR UPDATE',
  'SELECT wipe()',
  'SELECT public.wipe()',
  "SELECT nextval('s')",
  'LISTEN x',
  'NOTIFY x',
  'GRANT ALL ON orders TO public',
  'SECURITY LABEL ON TABLE orders IS NULL',
  'REFRESH MATERIALIZED VIEW x',
  'DECLARE c CURSOR FOR SELECT 1',
  'SHOW all',
  // functions that reach files, the network, settings, locks, other sessions, or SQL in a text
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT pg_read_binary_file('/etc/passwd')",
  "SELECT pg_ls_dir('/')",
  "SELECT pg_stat_file('/etc/passwd')",
  "SELECT lo_import('/etc/passwd')",
  "SELECT lo_export(1, '/tmp/pwned-orders')",
  "SELECT dblink('host=127.0.0.1', 'SELECT 1')",
  'SELECT pg_sleep(60)',
  "SELECT set_config('role', 'postgres', false)",
  "SELECT current_setting('data_directory')",
  'SELECT pg_advisory_lock(1)',
  'SELECT pg_terminate_backend(1)',
  'SELECT pg_reload_conf()',
  "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
  "SELECT table_to_xml('secrets', true, true, '')",
  "SELECT ts_stat('SELECT body FROM mcp_oauth_server.notes')",
  "SELECT repeat('x', 1000000000)",
  "SELECT * FROM pg_read_file('/etc/passwd')",
  "SELECT * FROM ROWS FROM (pg_ls_dir('/'))",
  "SELECT pg_catalog.pg_read_file('/etc/passwd')",
  'SELECT "pg_read_file"(\'/etc/passwd\')',
  'SELECT PG_SLEEP(60)',
  'SELECT 1 ORDER BY pg_sleep(60)',
  'SELECT 1 WHERE EXISTS (SELECT pg_sleep(60))',
  'SELECT inet_server_addr()',
  "SELECT 'secrets'::regclass",
  // the same, called with a dot
  "SELECT ('/etc/passwd'::text).pg_read_file",
  "SELECT g.pg_read_file FROM unnest(ARRAY['/etc/passwd']) g",
  'SELECT (60::float8).pg_sleep',
  'SELECT g.pg_sleep FROM generate_series(60.0, 60.0) g',
  'SELECT 1 OPERATOR(public.+) 1',
  'SELECT * FROM orders TABLESAMPLE SYSTEM (1)',
  'SELECT xmlelement(name a)'
]

/**
 * Words of the check itself: a refusal of the database's rights, or its time limit, would hide that the check let
 * something through.
 */
const CHECKED = new RegExp(
  [
    '^Only one SELECT',
    '^The function \\S+ is not offered here',
    'may mean a function of that name, which is not offered here',
    '^There is no table \\S+ to read here',
    '^This statement uses something that is not offered here',
    '^The statement is no valid SQL from here on',
    '^Types that name things of the database itself',
    '^Write operators without a schema'
  ].join('|')
)

test('TL-04: nothing writes, reaches a file or the network, or leaves its limits, also as the owner', async (t) => {
  const { owner, client, reader } = await shop(
    t,
    'ALTER ROLE READER CREATEROLE; GRANT ALL ON orders TO READER; GRANT CREATE ON SCHEMA public TO READER; CREATE SEQUENCE s; GRANT ALL ON SEQUENCE s TO READER'
  )
  const before = await client.query(
    'SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM pg_class), (SELECT bool_and(paid) FROM orders)'
  )
  const { ask, lines } = await openDatabaseQuery(t, everyone(reader))
  t.match(lines, [/the role reader_\w+ may also write/], 'the operator hears of a role that may write')
  for (const sql of FORBIDDEN) {
    const { error } = await ask({ sql })
    t.match(error, CHECKED, sql)
    t.notMatch(error, NO_INTERNALS, sql)
  }
  t.same(
    (
      await client.query(
        'SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM pg_class), (SELECT bool_and(paid) FROM orders)'
      )
    ).rows,
    before.rows
  )
  t.notOk(existsSync('/tmp/pwned-orders'))
  const asOwner = await openDatabaseQuery(t, everyone(owner))
  t.equal(asOwner.tool, undefined, 'as a superuser it is not offered at all')
  t.match(asOwner.lines, [
    /can reach the files and programs of the database server/,
    /The tool database_query is not offered/
  ])
})

test('TL-04: what gets past the check is stopped by the transaction', async (t) => {
  // A function that looks harmless because it is called like one of the list.
  const { client, reader } = await shop(
    t,
    "CREATE FUNCTION upper(customers) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO orders (id) VALUES (77) RETURNING 77::bigint'"
  )
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  t.same(await ask({ sql: 'SELECT upper(c) FROM customers c' }), { error: 'Only reading is possible here.' })
  t.same((await client.query('SELECT count(*)::int AS n FROM orders')).rows, [{ n: 1 }])
})

test('TL-05: what never ends is stopped, and what is huge is cut', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const endless = await Promise.all(
    [
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n',
      `SELECT count(*) FROM ${Array.from({ length: 10 }, (_, i) => `generate_series(1, 16) g${i}`).join(', ')}`,
      "SELECT count(*) FROM generate_series(1, 100000) g, (SELECT string_agg('a', '') AS s FROM generate_series(1, 3000)) t WHERE s || g::text ~ '(a+)+(b+)+c$'"
    ].map((sql) => ask({ sql }))
  )
  // Newer versions get through the expression in time.
  for (const answer of endless.slice(0, 2)) t.match(answer, { error: /took too long and was stopped/ })
  t.ok(endless[2]!.error !== undefined || endless[2]!.rows!.length === 1)
  const huge = await ask({ sql: "SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000000) g" })
  t.match(huge, { error: /The answer is too large/ })
  const long = await ask({ sql: "SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000) g" })
  t.match(long, { truncated: /1 long value was cut after 4000 characters/ })
  t.equal(String(long.rows![0]![0]).length, 4001)
  const many = await ask({ sql: 'SELECT g FROM generate_series(1, 100000) g', limit: 500 })
  t.match(many, { rows: { length: 500 }, truncated: /more than these 500 rows/ })
  const wide = await ask({
    sql: "SELECT s FROM generate_series(1, 400), (SELECT string_agg(md5(x::text), '') AS s FROM generate_series(1, 100) x) h",
    limit: 500
  })
  t.ok(JSON.stringify(wide).length < 80_000)
  t.match(wide, { truncated: /These are the first \d+ rows/ })
  for (const sql of [
    'SELECT ' + 'NOT '.repeat(1200) + 'true',
    'SELECT ' + '(SELECT '.repeat(500) + '1' + ')'.repeat(500),
    'SELECT 1' + '+1'.repeat(2400),
    '('.repeat(4990)
  ]) { t.ok(await ask({ sql }), 'an answer, whichever') }
  t.same((await ask({ sql: 'SELECT 1' })).rows, [[1]], 'and it goes on')
})

test('TL-05: errors say what to change, and nothing of the database', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const cases: Array<[string, RegExp]> = [
    ['SELECT nmae FROM customers', /There is no such column\. It is about "nmae FROM"\. Did you mean name\?/],
    ['SELECT c.joind FROM customers c', /Did you mean joined\?/],
    ['SELECT * FROM custmers', /There is no table custmers to read here\. Did you mean customers\?/],
    ['SELEC 1', /no valid SQL from here on: "SELEC 1"/],
    ['SELECT 1 +', /ends too early/],
    ['SELECT lowr(name) FROM customers', /The function lowr is not offered here\. Did you mean lower/],
    ['SELECT name, count(*) FROM customers', /Add it to GROUP BY/],
    ["SELECT 'a'::int", /A value does not fit/],
    ['SELECT 1/0', /divides by zero/],
    ["SELECT * FROM customers WHERE id = 'Ann' || 1", /Cast|types|does not fit/],
    ['SELECT $1', /parameters do not fit|parameter/],
    ['SELECT id FROM customers c JOIN orders o ON true', /several of the tables/]
  ]
  for (const [sql, expected] of cases) {
    const { error } = await ask({ sql })
    t.match(error, expected, sql)
    t.notMatch(error, NO_INTERNALS, sql)
  }
  const oracle = await ask({ sql: 'SELECT name::int FROM customers' })
  t.notMatch(oracle.error, /Ann|Bob/, 'no value in an error')
})

test('TL-03: odd arguments, and text in parameters that stays text', async (t) => {
  const { client, reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  for (const sql of ['', '\0', "SELECT '\0'", '\ud800', 'x'.repeat(20_000), 1, null, [], '🙂'.repeat(1000)]) { t.ok((await ask({ sql })).error, String(sql).slice(0, 20)) }
  for (const value of ["'; DROP TABLE orders; --", '\0', '\ud800', '1 OR 1=1', 'x'.repeat(9_000)]) {
    const answer = await ask({ sql: 'SELECT count(*) FROM customers WHERE name = $1', parameters: [value] })
    t.ok(answer.error ?? t.same(answer.rows, [[0]]), JSON.stringify(value).slice(0, 30))
  }
  t.match(await ask({ sql: 'SELECT 1', database: 'other' }), { error: /Pass one of these as database: postgres\./ })
  t.equal((await client.query('SELECT count(*)::int AS n FROM orders')).rows[0].n, 1)
})

test('TL-09: 200 calls at once are all answered', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask({ sql: 'SELECT count(*) FROM orders' })))
  t.ok(answers.every(({ rows, error }) => error !== undefined || rows?.[0]?.[0] === 1))
  t.ok(answers.some(({ rows }) => rows))
})

// As Supabase makes it: the functions and roles that its policies stand on.
const SUPABASE = `
  DO $$ BEGIN CREATE ROLE authenticated NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN END $$;
  CREATE SCHEMA auth; GRANT USAGE ON SCHEMA auth TO authenticated;
  CREATE FUNCTION auth.uid() RETURNS uuid STABLE LANGUAGE sql AS $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  CREATE FUNCTION auth.jwt() RETURNS jsonb STABLE LANGUAGE sql AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
  CREATE TABLE diary (owner uuid, entry text); ALTER TABLE diary ENABLE ROW LEVEL SECURITY;
  CREATE POLICY mine ON diary TO authenticated USING (owner = auth.uid());
  CREATE TABLE plans (entry text); ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
  CREATE POLICY strong ON plans TO authenticated USING (auth.jwt() ->> 'aal' = 'aal2'); INSERT INTO plans VALUES ('only with a second factor');
  INSERT INTO diary VALUES ('11111111-1111-1111-1111-111111111111', 'of Ann'), ('22222222-2222-2222-2222-222222222222', 'of Bob');
  GRANT SELECT, INSERT, UPDATE, DELETE ON diary, plans TO authenticated;
  GRANT authenticated TO READER;`
const ann = { supabase: '11111111-1111-1111-1111-111111111111' }
const bob = { supabase: '22222222-2222-2222-2222-222222222222' }

test('with Supabase, row-level security decides: two users side by side, and nobody else', async (t) => {
  const { reader, client, role } = await shop(t, SUPABASE)
  await client.query(`ALTER ROLE ${role} NOINHERIT`)
  const { ask, lines } = await openDatabaseQuery(t, { DATABASE_URL: reader })
  t.same(lines, [])
  const both = await Promise.all(
    Array.from({ length: 40 }, (_, index) => ask({ sql: 'SELECT entry FROM diary' }, index % 2 ? bob : ann))
  )
  t.same(
    both.map(({ rows }) => rows),
    both.map((_, index) => [[index % 2 ? 'of Bob' : 'of Ann']])
  )
  t.same((await ask({ sql: 'SELECT entry FROM diary' }, { supabase: '33333333-3333-3333-3333-333333333333' })).rows, [])
  t.same(
    (await ask({ sql: 'SELECT * FROM plans' }, ann)).rows,
    [],
    'a policy that asks for more than the user id says no'
  )
  t.same(
    (await ask({}, ann)).databases![0]!.tables.map(({ name }) => name),
    ['diary', 'plans'],
    'the catalogue is what signed-in users may read'
  )
  t.match(
    await ask({ sql: 'SELECT * FROM customers' }, ann),
    { error: /There is no table customers/ },
    'not what the connection may'
  )
  for (const args of [{}, { sql: 'SELECT 1' }, { sql: 'SELECT entry FROM diary' }]) { t.match(await ask(args), { error: /acts as the person at Supabase/ }) }
  t.match(await ask({ sql: 'SELECT entry FROM diary' }, { ...ann, claims: { role: 'service_role' } }), {
    error: /only for people who signed in with their own Supabase account/
  })
  t.same(
    (await ask({ sql: 'SELECT * FROM plans' }, { ...ann, claims: { aal: 'aal2' } })).rows,
    [['only with a second factor']],
    'and yes to a token that says it'
  )
  t.match(await ask({ sql: 'SELECT count(*) FROM diary' }, { supabase: 'not a uuid' }), { error: String })
  t.match(
    await ask({ sql: "SELECT entry FROM diary WHERE 1 / position('Ann' IN entry) > -1" }, ann),
    { rows: [['of Ann']] },
    'rows of others are not even looked at'
  )
})

test('fails closed: no role for signed-in users, none that may be taken, and tables without row-level security', async (t) => {
  const plain = await shop(t)
  const none = await openDatabaseQuery(t, { DATABASE_URL: plain.reader })
  t.equal(none.tool, undefined)
  // The role itself belongs to the whole server, so which of two reasons it is depends on the tests before.
  t.match(none.lines[0], /no role authenticated, so this is no Supabase database|may not act as authenticated/)
  const open = await shop(t, `${SUPABASE}; GRANT SELECT ON customers TO authenticated`)
  const { lines } = await openDatabaseQuery(t, { DATABASE_URL: open.reader })
  t.match(lines, [/everybody who signs in can read all of customers: row-level security is not on there/])
})

test('a database whose connections are all in use is busy, and does not count as away', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  await ask({ sql: 'SELECT 1' })
  const slow = Array.from({ length: 2 }, () =>
    ask({ sql: 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b' })
  )
  t.match(await ask({ sql: 'SELECT 1' }), {
    error: /^The database is busy with other queries\. Try again in a few seconds\.$/
  })
  for (const { error } of await Promise.all(slow)) t.match(error, /took too long/)
  t.same((await ask({ sql: 'SELECT 1' })).rows, [[1]], 'and is served again afterwards')
})

test('a database that is away is asked again, and its address stays here', async (t) => {
  const { ask, lines }: House = await openDatabaseQuery(t, everyone('postgres://someone:hunter2hunter2@127.0.0.1:9/db'))
  t.match(lines, [/did not answer/])
  const { error } = await ask({ sql: 'SELECT 1' })
  t.match(error, /cannot be reached right now/)
  t.notMatch(`${error} ${lines.join(' ')}`, /hunter2/)
})
