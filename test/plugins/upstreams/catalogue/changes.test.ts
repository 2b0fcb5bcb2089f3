// What has changed in the lists of an upstream: found, and told with both texts.
import t from 'tap'
import type { ToolAnnotations } from '@modelcontextprotocol/client'
import {
  compare,
  describeChange,
  logChanges,
  type Change
} from '../../../../plugins/upstreams/catalogue/changes.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { connectionTo, operatorLog, schema, settingsOf } from './upstream.ts'
import { countTurns } from '../../../helpers/turns.ts'

const read = (tools: object[], prompts: object[] = [], instructions?: string) =>
  readCatalogue(
    connectionTo(
      { 'tools/list': [{ tools }], 'prompts/list': [{ prompts }] },
      { instructions }
    ),
    settingsOf(),
    operatorLog()
  )
const tool = (more: object = {}) => ({ name: 'find', inputSchema: schema, ...more })

async function changesOf (before: object[], after: object[]): Promise<Change[]> {
  return compare(await read(before), await read(after), 'crm', 7)
}

t.test('every text of a tool is compared (UC-07)', async (t) => {
  const head = { at: 7, upstream: 'crm', tool: 'find' }
  const rows: Array<[object, object, object]> = [
    [
      { description: 'Finds.' },
      { description: 'Sends.' },
      { what: 'description', before: 'Finds.', after: 'Sends.' }
    ],
    [{ title: 'Find' }, {}, { what: 'title', before: 'Find', after: '' }],
    [
      {},
      { annotations: { idempotentHint: true } },
      { what: 'annotations', before: '{}', after: '{"idempotentHint":true}' }
    ],
    [
      { annotations: { readOnlyHint: true } },
      { annotations: { readOnlyHint: true, idempotentHint: true } },
      { what: 'annotations', before: '{"readOnlyHint":true}', after: '{"idempotentHint":true,"readOnlyHint":true}' }
    ]
  ]
  for (const [before, after, expected] of rows) {
    t.same(await changesOf([tool(before)], [tool(after)]), [{ ...head, ...expected }])
  }
  const inputSchema = {
    type: 'object',
    properties: { note: { description: 'All you know.' } }
  }
  const [change] = await changesOf([tool()], [tool({ inputSchema })])
  t.equal(change?.what, 'schema')
  t.match(change?.after, 'All you know.')
})

t.test('new tools, those that are gone, prompts and instructions are compared', async (t) => {
  const before = await read([tool()], [{ name: 'p', description: 'one' }], 'Be kind.')
  const after = await read([tool({ name: 'get', description: 'Gets.' })], [{ name: 'p' }], 'Obey.')
  const head = { at: 7, upstream: 'crm' }
  t.same(await compare(before, after, 'crm', 7), [
    { ...head, what: 'instructions', before: 'Be kind.', after: 'Obey.' },
    { ...head, tool: 'get', what: 'added', after: 'Gets.' },
    { ...head, tool: 'find', what: 'removed', before: '' },
    { ...head, prompt: 'p', what: 'description', before: 'one', after: '' }
  ])
})

t.test('the order of members and of tools is no change', async (t) => {
  const one = tool({ inputSchema: { type: 'object', properties: { a: {}, b: {} } } })
  const other = tool({ inputSchema: { properties: { b: {}, a: {} }, type: 'object' } })
  const get = tool({ name: 'get' })
  t.same(await changesOf([one, get], [get, other]), [])
})

t.test('a tool that now says that it only reads needs less, which is said first and loudly (UC-08)', async (t) => {
  const hints = (annotations: ToolAnnotations) => tool({ annotations })
  const changes = await changesOf(
    [tool({ name: 'a' }), hints({ readOnlyHint: false })],
    [tool({ name: 'a', description: 'New.' }), hints({ readOnlyHint: true })]
  )
  t.same(changes.map(({ what, needsLess }) => [what, needsLess]), [
    ['description', undefined],
    ['annotations', true]
  ])
  const levels: string[] = []
  const log = {
    info: () => {},
    warn: () => levels.push('warn'),
    error: (line: string) => levels.push(line)
  }
  logChanges(log, 'crm', changes)
  t.match(levels[0], /Calls need mcp:read now instead of mcp:write/)
  t.same(levels.slice(1), ['warn'])
  const back = await changesOf(
    [hints({ readOnlyHint: true })],
    [hints({ readOnlyHint: false })]
  )
  t.same(back.map(({ needsLess }) => needsLess), [undefined])
})

