// The tables of databases as resources: page by page, each once, and without a database that refuses its caller.
import t from 'tap'
import { ToolError } from '../../../authoring/tool.ts'
import type { Database } from '../../../tools/database/contract.ts'
import { catalogueResources } from '../../../tools/database/resources.ts'

type Tables = Database['tables']
const database = (name: string, tables: Tables): Database => ({
  name,
  kind: 'SQLite',
  tables,
  query: () => Promise.reject(new Error('only the catalogue is asked for'))
})
const numbered = (count: number): Tables => async () =>
  Array.from({ length: count }, (_, n) => ({
    name: `t${n}`,
    kind: 'table' as const,
    columns: [],
    ...(n === 0 && { comment: 'x'.repeat(400) })
  }))
const listOf = (...databases: Database[]) => {
  const [, table] = catalogueResources(databases)
  return (cursor?: string) => table!.list!(cursor, {} as never)
}

t.test('all tables are listed once, page by page, and comments are cut', async (t) => {
  const list = listOf(database('one', numbered(150)), database('two', numbered(101)))
  const found = []
  let pages = 0
  let cursor: string | undefined
  do {
    const page = await list(cursor)
    found.push(...page.resources)
    cursor = page.next
    pages++
  } while (cursor !== undefined && pages < 10)
  t.ok(pages > 1 && pages < 10, `${pages} pages`)
  t.equal(new Set(found.map(({ title }) => title)).size, 251)
  t.equal(found.length, 251)
  t.match(found[0], { description: 'x'.repeat(300), title: 't0 (one)' })
  t.equal(found[0]!.description!.length, 300)
  t.notOk('description' in found[1]!)
})

t.test('a cursor that is none of this list is refused', async (t) => {
  const list = listOf(database('one', numbered(1)))
  for (const cursor of ['x', '-1', '1.5', '1e99', 'NaN']) {
    const refused = { name: 'ToolError', message: /begin the list again/ }
    await t.rejects(list(cursor), refused, cursor)
  }
})

t.test('a database that refuses the caller is left out; one that fails is a fault', async (t) => {
  const closed = database('closed', async () => { throw new ToolError('Not for you.') })
  const open = database('open', numbered(1))
  const { resources } = await listOf(closed, open)()
  t.same(resources.map(({ title }) => title), ['t0 (open)'])
  const broken = database('broken', async () => { throw new Error('a fault') })
  await t.rejects(listOf(broken, open)(), { message: 'a fault' })
})
