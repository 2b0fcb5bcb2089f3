// Reading the lists of an upstream: every page, within bounds, and no answer fails more than the entry it is in.
import t from 'tap'
import { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { connectionTo, operatorLog, schema, settingsOf } from './upstream.ts'

const tool = (name: string, more = {}) => ({ name, inputSchema: schema, ...more })
const listing = (tools: object[]) => connectionTo({ 'tools/list': [{ tools }] })
const refusal = (code: number) => Object.assign(new Error('refused'), { code })

t.test('every page of every list is read', async (t) => {
  const log = operatorLog()
  const connection = connectionTo(
    {
      'tools/list': [{ tools: [tool('a')], nextCursor: 'two' }, { tools: [tool('b')] }],
      'prompts/list': [
        { prompts: [{ name: 'p', arguments: [{ name: 'who', required: true }] }] }
      ],
      'resources/templates/list': [
        { resourceTemplates: [{ name: 'r', uriTemplate: 'crm://{id}', mimeType: 'a/b' }] }
      ],
      'resources/list': [
        { resources: [{ uri: 'crm://1', name: 'one' }], nextCursor: '' }
      ]
    },
    { instructions: 'x'.repeat(5_000) }
  )
  const catalogue = await readCatalogue(connection, settingsOf(), log)
  const names = catalogue.tools.map(({ name, ownName, listed }) =>
    [name, ownName, listed.name]
  )
  t.same(names, [
    ['crm_a', 'a', 'crm_a'],
    ['crm_b', 'b', 'crm_b']
  ])
  t.same(catalogue.prompts[0], {
    upstream: 'crm',
    name: 'crm_p',
    ownName: 'p',
    listed: { name: 'crm_p', arguments: [{ name: 'who', required: true }] }
  })
  t.same(catalogue.templates, [{ name: 'r', uriTemplate: 'crm://{id}', mimeType: 'a/b' }])
  t.same(catalogue.uris, ['crm://1'])
  t.equal(catalogue.hasResources, true)
  t.equal(catalogue.instructions?.length, 4_000)
  t.same(connection.asked.slice(0, 2), [
    ['tools/list', {}],
    ['tools/list', { cursor: 'two' }]
  ])
  t.same(log.lines, [])
})

t.test('only what an upstream declares is asked for', async (t) => {
  const connection = connectionTo({}, { capabilities: {} })
  const catalogue = await readCatalogue(connection, settingsOf(), operatorLog())
  t.same(connection.asked, [])
  t.equal(catalogue.hasResources, false)
})

t.test('a list ends where its cursor is repeated, is no text, or never ends', async (t) => {
  const page = (name: string, nextCursor?: unknown) => ({
    tools: [tool(name)],
    nextCursor
  })
  const endless = Array.from({ length: 300 }, (_, index) =>
    page(`t${index}`, String(index))
  )
  for (const [pages, expected] of [
    [[page('a', 'x'), page('b', 'x'), page('c')], 2],
    [[page('a', 7), page('b')], 1],
    [[page('a', 'x'.repeat(5_000)), page('b')], 1],
    [endless, 100]
  ] as const) {
    const log = operatorLog()
    const connection = connectionTo({ 'tools/list': pages })
    const settings = settingsOf()
    const atOnce = async () => {}
    const { tools } = await readCatalogue(connection, settings, log, atOnce)
    t.equal(tools.length, expected)
    t.equal(log.lines.length, 1)
    t.match(log.lines[0], /what would follow is left out/)
  }
})

t.test('after twenty pages of all lists each has to wait (UH-33)', async (t) => {
  const pages = (member: string) => Array.from({ length: 15 }, (_, index) =>
    ({ [member]: [], nextCursor: String(index) }))
  const connection = connectionTo({
    'tools/list': [...pages('tools'), { tools: [] }],
    'prompts/list': [...pages('prompts'), { prompts: [] }]
  })
  const paused: number[] = []
  const pause = async () => { paused.push(connection.asked.length) }
  await readCatalogue(connection, settingsOf(), operatorLog(), pause)
  const all = connection.asked.length
  t.ok(all > 30)
  t.same(paused, Array.from({ length: all - 20 }, (_, index) => 20 + index))
})

t.test('lists have two million characters as they are written, whatever is in them (BW-41)', async (t) => {
  const odd = '\u0001'.repeat(2_000)
  const connection = connectionTo({
    'tools/list': [{ tools: Array.from({ length: 800 }, (_, index) => ({ ...tool(`t${index}`), description: odd })) }],
    'resources/list': [{ resources: Array.from({ length: 1_000 }, (_, index) => ({ uri: `x:${index}${odd}` })) }]
  })
  const catalogue = await readCatalogue(connection, settingsOf(), operatorLog())
  const { length } = JSON.stringify(catalogue)
  t.ok(length > 1_500_000 && length < 2_500_000, String(length))
})

t.test('more tools than a thousand are left out, which the operator is told once', async (t) => {
  const log = operatorLog()
  const tools = Array.from({ length: 1_200 }, (_, index) => tool(`t${index}`))
  const settings = settingsOf()
  for (let time = 0; time < 2; time++) {
    const catalogue = await readCatalogue(listing(tools), settings, log)
    t.equal(catalogue.tools.length, 1_000)
  }
  t.same(log.lines, [
    'upstream crm: only the first 1000 tools are listed; ' +
      '"allow" can choose others'
  ])
  const chosen = settingsOf({ allow: ['t11*'] })
  const allowed = await readCatalogue(listing(tools), chosen, log)
  t.equal(allowed.tools.length, 1 + 10 + 100, 'the choice comes before the bound')
})

t.test('what is too large together is left out', async (t) => {
  const log = operatorLog()
  const description = 'x'.repeat(8_000)
  const tools = Array.from({ length: 500 }, (_, index) =>
    tool(`t${index}`, { description })
  )
  const catalogue = await readCatalogue(listing(tools), settingsOf(), log)
  t.ok(catalogue.tools.length > 200 && catalogue.tools.length < 300)
  t.match(log.lines, [/its lists are too large/])
})

t.test('a list that is declared and refused is empty, and fails no other', async (t) => {
  const log = operatorLog()
  const connection = connectionTo({
    'tools/list': [{ tools: [tool('a')] }],
    'prompts/list': [refusal(-32603)]
  })
  const catalogue = await readCatalogue(connection, settingsOf(), log)
  t.equal(catalogue.tools.length, 1)
  t.same(log.lines, ['upstream crm: it declares prompts and refuses prompts/list'])
})

t.test('tools that cannot be listed now are no empty list', async (t) => {
  const read = (error: Error, method = 'tools/list') =>
    readCatalogue(connectionTo({ [method]: [error] }), settingsOf(), operatorLog())
  await t.rejects(read(refusal(-32603)), { code: -32603 })
  const slow = new UpstreamError('crm', 'timeout', 'slow')
  await t.rejects(read(slow), slow)
  const gone = new UpstreamError('crm', 'ended', 'gone')
  await t.rejects(read(gone, 'resources/list'), gone)
  const { tools } = await read(refusal(-32601))
  t.same(tools, [], 'a server that has no such method has no tools')
})

t.test('answers that are no lists are empty lists', async (t) => {
  for (const answer of [null, 'tools', 7, [], {}, { tools: {} }, { tools: 'abc' }]) {
    const log = operatorLog()
    // Not `undefined`, for which the connection has an answer of its own.
    const connection = connectionTo({}, {
      capabilities: { tools: {} },
      ask: async () => answer as Record<string, unknown>
    })
    const catalogue = await readCatalogue(connection, settingsOf(), log)
    t.same(catalogue.tools, [])
    t.match(log.lines, [/tools\/list has no list/])
  }
})

t.test('a pattern that fits no tool is named: it may be a typing error', async (t) => {
  const log = operatorLog()
  await readCatalogue(
    connectionTo({ 'tools/list': [{ tools: [tool('delete_file')] }] }),
    settingsOf({ deny: ['delete_files', 'delete_*'] }),
    log
  )
  t.same(log.lines, [
    'upstream crm: "allow" or "deny" has patterns that fit none of its tools: ' +
      'delete_files'
  ])
})

t.test('instructions that hide something are named to the operator (UC-05)', async (t) => {
  const log = operatorLog()
  const instructions = 'Be kind.\u{e0041}'
  const connection = connectionTo({}, { capabilities: {}, instructions })
  const catalogue = await readCatalogue(connection, settingsOf(), log)
  t.equal(catalogue.instructions, instructions)
  t.match(log.lines, [/^upstream crm: its instructions hold characters/])
})

t.test('of a list that is full of what is no entry the end is not looked at (UH-33)', async (t) => {
  const log = operatorLog()
  const odd = Array(9_999).fill(null)
  const tools = [...odd, tool('last'), tool('more')]
  const catalogue = await readCatalogue(listing(tools), settingsOf(), log)
  t.same(catalogue.tools.map(({ ownName }) => ownName), ['last'])
  t.ok(log.lines.some((line) => /more than 10000 entries; the others are left out/.test(line)))
})
