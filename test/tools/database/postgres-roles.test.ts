// database_query with Supabase: row-level security decides what each person sees, and nothing fails open.
import { openDatabaseQuery } from './open.ts'
import { shop, test } from './shop.ts'

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
  t.same(
    (await ask({ sql: 'SELECT entry FROM diary' }, { supabase: '33333333-3333-3333-3333-333333333333' })).rows,
    []
  )
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
  const notThem = [{ role: 'service_role' }, { role: 'anon' }, { role: 'Authenticated' }, { role: null }, { sub: null }, { sub: 7 }, { sub: [ann.supabase] }]
  for (const claims of notThem) {
    t.match(await ask({ sql: 'SELECT entry FROM diary' }, { ...ann, claims }), {
      error: /only for people who signed in with their own Supabase account/
    }, JSON.stringify(claims))
  }
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
