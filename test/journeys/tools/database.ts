// The cases of database_query: real work, and the mistakes a model makes.
import { HOSTILE, type Case, type Result, type Mistake } from './contract.ts'

export const databaseCases: Record<string, Case> = {
  database_query: {
    right: { database: 'shop', sql: 'SELECT 1' },
    async use (t, use, expected) {
      const { databases } = await use('database_query', {})
      t.same(
        databases.map(({ name }: Result) => name),
        expected
      )
      t.match(
        databases.find(({ name }: Result) => name === 'shop'),
        { kind: 'SQLite', tables: [{ name: 'orders', columns: [/^id/, /^total/] }] }
      )
      const sum = await use('database_query', {
        database: 'shop',
        sql: 'SELECT sum(total) AS sum FROM orders WHERE total > ?',
        parameters: [2]
      })
      t.match(sum, { database: 'shop', columns: [{ name: 'sum' }], rows: [[15.5]], rowCount: 1 })
      for (const text of HOSTILE) {
        t.same(
          (
            await use('database_query', {
              database: 'shop',
              sql: 'SELECT count(*) FROM orders WHERE made = ?',
              parameters: [text]
            })
          )['rows'],
          [[0]],
          'a parameter is never SQL'
        )
      }
      if (expected.includes('postgres')) {
        t.match(
          await use('database_query', {
            database: 'postgres',
            sql: 'SELECT name FROM public.people WHERE age > $1',
            parameters: [30]
          }),
          { rows: [['Ann']] }
        )
      }
    },
    mistakes: [
      ...[7, null, ['x'], {}].map((sql): Mistake => [{ sql }, /- sql: .*expected string/]),
      [{ sql: '' }, /- sql: /],
      [{ sql: 'x'.repeat(5_001) }, /- sql: .*5000/],
      [{ sql: 'SELECT 1', database: 'shop', parameters: 'x' }, /- parameters: .*expected array/],
      [{ sql: 'SELECT 1', database: 'shop', parameters: [{}] }, /- parameters\.0: /],
      [{ sql: 'SELECT ?', database: 'shop' }, /parameter/],
      ...[0, 501, 1.5, '9'].map((limit): Mistake => [{ sql: 'SELECT 1', database: 'shop', limit }, /- limit: /]),
      [{ sql: 'SELECT 1', database: 'stores' }, /no database of that name\. Pass one of these.*shop/],
      [{ tables: ['order'], database: 'shop' }, /no table order here\. Did you mean orders/],
      [{ tables: 'orders' }, /- tables: .*expected array/],
      [{ query: 'SELECT 1' }, /"query"[\s\S]*sql \(string\)/],
      [{ database: 'shop', sql: 'SELECT * FROM order_s' }, /no table order_s.*orders/],
      [{ database: 'shop', sql: 'SELECT totl FROM orders' }, /no column totl.*total/],
      [{ database: 'shop', sql: 'SELEC 1' }, /no valid SQL/],
      [{ database: 'shop', sql: 'SELECT 1; SELECT 2' }, /one/i],
      ...[
        'DELETE FROM orders',
        'DROP TABLE orders',
        "ATTACH '/tmp/x' AS x",
        'PRAGMA user_version = 1',
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')"
      ].map((sql): Mistake => [{ database: 'shop', sql }, /only reads|read|not offered|SELECT/i])
    ]
  }
}
