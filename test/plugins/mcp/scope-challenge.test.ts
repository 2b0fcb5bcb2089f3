// Which messages need which scopes, and what may be asked without a sign-in on a server with tools for everybody.
import t, { type Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../../authoring/prompt.ts'
import { defineResource } from '../../../authoring/resource.ts'
import { defineTool, type Tool } from '../../../authoring/tool.ts'
import { checkAccess } from '../../../plugins/mcp/scope-challenge.ts'
import { PUBLIC, start } from '../../helpers/mcp-endpoint.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { newClient, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

t.test('a token without the scope is 403 with every scope of the operation, and nothing runs (MC-19)', async (t) => {
  const { eras, ran } = await start(t)
  const metadata = `resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource"`
  for (const [era, request] of eras) {
    for (const [token, name, scope] of [
      ['reader', 'write', 'mcp:write'],
      ['reader', 'both', 'mcp:read mcp:write'],
      ['nothing', 'search', 'mcp:read']
    ] as const) {
      const { status, headers, json } = await request(
        'tools/call',
        { name, arguments: {} },
        { authorization: `Bearer ${token}` }
      )
      t.equal(status, 403, `${era} ${name}`)
      t.equal(
        headers.get('www-authenticate'),
        `Bearer ${metadata}, scope="${scope}", error="insufficient_scope", error_description="This needs a token with: ${scope}"`
      )
      t.equal(json.error, 'insufficient_scope')
    }
    t.strictSame(ran, [])
    t.equal(
      (await request('tools/list', {}, { authorization: 'Bearer nothing' })).status,
      200,
      'the lists need no scope'
    )
  }
  t.match(
    (await eras[0][1]('tools/call', { name: 'fetch', arguments: {} }, { authorization: 'Bearer reader' })).json.result
      .structuredContent,
    { text: '' }
  )
})

const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

async function open (t: Test, noauth = true) {
  const ran: string[] = []
  const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
    ...defineTool({
      name,
      title: name,
      description: `For this test: ${name}.`,
      scopes: ['mcp:read'],
      input: z.object({}),
      output: z.object({ who: z.string() }),
      annotations,
      async run (_, { user }) {
        ran.push(name)
        return { who: user ? 'somebody' : 'anybody' }
      }
    }),
    ...more
  })
  const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
  const server = await startServer(t, {
    offer: {
      tools: [tool('open', { noauth }), tool('closed'), tool('write', { scopes: ['mcp:write'] })],
      resources: [defineResource({ ...about, name: 'secret', uri: 'secret://now', read: async () => 'secret' })],
      prompts: [definePrompt({ ...about, name: 'hidden', arguments: z.object({}), write: async () => 'hidden' })]
    }
  })
  return { ...server, ran, anonymous: mcpClient(server.url) }
}

t.test('a tool that needs no sign-in is listed with both schemes, the others with theirs', async (t) => {
  const { anonymous } = await open(t)
  for (const [era, request] of [
    ['legacy', anonymous.legacy],
    ['modern', anonymous.modern]
  ] as const) {
    const { tools } = (await request('tools/list')).json.result
    const both = [{ type: 'noauth' }, { type: 'oauth2', scopes: ['mcp:read'] }]
    t.match(tools[0], { name: 'open', securitySchemes: both, _meta: { securitySchemes: both } }, era)
    t.match(tools[1], { name: 'closed', securitySchemes: [{ type: 'oauth2', scopes: ['mcp:read'] }] })
  }
})

t.test(
  'without a token, discovery and tools that need no sign-in are served; all else is 401 (H42)',
  async (t) => {
    const { anonymous, ran, url } = await open(t)
    const metadata = `resource_metadata="${url}/.well-known/oauth-protected-resource"`
    for (const [era, request] of [
      ['legacy', anonymous.legacy],
      ['modern', anonymous.modern]
    ] as const) {
      t.match(
        (await request('tools/call', { name: 'open', arguments: {} })).json.result.structuredContent,
        { who: 'anybody' },
        era
      )
      t.strictSame((await request('resources/list')).json.result.resources, [], 'what may not be read is not seen')
      t.strictSame((await request('prompts/list')).json.result.prompts, [])
      t.strictSame(ran.splice(0), ['open'])
      const cases: Array<[string, Record<string, unknown>]> = [
        ['tools/call', { name: 'closed', arguments: {} }],
        ['tools/call', { name: 'write', arguments: {} }],
        ['tools/call', { name: 'nothing', arguments: {} }],
        ['resources/read', { uri: 'secret://now' }],
        ['prompts/get', { name: 'hidden' }],
        ['no/such', {}],
        ['completion/complete', { ref: { type: 'ref/prompt', name: 'hidden' }, argument: { name: 'x', value: '' } }],
        ['subscriptions/listen', { notifications: { toolsListChanged: true } }]
      ]
      for (const [method, params] of cases) {
        const { status, headers, json } = await request(method, params)
        t.equal(status, 401, `${era} ${method} ${params['name'] ?? ''}`)
        t.equal(headers.get('www-authenticate'), `Bearer ${metadata}, scope="mcp:read mcp:write"`)
        t.equal(json.error, 'unauthorized')
      }
      t.strictSame(ran, [])
    }
    t.equal((await anonymous.legacy('ping')).status, 200)
    t.equal(
      (
        await anonymous.legacy('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x', version: '1' }
        })
      ).status,
      200
    )
    t.equal((await anonymous.modern('server/discover')).status, 200)
    const batch = await anonymous.post(
      [
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'open', arguments: {} } },
        { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'closed', arguments: {} } }
      ],
      { 'mcp-protocol-version': '2025-03-26' }
    )
    t.equal(batch.status, 401, 'one closed call closes the batch')
    t.strictSame(ran, [])
  }
)