t.test('texts are shortened around their first difference', async (t) => {
  const text = (word: string) => `${'x'.repeat(3_000)}${word}${'y'.repeat(3_000)}`
  const [change] = await changesOf(
    [tool({ description: text('this') })],
    [tool({ description: text('that') })]
  )
  t.match(change!.before, /^…x+thisy+…$/)
  t.match(change!.after, /^…x+thaty+…$/)
  t.ok(change!.before!.length < 1_010)
})

t.test('a change is one line that is safe to print (UC-06)', async (t) => {
  const description = 'two\nlines\u001b[2J\u{e0041}'
  const [change] = await changesOf([tool()], [tool({ description })])
  t.equal(
    describeChange(change!),
    'upstream crm: the description of its tool "find" changed since it was last seen; ' +
      'before: ""; now: "two\\nlines\\u001b[2J\\udb40\\udc41".'
  )
})

t.test('many changes at once make a bounded number of lines', async (t) => {
  const tools = (description: string, from: number) =>
    Array.from({ length: 500 }, (_, index) =>
      tool({ name: `t${from + index}`, description })
    )
  const log = operatorLog()
  logChanges(log, 'crm', await changesOf(tools('one', 0), tools('two', 250)))
  t.equal(log.lines.length, 23)
  t.same(log.lines.slice(-3), [
    'upstream crm: 230 more texts have changed',
    'upstream crm: added: t500, t501, t502, t503, t504 and 245 more',
    'upstream crm: removed: t0, t1, t2, t3, t4 and 245 more'
  ])
})

t.test('large lists are compared in turns with other requests (UC-01)', async (t) => {
  const names = ['a', 'b', 'c', 'd']
  const before = await read(names.map((name) => tool({ name, description: 'one' })))
  const after = await read(names.map((name) => tool({ name, description: 'two' })))
  const { now } = performance
  t.teardown(() => { performance.now = now })
  // As if each entry took ten milliseconds.
  let time = 0
  performance.now = () => (time += 10)
  const turns = countTurns(t)
  t.equal((await compare(before, after, 'crm', 7)).length, 4)
  t.ok(turns() >= names.length, String(turns()))
})

t.test('what is stored and is no text counts as nothing, and delays nobody (SG-31)', async (t) => {
  const now = await read([tool({ description: 'Finds.' })])
  const [found] = now.tools
  for (const odd of [5, true, [], {}]) {
    const listed = { ...found!.listed, title: odd, description: odd }
    const stored = {
      ...now,
      instructions: odd,
      tools: [{ ...found!, listed }]
    } as unknown as typeof now
    const after = 'Finds.'
    t.match(
      await compare(stored, now, 'crm', 7),
      [{ what: 'description', before: '', after }]
    )
  }
})

t.test('of a prompt what is new, gone or different is told as of a tool (UC-07)', async (t) => {
  const prompt = (description: string) => ({ name: 'greet', description })
  const told = async (before: object[], after: object[]) =>
    (await compare(await read([], before), await read([], after), 'crm', 7)).map(describeChange)
  t.same(await told([], [prompt('Hi.')]), ['upstream crm: added: its prompt "greet"; now: "Hi."'])
  t.same(await told([prompt('Hi.')], []), ['upstream crm: removed: its prompt "greet"; before: "Hi."'])
  t.same(await told([prompt('Hi.')], [prompt('Go.')]), [
    'upstream crm: the description of its prompt "greet" changed since it was last seen; before: "Hi."; now: "Go.".'
  ])
})
