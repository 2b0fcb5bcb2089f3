// database_query on SQLite files: honest values, nothing but reading, bounded answers (threats TL-04, TL-05, TL-09, BW-04).
import { copyFile, link, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { folder } from '../../helpers/tool-context.ts'
import { NO_INTERNALS, openDatabaseQuery } from './open.ts'

async function shop (t: Test) {
  const place = await folder(t)
  const path = join(place, 'shop.db')
  const db = new DatabaseSync(path)
  db.exec(`CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, total REAL, made TEXT);
    CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;
    INSERT INTO customers VALUES (1, 'Ann', 'ann@example.com'), (2, 'Bob', NULL);
    INSERT INTO orders VALUES (1, 1, 12.5, '2026-01-02'), (2, 1, 3, '2026-02-03'), (3, 2, 9007199254740993, '2026-03-04');`)
  db.close()
  return { place, path, before: await readFile(path) }
}

t.test('tables, rows, parameters, and values as they are', async (t) => {
  const { path } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  const { databases } = await ask({})
  t.match(databases, [
    {
      name: 'shop',
      tables: [
        { name: 'big' },
        { name: 'customers', columns: [/^id .*/, /^name text/, /^email/] },
        { name: 'orders', columns: [/^id/, /customers/] }
      ]
    }
  ])
  t.same(
    (
      await ask({
        sql: 'SELECT name, total FROM customers JOIN orders ON customer = customers.id WHERE total > ? ORDER BY total',
        parameters: [5]
      })
    ).rows,
    [['Ann', 12.5], ['Bob', 9007199254740992]]
  )
  t.same((await ask({ sql: "SELECT NULL, 9007199254740993, x'00ff', 1e400, 'ä'" })).rows, [
    [null, '9007199254740993', '\\x00ff', 'Infinity', 'ä']
  ])
  t.same(
    (
      await ask({
        sql: 'WITH few(n) AS (SELECT total FROM orders WHERE total > ?) SELECT count(*) FROM few',
        parameters: [5]
      })
    ).rows,
    [[2]]
  )
  t.match(
    await ask({
      sql: 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT x FROM n',
      limit: 10
    }),
    { rows: { length: 10 }, truncated: /more/ }
  )
})

t.test('nothing writes, changes settings, reaches another file, or calls what is not on the list (TL-04)', async (t) => {
  const { path, place, before } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  const other = join(place, 'made.db')
  const refused = [
    "INSERT INTO customers VALUES (3, 'x', '')",
    "UPDATE customers SET name = 'x'",
    'DELETE FROM orders',
    "REPLACE INTO customers VALUES (1, 'x', '')",
    'DROP TABLE orders',
    'ALTER TABLE orders ADD x',
    'CREATE TABLE x (y)',
    'CREATE TEMP TABLE x (y)',
    'CREATE INDEX i ON orders (total)',
    'CREATE VIEW v AS SELECT 1',
    'CREATE TRIGGER r AFTER INSERT ON orders BEGIN SELECT 1; END',
    'CREATE VIRTUAL TABLE v USING fts5(x)',
    'BEGIN',
    'COMMIT',
    'SAVEPOINT s',
    'VACUUM',
    `VACUUM INTO '${other}'`,
    'REINDEX',
    'ANALYZE',
    `ATTACH DATABASE '${other}' AS made`,
    'DETACH DATABASE main',
    'PRAGMA table_info(orders)',
    'PRAGMA journal_mode = DELETE',
    'PRAGMA writable_schema = ON',
    'SELECT * FROM pragma_database_list',
    "SELECT * FROM pragma_table_info('orders')",
    'SELECT 1; DROP TABLE orders',
    'SELECT 1; SELECT 2',
    'SELECT 1 /* */ ; DELETE FROM orders --',
    '-- SELECT\nDELETE FROM orders',
    'WITH x AS (SELECT 1) DELETE FROM orders',
    "WITH x AS (SELECT 1) INSERT INTO customers SELECT 9, 'x', ''",
    'INSERT INTO orders (id) VALUES (9) RETURNING id',
    'EXPLAIN DELETE FROM orders',
    "SELECT load_extension('/tmp/x.so')",
    "SELECT readfile('/etc/passwd')",
    `SELECT writefile('${other}', 'x')`,
    'SELECT randomblob(100000000)',
    'SELECT zeroblob(1000000000)',
    'SELECT sqlite_version()',
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('x')",
    'SELECT * FROM sqlite_schema',
    'SELECT * FROM sqlite_master',
    'SELECT * FROM sqlite_temp_master',
    'SELECT sql FROM main.sqlite_schema',
    'SELECT * FROM dbstat',
    'SELECT count(*) FROM sqlite_schema',
    'SELECT count(*) FROM sqlite_master',
    'SELECT count(*) FROM dbstat',
    'SELECT count(*) FROM pragma_database_list'
  ]
  for (const sql of refused) {
    const answer = await ask({ sql })
    t.type(answer.error, 'string', sql)
    // The names that the statement itself used may come back.
    t.notMatch(answer.error!.replaceAll(/sqlite_\w+/g, ''), NO_INTERNALS, sql)
  }
  t.strictSame(await readFile(path), before, 'the file is as it was')
  t.same(await readdir(place), ['shop.db'], 'and no other was made')
  t.same((await ask({ sql: 'SELECT count(*) FROM orders' })).rows, [[3]])
})

t.test('what never ends is ended, what is huge is cut, and errors tell nothing of the inside (TL-05)', async (t) => {
  const { path } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  const { ask: askBriefly } = await openDatabaseQuery(t, { DATABASE_FILES: path, DATABASE_QUERY_TIMEOUT: '1' })
  const hungry = await Promise.all(
    [
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n',
      `SELECT count(*) FROM ${Array.from({ length: 20 }, (_, index) => `orders o${index}`).join(', ')}, orders x, orders y, orders z`
    ].map((sql) => askBriefly({ sql }))
  )
  for (const answer of hungry) t.match(answer, { error: /took too long/ })
  const doubling = "WITH RECURSIVE n(x, s) AS (SELECT 1, 'x' UNION ALL SELECT x + 1, s || s FROM n WHERE x < 40) SELECT s FROM n"
  t.match(await ask({ sql: doubling }), { error: String })
  for (const [sql, message] of [
    ['SELECT nam FROM customers', /no column nam.*name/],
    ['SELECT * FROM custmers', /custmers.*customers/],
    ['SELECT FROM', /no valid SQL/],
    ['SELECT ?', /parameters do not fit|give one value/],
    ['SELECT id FROM customers, orders', /several of the tables/]
  ] as const) {
    const { error } = await ask({ sql })
    t.match(error, message, sql)
    t.notMatch(error, NO_INTERNALS, sql)
  }
  for (const sql of [
    '\0',
    'SELECT \ud800',
    '('.repeat(4990),
    'SELECT ' + 'NOT '.repeat(1200) + '1',
    '-- nothing',
    '/*'
  ]) { t.type((await ask({ sql })).error, 'string', JSON.stringify(sql.slice(0, 20))) }
  t.same((await ask({ sql: 'SELECT 1' })).rows, [[1]], 'and it goes on')
})

t.test('rows, columns and bytes are bounded while they are read (BW-04)', async (t) => {
  const { path } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  const many = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)'
  const pad = (characters: number) => `printf('%${characters}d', 1)`
  const refused: Array<[sql: string, message: RegExp]> = [
    [`${many} SELECT ${pad(20_000)} FROM n`, /^The answer is too large\. Select fewer/],
    [`SELECT ${Array.from({ length: 3 }, () => pad(1_900_000)).join(', ')}`, /^The answer is too large\. Select fewer/],
    [`SELECT ${Array.from({ length: 201 }, () => '1').join(', ')}`, /./],
    [`SELECT length(${pad(3_000_000)})`, /too long/],
    [`SELECT replace(${pad(1_000_000)}, ' ', 'xxx')`, /too long/],
    [`SELECT hex(${pad(1_500_000)})`, /too long/],
    [`${many} SELECT length(group_concat(${pad(1_000)})) FROM n`, /too long/],
    [`${many} SELECT length(json_group_array(${pad(1_000)})) FROM n`, /too long/],
    ['SELECT zeroblob(9)', /zeroblob is not offered here/],
    ['SELECT randomblob(9)', /randomblob is not offered here/]
  ]
  for (const [sql, message] of refused) {
    t.match((await ask({ sql, limit: 500 })).error, message, sql.slice(0, 80))
  }
  const cut = await ask({ sql: `${many} SELECT ${pad(200)} FROM n`, limit: 500 })
  t.ok(JSON.stringify(cut).length < 70_000)
  t.match(cut.truncated, /more would not fit/)
  t.notOk((await ask({ sql: 'SELECT ?', parameters: ['x'.repeat(1_001)] })).rows)
  // SQLite keeps what it compares in memory, and has no limit for it here: the process has one, and a deadline.
  t.match(
    await ask({
      sql: `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM (SELECT DISTINCT x, ${pad(1_000)} FROM n)`
    }),
    { error: /needed more memory|took too long/ }
  )
  t.same((await ask({ sql: 'SELECT 1' })).rows, [[1]])
})

