// The check of a Postgres statement, without a database: what it costs by itself (threat WS-06). What it admits and
// refuses is tested in test/tools/database-postgres.test.ts.
import t from 'tap'
import type { Table } from '../../../tools/database/contract.ts'
import { checkPostgres, tableKey } from '../../../tools/database/postgres-check.ts'

const table = { name: 't', kind: 'table', columns: [{ name: 'a', type: 'text' }] } as const
const names = {
  tables: new Map([[tableKey('public', 't'), { ...table, columns: [...table.columns] }]]),
  schemas: ['public'],
  relations: new Set(['t']),
  functions: new Set<string>()
}

const arrays = (levels: number, inner = '1') => `array${'['.repeat(levels)}${inner}${']'.repeat(levels)}`

/** Milliseconds of this thread. */
async function cost (run: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  await run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

t.test('a statement that nests deeply is refused, and the check of any other costs little (WS-06)', async (t) => {
  await checkPostgres('SELECT 1', names)
  for (const [sql, isRefused] of [
    [`SELECT ${arrays(2_480)}`, true],
    [`SELECT ${arrays(1_000)}`, true],
    [`SELECT ${Array(12).fill(arrays(190)).join()}`, false],
    [`SELECT * FROM ${'(SELECT * FROM t,'.repeat(200)}t${') x'.repeat(200)}`, true],
    [`SELECT * FROM ${'(SELECT * FROM '.repeat(60)}t${') x'.repeat(60)}`, false],
    [`SELECT 1 FROM t WHERE ${'('.repeat(180)}a${'=1)'.repeat(180)}`, false],
    [`SELECT ${Array(1_600).fill('1').join('+')}`, true],
    [`SELECT ${Array(100).fill('1').join('+')}`, false],
    [`WITH RECURSIVE q AS (SELECT a FROM t UNION ALL SELECT ${arrays(100, 'q.a')}::text FROM q) SELECT a FROM q`, false]
  ] as const) {
    const title = `${sql.length} characters: ${sql.slice(0, 60)}`
    let error: Error | undefined
    const ms = await cost(async () => {
      await checkPostgres(sql, names).catch((caught: Error) => {
        error = caught
      })
    })
    isRefused ? t.match(error, { name: 'ToolError', message: /nested too deeply/ }, title) : t.equal(error, undefined, title)
    t.ok(ms < 100, `${title}: ${ms} ms`)
  }
})

t.test('a statement of many columns looks through the tables once (BW-21)', async (t) => {
  const tables = new Map<string, Table>(names.tables)
  const { values } = tables
  let walks = 0
  tables.values = () => {
    walks++
    return values.call(tables)
  }
  tables.set(tableKey('public', 'x'), {
    name: 'x', kind: 'table', columns: [{ name: 'format', type: 'text' }]
  })
  const all = { ...names, tables, functions: new Set(['format', 'lpad']) }
  const sql = `SELECT ${Array(500).fill('x.format').join()} FROM x`
  await checkPostgres(sql, all)
  await checkPostgres(sql, all)
  t.equal(walks, 1)
  await t.rejects(checkPostgres('SELECT x.lpad FROM x', all), { name: 'ToolError' })
})
