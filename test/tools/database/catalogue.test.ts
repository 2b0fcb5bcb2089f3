// The catalogue for a model: short enough to be read whole.
import t from 'tap'
import type { Database, Table } from '../../../tools/database/contract.ts'
import { describeDatabases, describeTable } from '../../../tools/database/catalogue.ts'

const table = (name: string, more: Partial<Table> = {}): Table => ({ name, kind: 'table', columns: [], ...more })
const database = (name: string, tables: Table[]): Database => ({
  name,
  kind: 'SQLite',
  tables: async () => tables,
  query: () => Promise.reject(new Error('only the catalogue is asked for'))
})
const describe = (databases: Database[], only?: string[]) => describeDatabases(databases, {} as never, only)

t.test('a column reads as SQL would say it, and comments are cut', async (t) => {
  const columns = [
    { name: 'id', type: 'bigint', primaryKey: true, notNull: true },
    { name: 'author', type: 'bigint', references: 'people(id)', comment: 'x'.repeat(201) },
    { name: 'title', type: 'text' }
  ]
  t.same(describeTable(table('books', { kind: 'view', comment: 'y'.repeat(301), columns })), {
    name: 'books',
    kind: 'view',
    comment: 'y'.repeat(300),
    columns: [
      'id bigint primary key not null',
      `author bigint references people(id) -- ${'x'.repeat(200)}`,
      'title text'
    ]
  })
})

t.test('conditions and values are shown as far as they are short', (t) => {
  const labels = Array.from({ length: 51 }, (_, n) => `it's ${n}`)
  const columns = [{ name: 'kind', type: 'kind', labels }]
  const checks = ['a > 0', 'x'.repeat(301)]
  const described = describeTable(table('t', { columns, checks })).columns
  t.match(described[0], /^kind kind \('it''s 0', .*'it''s 49', …\)$/)
  t.same(described.slice(1), ['check a > 0', `check ${'x'.repeat(300)}…`])
  const few = { name: 'kind', type: 'kind', labels: labels.slice(0, 50) }
  t.notMatch(describeTable(table('t', { columns: [few] })).columns[0], '…')
  t.end()
})

t.test('a hundred columns, forty tables with theirs, and five hundred names', async (t) => {
  const wide = (count: number) =>
    describeTable(table('wide', { columns: Array.from({ length: count }, (_, i) => ({ name: `c${i}`, type: 'int' })) })).columns
  t.equal(wide(100).length, 100)
  t.same(wide(103).slice(99), ['c99 int', '… and 3 more'])

  const [few] = await describe([database('few', Array.from({ length: 40 }, (_, i) => table(`t${i}`)))])
  t.equal('truncated' in few!, false)
  t.equal(few!.tables.filter(({ columns }) => columns).length, 40)
  const [many] = await describe([database('many', Array.from({ length: 501 }, (_, i) => table(`t${i}`)))])
  t.equal(many!.tables.length, 500)
  t.same(many!.tables[40], { name: 't40' })
  t.match(many!.truncated, 'Columns are shown for 40 of 501 tables')
})

t.test('a table is found in any of the databases; one in none of them is refused with the nearest name', async (t) => {
  const both = [database('one', [table('people')]), database('two', [table('orders')])]
  const names = (await describe(both, ['orders'])).map(({ name, tables }) => [name, tables.map(({ name }) => name)])
  t.same(names, [['one', []], ['two', ['orders']]])
  await t.rejects(describe(both, ['orders', 'poeple']), { name: 'ToolError', message: /no table poeple here\..*people/ })
})