t.test('a database in WAL mode is read, whether or not another process has it open', async (t) => {
  const path = join(await folder(t), 'wal.db')
  const writer = new DatabaseSync(path)
  writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)')
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  t.same((await ask({ sql: 'SELECT a FROM t' })).rows, [[1]], 'open elsewhere')
  writer.close()
  t.same((await ask({ sql: 'SELECT a FROM t' })).rows, [[1]], 'open nowhere')
})

t.test('many at once each get an answer (TL-09)', async (t) => {
  const { path } = await shop(t)
  const { ask } = await openDatabaseQuery(t, { DATABASE_FILES: path })
  // Each in a process of their own, and more than run at once.
  const people = Array.from({ length: 10 }, (_, n) => n)
  const answers = await Promise.all(people.map((n) => ask({ sql: `SELECT ${n}` }, { person: `person ${n}` })))
  t.same(answers.map(({ rows }) => rows), people.map((n) => [[n]]))
})

t.test(
  "the server's own files, what is missing and what is no database are not offered, by whatever name",
  async (t) => {
    const { path, place } = await shop(t)
    const data = join(place, 'data')
    await mkdir(data)
    await copyFile(path, join(data, 'oauth.db'))
    await symlink(join(data, 'oauth.db'), join(place, 'soft.db'))
    await link(join(data, 'oauth.db'), join(place, 'hard.db'))
    for (const [file, message] of [
      [join(data, 'oauth.db'), /own files/],
      [join(place, 'soft.db'), /own files/],
      [join(place, 'hard.db'), /own files/],
      [join(place, 'no.db'), /does not exist/],
      [join(import.meta.dirname, '../../../package.json'), /no SQLite database/],
      [place, /no file|no SQLite/]
    ] as const) {
      await t.rejects(openDatabaseQuery(t, { DATABASE_FILES: file }, data), { message }, file)
    }
    await t.rejects(openDatabaseQuery(t, { DATABASE_FILES: `${path},${path}` }, data), { message: /is taken/ })
    t.equal((await openDatabaseQuery(t, {}, data)).tool, undefined, 'without a database the tool is not offered')
  }
)
