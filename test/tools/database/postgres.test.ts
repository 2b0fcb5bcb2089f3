// database_query on a real Postgres: honest values, bounded answers, errors that help (threats TL-03, TL-05, TL-09).
import { configureTools } from '../../../authoring/loader/open.ts'
import databaseQuery from '../../../tools/database-query.ts'
import { NO_INTERNALS, openDatabaseQuery, type House } from './open.ts'
import { shop, everyone, test } from './shop.ts'

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
      ['9007199254740993', null, null, 0.1, 'NaN', [1, 2]],
      [1, '2026-01-02', null, 0.1, 'NaN', [1, 2]]
    ]
  )
  const named = await ask({
    sql: 'SELECT count(*) AS n, lower(name) FROM customers WHERE name = $1 AND id = $2 GROUP BY 2',
    parameters: ['Ann', 1]
  })
  t.same(
    [named.columns, named.rows],
    [
      [
        { name: 'n', type: 'bigint' },
        { name: 'lower', type: 'text' }
      ],
      [[1, 'ann']]
    ]
  )
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

test('a statement has the seconds of DATABASE_QUERY_TIMEOUT, from 1 to 20', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { ...everyone(reader), DATABASE_QUERY_TIMEOUT: '1' })
  const endless = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b'
  const before = performance.now()
  t.match(await ask({ sql: endless }), { error: /took too long/ })
  t.ok(performance.now() - before < 3_500)
  for (const wrong of ['0', '21', 'long']) {
    t.match(configureTools([databaseQuery], { DATABASE_QUERY_TIMEOUT: wrong }).problems, [/DATABASE_QUERY_TIMEOUT.*write/])
  }
})

test('one person or address that asks much at once leaves a connection to the others (OW-21)', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { ...everyone(reader), DATABASE_QUERY_TIMEOUT: '1' })
  const endless = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b'
  for (const caller of [{ person: 'ann' }, { address: 'address 192.0.2.1' }]) {
    const slow = Array.from({ length: 3 }, () => ask({ sql: endless }, caller))
    t.same((await ask({ sql: 'SELECT 1' }, { person: 'bob' })).rows, [[1]])
    const errors = (await Promise.all(slow)).map(({ error }) => error)
    for (const error of errors) t.match(error, /took too long|still running/)
  }
})

test('what never ends is stopped, and what is huge is cut (TL-05)', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const { ask: askBriefly } = await openDatabaseQuery(t, { ...everyone(reader), DATABASE_QUERY_TIMEOUT: '1' })
  const endless = await Promise.all(
    [
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n',
      `SELECT count(*) FROM ${Array.from({ length: 10 }, (_, i) => `generate_series(1, 16) g${i}`).join(', ')}`,
      "SELECT count(*) FROM generate_series(1, 100000) g, (SELECT string_agg('a', '') AS s FROM generate_series(1, 3000)) t WHERE s || g::text ~ '(a+)+(b+)+c$'"
    ].map((sql) => askBriefly({ sql }))
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

test('errors say what to change, and nothing of the database (TL-05)', async (t) => {
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

test('odd arguments, and text in parameters that stays text (TL-03)', async (t) => {
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

test('200 calls at once are all answered (TL-09)', async (t) => {
  const { reader } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask({ sql: 'SELECT count(*) FROM orders' })))
  t.ok(answers.every(({ rows, error }) => error !== undefined || rows?.[0]?.[0] === 1))
  t.ok(answers.some(({ rows }) => rows))
})

test('a database whose connections are all in use is busy, and does not count as away', async (t) => {
  const { reader } = await shop(t)
  // Longer than a statement waits for a connection.
  const { ask } = await openDatabaseQuery(t, { ...everyone(reader), DATABASE_QUERY_TIMEOUT: '3' })
  await ask({ sql: 'SELECT 1' })
  const endless = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b'
  const slow = ['ann', 'bob'].map((person) => ask({ sql: endless }, { person }))
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
