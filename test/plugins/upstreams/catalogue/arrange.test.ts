// What settings make of the tools of an upstream: which are listed, their hints and their scopes.
import t from 'tap'
import { readTools, schema } from './upstream.ts'

const tool = (name: string, annotations?: object) => ({
  name,
  inputSchema: schema,
  annotations
})
const MCP_DEFAULTS = {
  readOnlyHint: false,
  destructiveHint: true,
  openWorldHint: true
}

t.test('allow and deny choose by the upstream\u2019s own names', async (t) => {
  const names = async (settings: object) => {
    const all = ['read', 'read/all', 'delete', 'delete.all']
    const { tools } = await readTools(all.map((name) => tool(name)), settings)
    return tools.map(({ ownName }) => ownName)
  }
  t.same(await names({ allow: ['read*'] }), ['read', 'read/all'], '* is any text')
  t.same(await names({ deny: ['*all', 'crm_*'] }), ['read', 'delete'])
  t.same(await names({ allow: ['*'], deny: ['delete*'] }), [
    'read',
    'read/all'
  ])
  t.same(await names({ allow: ['!read'] }), [], '! is no wildcard')
  t.same(await names({ allow: [] }), [])
})

t.test('of two tools that would have one name, the first keeps it', async (t) => {
  const { tools, lines } = await readTools([tool('a.b'), tool('a/b'), tool('a.b')])
  t.same(tools.map(({ name, ownName }) => [name, ownName]), [['crm_a_b', 'a.b']])
  t.match(lines, [/one before them has the name that clients would see: a\/b, a\.b/])
})

t.test('hints of the upstream pass, and what it does not give is MCP\u2019s default', async (t) => {
  const { tools } = await readTools([
    tool('none'),
    tool('reads', { readOnlyHint: true, title: 'Reads' }),
    tool('adds', { destructiveHint: false, idempotentHint: true, openWorldHint: false })
  ])
  t.same(tools.map(({ listed }) => listed.annotations), [
    MCP_DEFAULTS,
    {
      title: 'Reads',
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: true
    },
    {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false
    }
  ])
  t.same(tools.map(({ scopes }) => scopes), [
    ['mcp:write'],
    ['mcp:read'],
    ['mcp:write']
  ])
  t.same(tools[1]!.ownAnnotations, { readOnlyHint: true, title: 'Reads' })
})

t.test('settings correct hints and scopes; the last pattern that fits counts', async (t) => {
  const given = [
    tool('find', { readOnlyHint: true }),
    tool('find_all'),
    tool('drop')
  ]
  const { tools } = await readTools(given, {
    annotations: [
      ['*', { openWorldHint: false }],
      ['find*', { readOnlyHint: true }],
      ['find', { readOnlyHint: false }]
    ],
    scopes: [
      ['*all', ['mcp:write']],
      ['find_all', ['mcp:read', 'mcp:write']]
    ],
    timeoutMs: 7
  })
  t.same(tools.map(({ listed }) => listed.annotations), [
    { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
    { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
    { ...MCP_DEFAULTS, openWorldHint: false }
  ])
  t.same(tools.map(({ scopes }) => scopes), [
    ['mcp:write'],
    ['mcp:read', 'mcp:write'],
    ['mcp:write']
  ])
  t.equal(tools[0]!.timeoutMs, 7)
})
