// One entry of a list of an upstream: what is passed on, and what is left out and why.
import t from 'tap'
import { cut } from '../../../../plugins/upstreams/catalogue/entries.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { connectionTo, operatorLog, readTools, schema, settingsOf } from './upstream.ts'

const tool = (more: object) => ({ name: 'a', inputSchema: schema, ...more })
const listedOf = async (more: object) => (await readTools([tool(more)])).tools[0]?.listed

t.test('schemas pass as they are, with headers, dialects and other words', async (t) => {
  const inputSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      any: true,
      tree: { $ref: '#/$defs/tree' }
    },
    required: ['region'],
    $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    'x-of-theirs': { deep: [1, null] }
  }
  const listed = await listedOf({ inputSchema, outputSchema: { type: 'object' } })
  t.same(listed?.inputSchema, inputSchema)
  t.same(listed?.outputSchema, { type: 'object' })
})

t.test('a tool without a name or an object schema is left out, and the others stay (UC-01)', async (t) => {
  const tooDeep = Array.from({ length: 70 }).reduce<object>((inner) => ({ inner }), {})
  for (const bad of [
    null,
    7,
    'tool',
    [],
    {},
    tool({ name: '' }),
    tool({ name: 7 }),
    tool({ name: 'x'.repeat(257) }),
    tool({ inputSchema: undefined }),
    tool({ inputSchema: { type: 'string' } }),
    tool({ inputSchema: [] }),
    tool({ inputSchema: { type: 'object', properties: [] } }),
    tool({ inputSchema: { type: 'object', properties: { a: null } } }),
    tool({ inputSchema: { type: 'object', required: [1] } }),
    tool({ inputSchema: { type: 'object', $schema: {} } }),
    tool({ inputSchema: { type: 'object', inner: tooDeep } }),
    tool({ description: 'x'.repeat(200_000) })
  ]) {
    const { tools, lines } = await readTools([bad, { name: 'good', inputSchema: schema }])
    t.same(tools.map(({ ownName }) => ownName), ['good'])
    t.equal(lines.length, 1)
    t.match(lines[0], /^upstream crm: these tools are left out, because /)
  }
})

t.test('many malformed tools make one line', async (t) => {
  const bad = Array.from({ length: 900 }, (_, index) => ({ name: `t${index}` }))
  const { lines } = await readTools(bad)
  t.same(lines, [
    'upstream crm: these tools are left out, because their input schema is not one of an object: ' +
      't0, t1, t2, t3, t4 and 895 more'
  ])
})

t.test('headers that no client could send leave a tool out', async (t) => {
  for (const headers of [['a b'], [7], [''], ['Same', 'same']]) {
    const properties = Object.fromEntries(
      headers.map((header, index) => [`p${index}`, { type: 'string', 'x-mcp-header': header }])
    )
    const { tools, lines } = await readTools([tool({ inputSchema: { type: 'object', properties } })])
    t.same(tools, [])
    t.match(lines[0], /x-mcp-header/)
  }
})

t.test('a long title or description is cut, with a mark', async (t) => {
  const { tools, lines } = await readTools([
    tool({ title: 'x'.repeat(300), description: 'y'.repeat(9_000) })
  ])
  t.equal(tools[0]!.listed.title, `${'x'.repeat(255)}…`)
  t.equal(tools[0]!.listed.description, `${'y'.repeat(7_999)}…`)
  t.match(lines, [/the description of these tools is cut after 8000 characters: a/])
  t.equal(cut('ab😀', 4), 'ab😀')
  t.equal(cut('ab😀x', 4), 'ab…', 'no half of a character')
})

t.test('members of another type are left out, so that no client refuses the list', async (t) => {
  t.same(
    await listedOf({
      title: 7,
      description: {},
      icons: 'no',
      annotations: { readOnlyHint: 'yes', title: 7, other: true },
      _meta: [],
      outputSchema: { anyOf: [] },
      securitySchemes: [{ type: 'noauth' }]
    }),
    {
      name: 'crm_a',
      inputSchema: schema,
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true }
    }
  )
})

t.test('an upstream does not say how this server protects its tools (UC-04)', async (t) => {
  const _meta = { securitySchemes: [{ type: 'noauth' }], 'openai/outputTemplate': 'ui://x' }
  const listed = await listedOf({ _meta, securitySchemes: [{ type: 'noauth' }] })
  t.same(listed?._meta, { 'openai/outputTemplate': 'ui://x' })
  t.notOk('securitySchemes' in listed!)
})

