// A Postgres with a shop in it and a role that may only read, for tests of database_query.
import pg from 'pg'
import t, { type Test } from 'tap'
import { noPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.ts'

export let server: TestPostgres | undefined

t.before(async () => {
  server = await startPostgres()
})

t.teardown(() => server?.stop())

export const SHOP = `
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
export async function shop (t: Test, more = '') {
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

export const everyone = (url: string) => ({ DATABASE_QUERY_URL: url, DATABASE_QUERY_AS: 'everyone' })

export const test = (name: string, run: (t: Test) => Promise<void>) =>
  t.test(name, async (t) => (server ? run(t) : t.comment(noPostgres)))
