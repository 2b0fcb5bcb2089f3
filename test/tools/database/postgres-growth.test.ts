// database_query on a real Postgres: what could fill the memory of the database is refused before it runs (threats TL-05,
// BW-03).
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { noPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.ts'
import { openDatabaseQuery, type House } from './open.ts'

let server: TestPostgres | undefined

t.before(async () => {
  server = await startPostgres()
})

t.teardown(() => server?.stop())

const MAX_BACKEND_BYTES = 300_000_000

const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, tags text[], info jsonb);
  CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, item text, parent int);
  INSERT INTO customers SELECT g, 'customer ' || g, ARRAY['a', 'b'], '{"k": [1, 2]}' FROM generate_series(1, 200) g;
  INSERT INTO orders SELECT g, 1 + g % 200, 'item ' || g, nullif(g / 2, 0) FROM generate_series(1, 2000) g;
  GRANT SELECT ON customers, orders TO READER;`

/** @returns a house whose one person asks, and what its sessions have taken at most. */
async function shop (t: Test): Promise<House & { peak(): Promise<number> }> {
  const owner = await server!.newDatabase()
  const client = new pg.Client({ connectionString: owner })
  await client.connect()
  t.teardown(() => client.end())
  const role = `reader_${new URL(owner).pathname.slice(1)}`
  await client.query(`CREATE ROLE ${role} LOGIN; ${TABLES.replaceAll('READER', role)}`)
  const house = await openDatabaseQuery(t, {
    DATABASE_QUERY_URL: Object.assign(new URL(owner), { username: role, password: '' }).href,
    DATABASE_QUERY_AS: 'everyone'
  })
  return {
    ...house,
    async peak () {
      const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usename = $1', [
        role
      ])
      const sizes = await Promise.all(
        rows.map(
          async ({ pid }) =>
            Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0) *
            1024
        )
      )
      return Math.max(0, ...sizes)
    }
  }
}

const test = (name: string, run: (t: Test) => Promise<void>) =>
  t.test(name, async (t) => (server ? run(t) : t.comment(noPostgres)))

const LONG = 'x'.repeat(1_000)

/** `WITH a AS (…), b AS (… FROM a) …`, each twice as long as the one before. */
const doubling = (step: string, depth = 25) =>
  `WITH q0 AS (SELECT $1::text AS s)${Array.from({ length: depth }, (_, i) => `, q${i + 1} AS (SELECT ${step} AS s FROM q${i})`).join('')} SELECT length(s) FROM q${depth}`

const BOMBS: Array<[sql: string, parameters?: unknown[]]> = [
  ["SELECT length(string_agg($1, '')) FROM generate_series(1, 90000)", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(1, $2::int)", [LONG, 90_000]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(1, (SELECT 90000))", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(1, 300) a, generate_series(1, 300) b", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM (SELECT generate_series(1, 90000)) g", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(1.0, 90000.0, 1.0)", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(timestamp '2000-01-01', '2200-01-01', '1 hour')", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM generate_series(-90000, -1)", [LONG]],
  ["SELECT length(pg_catalog.string_agg($1, '')) FROM pg_catalog.generate_series(1, 90000)", [LONG]],
  ['SELECT array_length(array_agg($1::text), 1) FROM generate_series(1, 90000)', [LONG]],
  ['SELECT array_length(ARRAY(SELECT $1::text FROM generate_series(1, 90000)), 1)', [LONG]],
  ['SELECT array_length(g.array_agg, 1) FROM generate_series(1, 9000000) g'],
  ['SELECT jsonb_agg($1::text) FROM generate_series(1, 90000)', [LONG]],
  ['SELECT length(json_agg($1::text)::text) FROM generate_series(1, 90000)', [LONG]],
  ['SELECT count(x) FROM (SELECT json_object_agg(g, $1::text) x FROM generate_series(1, 90000) g) y', [LONG]],
  ['SELECT count(x) FROM (SELECT jsonb_object_agg(g, $1::text) x FROM generate_series(1, 90000) g) y', [LONG]],
  ["SELECT length(string_agg($1, '')) FROM string_to_table($2, NULL) a, string_to_table($2, NULL) b", [LONG, LONG]],
  [
    "SELECT length(string_agg($1, '')) FROM regexp_split_to_table($2, '') a, unnest(string_to_array($2, NULL)) b",
    [LONG, LONG]
  ],
  ["SELECT length(string_agg($1, '')) FROM orders a, orders b", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM orders a CROSS JOIN orders b", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM orders a JOIN orders b ON true", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM orders a, generate_series(1, 2000) b", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM (SELECT * FROM orders) a, (SELECT * FROM orders) b", [LONG]],
  ["SELECT length(string_agg($1, '')) FROM orders a, orders b, orders c WHERE a.id = b.id", [LONG]],
  [
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 90000) SELECT length(string_agg($1, '')) FROM n",
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, $1::text UNION ALL SELECT x + 1, s || s FROM n WHERE x < 21) SELECT max(length(s)) FROM n',
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, $1::text UNION ALL SELECT x + 1, n.s || n.s FROM n WHERE x < 21) SELECT max(length(s)) FROM n',
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s, u) AS (SELECT 1, $1::text, $1::text UNION ALL SELECT x + 1, concat(s, u), concat(u, s) FROM n WHERE x < 21) SELECT max(length(s)) FROM n',
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, $1::text UNION ALL SELECT x + 1, t.s || t.r FROM (SELECT x, s, s AS r FROM n) t WHERE x < 21) SELECT max(length(s)) FROM n',
    [LONG]
  ],
  [
    "WITH RECURSIVE n(x, s) AS (SELECT 1, $1::text UNION ALL SELECT x + 1, replace(s, 'x', 'xx') FROM n WHERE x < 21) SELECT max(length(s)) FROM n",
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, ARRAY[$1::text] UNION ALL SELECT x + 1, array_cat(s, s) FROM n WHERE x < 21) SELECT max(array_length(s, 1)) FROM n',
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, to_jsonb($1::text) UNION ALL SELECT x + 1, jsonb_build_array(s, s) FROM n WHERE x < 21) SELECT count(s) FROM n',
    [LONG]
  ],
  [
    'WITH RECURSIVE n(x, s) AS (SELECT 1, $1::text UNION SELECT x + 1, s FROM n WHERE x < 9000000) SELECT count(*) FROM n',
    [LONG]
  ],
  [
    'SELECT count(*) FROM (SELECT g FROM generate_series(1, 9000000) g INTERSECT SELECT g FROM generate_series(1, 9000000) g) x'
  ],
  ['SELECT 1 WHERE 0 NOT IN (SELECT g FROM generate_series(1, 9000000) g WHERE g % 1 = 0 AND g % 1 = 0)'],
  [doubling('s || s'), [LONG]],
  [doubling('concat(s, s)'), [LONG]],
  [doubling("concat_ws('', s, s)"), [LONG]],
  [doubling('concat_ws(s, 1, 2, 3)'), [LONG]],
  [doubling('(ARRAY[s, s])::text'), [LONG]],
  [doubling('(ROW(s, s))::text'), [LONG]],
  [doubling('json_build_array(s, s)::text'), [LONG]],
  [doubling("encode(s::bytea, 'hex')"), [LONG]],
  [doubling('quote_literal(s)'), ["'".repeat(1_000)]],
  [doubling('s.quote_literal').replaceAll(' FROM q', ' FROM q'), [LONG]],
  [doubling("replace(s, 'x', 'xx')"), [LONG]],
  ["SELECT length(replace(replace($1, 'x', $1), 'x', $1))", [LONG]],
  ["SELECT length(regexp_replace(regexp_replace($1, '', $1, 'g'), '', $1, 'g'))", [LONG]],
  ['SELECT length(array_to_string(string_to_array(array_to_string(string_to_array($1, NULL), $1), NULL), $1))', [LONG]],
  ['SELECT length(replace(name, name, repeat_of)) FROM customers, (SELECT $1::text AS repeat_of) r', [LONG]],
  ["SELECT length(('1'::bit(80000000))::text)"],
  ["SELECT length('x'::char(10000000))"],
  ["SELECT octet_length('x'::bpchar(10000000) || 'y')"],
  ["SELECT jsonb_array_length(jsonb_path_query_array($1::jsonb, '$.**.**.**'))", ['['.repeat(499) + ']'.repeat(499)]]
]

test('what would fill the memory of the database is refused in words of ours, and never runs (BW-03)', async (t) => {
  const { ask, peak } = await shop(t)
  await ask({ sql: 'SELECT 1' })
  for (const [sql, parameters] of BOMBS) {
    t.match(
      (await ask({ sql, ...(parameters && { parameters }) })).error,
      /^The answer is too large: |may mean a function/,
      sql.slice(0, 120)
    )
  }
  const notOffered: Array<[sql: string, name: string]> = [
    ["SELECT repeat('x', 9)", 'repeat'],
    ["SELECT lpad('x', 9)", 'lpad'],
    ["SELECT rpad('x', 9)", 'rpad'],
    ['SELECT array_fill(1, ARRAY[9])', 'array_fill'],
    ["SELECT format('%s', 1)", 'format'],
    ['SELECT xmlagg(x) FROM customers', 'xmlagg']
  ]
  for (const [sql, name] of notOffered) { t.match((await ask({ sql })).error, new RegExp(`^The function ${name} is not offered here`), sql) }
  t.match(await ask({ sql: 'SELECT $1', parameters: ['x'.repeat(1_001)] }), { error: /^arguments: .*1000/s })
  t.ok((await peak()) < MAX_BACKEND_BYTES, 'and no session grew')
})

test('the largest that is admitted stays small (BW-03)', async (t) => {
  const { ask, peak } = await shop(t)
  const admitted: Array<[sql: string, parameters?: unknown[]]> = [
    ["SELECT length(string_agg($1, '')) FROM generate_series(1, 30000)", [LONG]],
    ["SELECT length(replace($1, 'x', $1))", [LONG]],
    [doubling('s || s', 11), [LONG]],
    ['SELECT length(jsonb_agg(g)::text) FROM generate_series(1, 400000) g'],
    ["SELECT length(string_agg(a.item, ',')) FROM orders a JOIN orders b ON a.customer = b.customer"],
    ['SELECT count(DISTINCT g) FROM generate_series(1, 500000) g'],
    [
      "SELECT max(length(s)) FROM (SELECT string_agg($1, '') OVER (ORDER BY g) AS s FROM generate_series(1, 2000) g) x",
      [LONG]
    ]
  ]
  for (const [sql, parameters] of admitted) {
    t.match(
      (await ask({ sql, ...(parameters && { parameters }) })).error ?? 'took too long and was stopped',
      /took too long and was stopped/,
      sql
    )
  }
  const bytes = await peak()
  t.ok(bytes < MAX_BACKEND_BYTES, `${Math.round(bytes / 1e6)} MB`)
})

test('what people ask for is not refused', async (t) => {
  const { ask } = await shop(t)
  for (const sql of [
    "SELECT c.name, string_agg(o.item, ', ' ORDER BY o.item) FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.name",
    "SELECT c.name || ' (' || c.id || '): ' || count(*) || ' orders' FROM customers c, orders o WHERE o.customer = c.id GROUP BY c.id",
    'SELECT json_agg(c) FROM customers c',
    'SELECT id, ARRAY(SELECT item FROM orders o WHERE o.customer = c.id) FROM customers c',
    'SELECT array_agg(t) FROM customers c, unnest(c.tags) t',
    "SELECT jsonb_agg(e) FROM customers, jsonb_array_elements(info -> 'k') e",
    "SELECT replace(replace(replace(replace(item, 'item', ''), '-', ''), '.', ''), ' ', '') FROM orders",
    "SELECT regexp_replace(regexp_replace(item, '\\s+', ' ', 'g'), '[^a-z ]', '', 'g') FROM orders",
    "WITH RECURSIVE tree AS (SELECT id, item AS path FROM orders WHERE parent IS NULL UNION ALL SELECT o.id, tree.path || ' > ' || o.item FROM orders o JOIN tree ON o.parent = tree.id) SELECT * FROM tree",
    'WITH RECURSIVE near(id) AS (SELECT 1 UNION SELECT o.id FROM orders o JOIN near ON o.parent = near.id) SELECT count(*) FROM orders WHERE id IN (SELECT id FROM near)',
    "SELECT d::date, count(o.id) FROM generate_series('2026-01-01'::date, '2026-12-31', '1 day') d LEFT JOIN orders o ON o.id = extract(doy FROM d) GROUP BY 1",
    'SELECT customer FROM orders EXCEPT SELECT id FROM customers',
    'SELECT * FROM orders WHERE customer NOT IN (SELECT id FROM customers WHERE id > 5)',
    "SELECT jsonb_build_object('id', id, 'name', name, 'tags', tags) FROM customers",
    "SELECT concat_ws(', ', name, id, tags::text) FROM customers",
    'SELECT id::numeric(12,2), name::varchar(50) FROM customers',
    "SELECT jsonb_path_query_array(info, '$.**.k') FROM customers",
    'SELECT ARRAY[id, id + 1], ROW(id, name) FROM customers'
  ]) { t.match(await ask({ sql }), { rows: Array }, sql) }
})

test('at most two statements run at once (BW-03)', async (t) => {
  const { ask, peak } = await shop(t)
  const slow = 'SELECT count(*) FROM generate_series(1, 16) a, generate_series(1, 3000) b, generate_series(1, 60) c'
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask({ sql: slow })))
  t.ok(answers.every(({ rows, error }) => rows?.[0]?.[0] === 2_880_000 || error !== undefined))
  t.ok((await peak()) < MAX_BACKEND_BYTES)
})
