// database_query on a real Postgres: nothing writes, reaches a file or the network, or leaves its limits (threat TL-04).
import { existsSync } from 'node:fs'
import { NO_INTERNALS, openDatabaseQuery } from './open.ts'
import { shop, everyone, test } from './shop.ts'

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

test('nothing writes, reaches a file or the network, or leaves its limits, also as the owner (TL-04)', async (t) => {
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

test('what gets past the check is stopped by the transaction (TL-04)', async (t) => {
  // A function that looks harmless because it is called like one of the list.
  const { client, reader } = await shop(
    t,
    "CREATE FUNCTION upper(customers) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO orders (id) VALUES (77) RETURNING 77::bigint'"
  )
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  t.same(await ask({ sql: 'SELECT upper(c) FROM customers c' }), { error: 'Only reading is possible here.' })
  t.same((await client.query('SELECT count(*)::int AS n FROM orders')).rows, [{ n: 1 }])
})