t.test('icons are few, small, and of the web or in the list itself', async (t) => {
  const good = { src: 'https://crm.internal/icon.png', mimeType: 'image/png', sizes: ['48x48'] }
  const icons = [
    good,
    { src: 'javascript:alert(1)' },
    { src: 'http://crm.internal/icon.png' },
    { src: 'data:text/html,x' },
    { src: `data:image/png;base64,${'A'.repeat(20_000)}` },
    { src: 'data:image/png;base64,AAAA', sizes: '48x48', theme: 'dark' },
    null,
    ...Array(20).fill(good)
  ]
  const listed = await listedOf({ icons })
  t.equal(listed?.icons?.length, 3)
  t.same(listed?.icons?.[1], { src: 'data:image/png;base64,AAAA', theme: 'dark' })
})

t.test('_meta that is too large is left out', async (t) => {
  t.equal((await listedOf({ _meta: { text: 'x'.repeat(20_000) } }))?._meta, undefined)
})

t.test('tasks are not passed on', async (t) => {
  const { tools, lines } = await readTools([
    tool({ name: 'may', execution: { taskSupport: 'optional' } }),
    tool({ name: 'must', execution: { taskSupport: 'required' } })
  ])
  t.same(tools.map(({ ownName }) => ownName), ['may'])
  t.notOk('execution' in tools[0]!.listed)
  t.match(lines, [/without tasks.*: may/, /only as tasks.*: must/])
})

t.test('text that only a model reads is passed on, and named to the operator (UC-05)', async (t) => {
  const description = 'Adds.\u{e0049}\u{e0067}\u{e006e}'
  const { tools, lines } = await readTools([tool({ description })])
  t.equal(tools[0]!.listed.description, description)
  t.equal(lines.length, 1)
  t.match(lines[0], /characters that a person cannot see.*: a$/)
})

t.test('a name cannot write to the operator\u2019s terminal (UC-06)', async (t) => {
  const { lines } = await readTools([{ name: 'a\u001b[2J\u202e' }])
  t.match(lines[0], /a\\u\{1b\}\[2J\\u\{202e\}/)
  t.notOk(['\u001b', '\u202e'].some((character) => lines[0]!.includes(character)))
})

t.test('members named as those of every object change nothing (UC-02)', async (t) => {
  const inputSchema = JSON.parse(
    '{"type":"object","__proto__":{"polluted":1},"properties":{"constructor":{}}}'
  )
  const odd = ['constructor', '__proto__'].map((name) => ({ name, inputSchema }))
  const { tools } = await readTools(odd)
  t.same(tools.map(({ name }) => name), ['crm_constructor', 'crm___proto__'])
  t.equal(JSON.stringify(tools[0]!.listed.inputSchema), JSON.stringify(inputSchema))
  t.notOk('polluted' in {})
  const bare = await readTools(odd, { prefix: '' })
  t.same(bare.tools, [])
  t.match(bare.lines, [/Set "prefix" to list them: constructor, __proto__/])
})

t.test('prompts, templates and resources are read as carefully', async (t) => {
  const log = operatorLog()
  const catalogue = await readCatalogue(
    connectionTo({
      'prompts/list': [
        {
          prompts: [
            { name: 'a', arguments: [{ name: 'x', description: 7, required: 'yes', title: 'X' }] },
            { name: 'b', arguments: [{}] },
            { name: 'c', arguments: {} },
            { name: 'd', arguments: null }
          ]
        }
      ],
      'resources/templates/list': [
        {
          resourceTemplates: [
            { name: 'a' },
            { name: 'b', uriTemplate: 'x'.repeat(3_000) },
            { uriTemplate: 'a://{b}' }
          ]
        }
      ],
      'resources/list': [
        {
          resources: [
            null,
            {},
            { uri: 7 },
            { uri: 'x'.repeat(3_000) },
            { uri: 'a://b' }
          ]
        }
      ]
    }),
    settingsOf(),
    log
  )
  t.same(catalogue.prompts.map(({ listed }) => listed), [
    { name: 'crm_a', arguments: [{ name: 'x', title: 'X' }] },
    { name: 'crm_d' }
  ])
  t.same(catalogue.templates, [])
  t.same(catalogue.uris, ['a://b'])
  t.equal(log.lines.length, 4)
})
