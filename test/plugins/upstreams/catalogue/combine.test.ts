// All upstreams together: every name is there once.
import t from 'tap'
import { combine } from '../../../../plugins/upstreams/catalogue/combine.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { connectionTo, operatorLog, schema, settingsOf } from './upstream.ts'

const catalogueOf = (name: string, prefix: string, names: string[]) =>
  readCatalogue(
    connectionTo({
      'tools/list': [{ tools: names.map((name) => ({ name, inputSchema: schema })) }],
      'prompts/list': [{ prompts: names.map((name) => ({ name })) }]
    }),
    settingsOf({ name, prefix }),
    operatorLog()
  )

t.test('no upstream takes a name of this server or of another upstream (UC-03)', async (t) => {
  const catalogues = [
    await catalogueOf('a', '', ['search', 'find', 'b_list']),
    await catalogueOf('b', 'b_', ['list', 'get'])
  ]
  const log = operatorLog()
  for (let time = 0; time < 2; time++) {
    const { tools, prompts } = combine(catalogues, { tools: ['search'], prompts: ['find'] }, log)
    t.same(tools.map(({ upstream, name }) => [upstream, name]), [['a', 'find'], ['a', 'b_list'], ['b', 'b_get']])
    t.same(prompts.map(({ name }) => name), ['search', 'b_list', 'b_get'])
  }
  t.same(log.lines, [
    'upstream a: these tools are left out, because this server has the same names: search. Give a another "prefix" in mcp.json',
    'upstream b: these tools are left out, because the upstream a has the same names: b_list. Give b another "prefix" in mcp.json',
    'upstream a: these prompts are left out, because this server has the same names: find. Give a another "prefix" in mcp.json',
    'upstream b: these prompts are left out, because the upstream a has the same names: b_list. Give b another "prefix" in mcp.json'
  ])
})

t.test('an upstream that makes up names all the time does not fill the log', async (t) => {
  const log = operatorLog()
  const own = { tools: ['a', ...Array.from({ length: 300 }, (_, index) => `t${index}`)], prompts: [] }
  for (let time = 0; time < 300; time++) combine([await catalogueOf('a', '', [`t${time}`])], own, log)
  t.equal(log.lines.length, 101)
  combine([await catalogueOf('b', '', ['a'])], own, log)
  t.equal(log.lines.length, 102, 'others are still heard')
})