t.test('a client that shows a sign-in from inside a result gets the challenge there', async (t) => {
  const { anonymous, ran, url } = await open(t)
  const reader = mcpClient(url, (await tokensFor(url, await newClient(url), { scope: 'mcp:read' })).access)
  const _meta = { 'openai/locale': 'en-US' }
  const challenge = (scope: string) =>
    `Bearer resource_metadata="${url}/.well-known/oauth-protected-resource", scope="${scope}", error="insufficient_scope", error_description="This needs a token with: ${scope}"`
  for (const era of ['legacy', 'modern'] as const) {
    for (const [client, name, scope] of [
      [anonymous, 'closed', 'mcp:read'],
      [reader, 'write', 'mcp:write']
    ] as const) {
      const { status, headers, json } = await client[era]('tools/call', { name, arguments: {}, _meta })
      t.equal(status, 200, `${era} ${name}`)
      t.match(json, {
        jsonrpc: '2.0',
        id: 1,
        result: {
          isError: true,
          content: [{ type: 'text', text: /sign-in|more access/ }],
          _meta: { 'mcp/www_authenticate': [challenge(scope)] }
        }
      })
      t.equal(headers.get('www-authenticate'), challenge(scope))
    }
    const { status, headers } = await reader[era]('tools/call', { name: 'write', arguments: {} })
    t.equal(status, 403, 'all others get the status')
    t.equal(headers.get('www-authenticate'), challenge('mcp:write'))
  }
  t.strictSame(ran, [])
})

t.test('a token that is sent must be valid, also for what needs none', async (t) => {
  const { url, ran } = await open(t)
  for (const era of ['legacy', 'modern'] as const) {
    const { status, headers } = await mcpClient(url, 'mcp_at_wrong')[era]('tools/call', { name: 'open', arguments: {} })
    t.equal(status, 401)
    t.match(headers.get('www-authenticate'), /error="invalid_token"/)
  }
  t.strictSame(ran, [])
  const writer = mcpClient(url, (await tokensFor(url, await newClient(url), { scope: 'mcp:write' })).access)
  t.match(
    (await writer.modern('tools/call', { name: 'open', arguments: {} })).json.result.structuredContent,
    { who: 'somebody' },
    'without its scopes'
  )
})

t.test('where every tool needs a sign-in, nothing is answered without a token (MC-01)', async (t) => {
  const { anonymous } = await open(t, false)
  for (const method of ['initialize', 'ping', 'tools/list', 'server/discover', 'tools/call', 'no/such']) {
    t.equal((await anonymous.legacy(method, { name: 'open', arguments: {} })).status, 401, method)
    t.equal((await anonymous.modern(method, { name: 'open', arguments: {} })).status, 401, method)
  }
})

t.test('resources and prompts ask for their scopes like tools (MC-19)', async (t) => {
  const { url } = await open(t, false)
  const writer = mcpClient(url, (await tokensFor(url, await newClient(url), { scope: 'mcp:write' })).access)
  for (const era of ['legacy', 'modern'] as const) {
    for (const [method, params] of [
      ['resources/read', { uri: 'secret://now' }],
      ['prompts/get', { name: 'hidden' }]
    ] as const) {
      const { status, headers } = await writer[era](method, params)
      t.equal(status, 403, `${era} ${method}`)
      t.match(headers.get('www-authenticate'), /scope="mcp:read", error="insufficient_scope"/)
    }
    t.strictSame((await writer[era]('resources/list')).json.result.resources, [])
    t.strictSame((await writer[era]('prompts/list')).json.result.prompts, [])
  }
  t.equal(
    (await writer.modern('subscriptions/listen', { notifications: { resourceSubscriptions: ['secret://now'] } }))
      .status,
    403
  )
})

t.test('of resources that are too many to be subscribed to, no more are looked for than may be (MW-06)', async (t) => {
  const { url } = await open(t, false)
  const { access } = await tokensFor(url, await newClient(url), { scope: 'mcp:read' })
  let found = 0
  const counting = { resources: { find: () => { found++; return { scopes: ['mcp:read'] } } } }
  const notifications = { resourceSubscriptions: Array.from({ length: 900 }, (_, n) => `x://${n}`) }
  const body = { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications } }
  checkAccess({ body, access: { scopes: ['mcp:read'] }, rights: {} } as never, counting as never, PUBLIC)
  t.equal(found, 200)
  found = 0
  const long = { resourceSubscriptions: notifications.resourceSubscriptions.map((uri) => uri.padEnd(2_048, 'x')) }
  checkAccess({ body: { ...body, params: { notifications: long } }, access: { scopes: ['mcp:read'] }, rights: {} } as never, counting as never, PUBLIC)
  t.equal(found, 8, 'of long ones')
  const { json } = await mcpClient(url, access).modern('subscriptions/listen', { notifications })
  t.match(json.error, { code: -32602, message: /at most 200 resources/ })
})
