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
    const own = { tools: ['search'], prompts: ['find'] }
    const { tools, prompts } = combine(catalogues, own, log)
    t.same(tools.map(({ upstream, name }) => [upstream, name]), [
      ['a', 'find'],
      ['a', 'b_list'],
      ['b', 'b_get']
    ])
    t.same(prompts.map(({ name }) => name), ['search', 'b_list', 'b_get'])
  }
  const expected = [
    ['a', 'tools', 'this server', 'search'],
    ['b', 'tools', 'the upstream a', 'b_list'],
    ['a', 'prompts', 'this server', 'find'],
    ['b', 'prompts', 'the upstream a', 'b_list']
  ].map(([upstream, kind, owner, name]) =>
    `upstream ${upstream}: these ${kind} are left out, because ${owner} has ` +
      `the same names: ${name}. Give ${upstream} another "prefix" in mcp.json`
  )
  t.same(log.lines, expected)
})

t.test('an upstream that makes up names all the time does not fill the log', async (t) => {
  const log = operatorLog()
  const made = Array.from({ length: 300 }, (_, index) => `t${index}`)
  const own = { tools: ['a', ...made], prompts: [] }
  for (const name of made) {
    combine([await catalogueOf('a', '', [name])], own, log)
  }
  t.equal(log.lines.length, 101)
  combine([await catalogueOf('b', '', ['a'])], own, log)
  t.equal(log.lines.length, 102, 'others are still heard')
})
