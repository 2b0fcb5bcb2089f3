// Both lanes answer the same: a corpus of ordinary and odd requests of both eras goes through the straight lane and the
// SDK's, and what a fuzzer makes of it; the straight lane may leave a request alone, and never says anything else.
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import type { Access } from '../../../plugins/oauth/grants/contract.ts'
import { readMessages } from '../../../plugins/mcp/json-rpc.ts'
import { createLocalEventBus } from '../../../plugins/mcp/streams/event-bus.ts'
import { createToolRegistry } from '../../../plugins/mcp/handlers/tools.ts'
import { createChangeLog } from '../../../plugins/mcp/streams/change-log.ts'
import type { McpResponse, McpRequest } from '../../../plugins/mcp/contract.ts'
import { createRequestStateCodec } from '../../../plugins/mcp/handlers/input-required.ts'
import { createSubscriptions } from '../../../plugins/mcp/streams/subscriptions.ts'
import { createPrompts } from '../../../plugins/mcp/handlers/prompts.ts'
import { createResources } from '../../../plugins/mcp/handlers/resources.ts'
import { createSdkHandler } from '../../../plugins/mcp/sdk/handler.ts'
import { createFactory } from '../../../plugins/mcp/sdk/server.ts'
import { createFastPath } from '../../../plugins/mcp/fast-path.ts'
import { protocolVersions } from '../../../plugins/mcp/protocol-versions.ts'
import { definePrompt } from '../../../authoring/prompt.ts'
import { defineResource } from '../../../authoring/resource.ts'
import { defineTool, form, text, ToolError, type Tool } from '../../../authoring/tool.ts'
import { folder, openHouse } from '../../helpers/tool-context.ts'

const MODERN = '2026-07-28'
const about = {
  title: 'A title',
  description: 'What it does',
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
}

const tools = [
  defineTool({
    ...about,
    name: 'echo',
    scopes: ['mcp:read'],
    input: z.object({ text: z.string().max(50), times: z.number().int().optional() }),
    output: z.object({ text: z.string(), who: z.string() }),
    run: async ({ text, times = 1 }, { user }) => ({ text: text.repeat(times), who: user?.id ?? 'nobody' })
  }),
  defineTool({
    ...about,
    name: 'refuse',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({}),
    run: async () => {
      throw new ToolError('Try something else.')
    }
  }),
  defineTool({
    ...about,
    name: 'break',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({ n: z.number() }),
    run: async () => ({ n: 'no number' }) as never
  }),
  defineTool({
    ...about,
    name: 'show',
    scopes: ['mcp:read'],
    input: z.object({}),
    run: async (_args, context) => {
      context.show(text('seen'))
      context.progress(1, 2)
    }
  }),
  defineTool({
    ...about,
    name: 'ask',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({ can: z.boolean() }),
    run: async (_args, { client, ask }) => {
      if (client.can.form) await ask({ name: form('What is your name?', z.object({ name: z.string() })) })
      return { can: client.can.form }
    }
  }),
  defineTool({
    ...about,
    name: 'open',
    scopes: ['mcp:write'],
    input: z.looseObject({ a: z.unknown().optional() }),
    output: z.looseObject({}),
    run: async (args) => args,
    aliases: ['opened']
  })
] as unknown as Tool[]

const access: Access = {
  grantId: 'g',
  clientId: 'c',
  user: { id: 'ann' },
  scopes: ['mcp:read', 'mcp:write'],
  resource: 'https://mcp.example.com',
  expiresAt: 4e9,
  clientName: 'App',
  backend: 'local',
  attempt: 'story'
}

async function lanes () {
  const { app } = await openHouse(t, await folder(t))
  const offered = {
    tools: createToolRegistry(tools, true),
    resources: createResources(
      [
        defineResource({
          uri: 'note://{id}',
          name: 'note',
          title: 'Note',
          description: 'A note',
          scopes: ['mcp:read'],
          read: async ({ id }) => id
        })
      ] as never,
      true
    ),
    prompts: createPrompts(
      [
        definePrompt({
          name: 'greet',
          title: 'Greet',
          description: 'Greets',
          scopes: ['mcp:read'],
          arguments: z.object({ who: z.string() }),
          write: async ({ who }) => `Greet ${who}`
        })
      ] as never,
      true
    )
  }
  const services = {
    library: app.library,
    notes: app.notes,
    workers: app.workers,
    timeout: 5_000,
    meter: { take: () => undefined, called () {} },
    onBehalfOf: () => Promise.reject(new Error('nobody acts here')),
    claimsOf: () => Promise.reject(new Error('nobody acts here')),
    stillAllows: () => true,
    states: createRequestStateCodec(app.sealing, app.now)
  }
  const serverInfo = { name: 'lanes', title: 'Lanes', version: '1.0.0' }
  const onError = () => {}
  const factory = createFactory({
    ...offered,
    services,
    serverInfo,
    instructions: () => 'Be kind.',
    isPublic: false,
    reloads: false,
    onError
  })
  const changes = createChangeLog(createLocalEventBus(), app.storage, app.now, app.log)
  const subscriptions = createSubscriptions(changes, serverInfo, app.now)
  t.teardown(subscriptions.close)
  const sdk = createSdkHandler({
    factory,
    tools: offered.tools,
    subscriptions,
    sessions: async () => undefined,
    onError
  })
  return {
    sdk,
    straight: createFastPath({ tools: offered.tools, services, serverInfo, sdkHandler: sdk }),
    log: app.log
  }
}

interface Sent {
  headers: Record<string, string>
  body: Record<string, unknown>
}

const legacy = (method: string, params?: unknown, headers: Record<string, string> = {}, id: unknown = 1): Sent => ({
  headers,
  body: { jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) }
})
const modern = (
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  meta: Record<string, unknown> = {}
): Sent => ({
  headers: {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
    ...headers
  },
  body: {
    jsonrpc: '2.0',
    id: 1,
    method,
    params: {
      ...params,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': MODERN,
        'io.modelcontextprotocol/clientCapabilities': {},
        ...meta
      }
    }
  }
})

const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
const calls: Array<Record<string, unknown>> = [
  { name: 'echo', arguments: { text: 'hello' } },
  { name: 'echo', arguments: { text: 'ä€😀"\\\n\u2028', times: 3 } },
  { name: 'echo', arguments: { text: 'x', times: 1.5 } },
  { name: 'echo', arguments: { text: 'x', extra: 1 } },
  { name: 'echo' },
  { name: 'echo', arguments: {} },
  { name: 'echo', arguments: null },
  { name: 'echo', arguments: [] },
  { name: 'echo', arguments: 'text' },
  { name: 'echo', arguments: { text: null } },
  { name: 'echo', arguments: { text: 'x'.repeat(51) } },
  { name: 'refuse' },
  { name: 'refuse', arguments: { a: 1 } },
  { name: 'break', arguments: {} },
  { name: 'show', arguments: {} },
  { name: 'ask', arguments: {} },
  { name: 'open', arguments: { a: { b: [1, null, true, 'x'] }, constructor: 1 } },
  { name: 'opened', arguments: { a: 1 } },
  { name: 'open', arguments: { a: 1e308, z: -0 } },
  { name: 'nothing', arguments: {} },
  { name: 5 },
  { name: '' },
  {},
  { name: 'echo', arguments: { text: 'x' }, task: { ttl: 5 } },
  { name: 'echo', arguments: { text: 'x' }, inputResponses: {} },
  { name: 'ask', arguments: {}, requestState: 'made up' }
]
const methods = [
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/templates/list',
  'resources/list',
  'prompts/get',
  'resources/read',
  'completion/complete',
  'logging/setLevel',
  'tools/cal',
  'constructor',
  '__proto__'
]
const metas: Array<Record<string, unknown>> = [
  {},
  { 'openai/locale': 'de' },
  { progressToken: 1 },
  { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  { 'io.modelcontextprotocol/logLevel': 'debug' },
  { 'io.modelcontextprotocol/unknown': 1 }
]
const envelopes: Array<Record<string, unknown>> = [
  { 'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' } },
  { 'io.modelcontextprotocol/clientInfo': { name: 'x' } },
  { 'io.modelcontextprotocol/clientInfo': 5 },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {}, url: {} } } },
  { 'io.modelcontextprotocol/clientCapabilities': { roots: { listChanged: true } } },
  { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: true } } },
  { 'io.modelcontextprotocol/clientCapabilities': 1 },
  { 'io.modelcontextprotocol/clientCapabilities': undefined },
  { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' }
]

const corpus: Sent[] = [
  ...protocolVersions.flatMap((version) => [
    legacy('initialize', { ...initialize, protocolVersion: version }),
    legacy('tools/list', {}, { 'mcp-protocol-version': version }),
    legacy('tools/call', calls[0], { 'mcp-protocol-version': version })
  ]),
  ...[
    { ...initialize, protocolVersion: '1900-01-01' },
    { ...initialize, capabilities: { roots: {} } },
    { ...initialize, capabilities: { experimental: {} } },
    { ...initialize, capabilities: undefined },
    { ...initialize, clientInfo: { name: 'x' } },
    { ...initialize, clientInfo: { name: 'x', version: '1', title: 'X' } },
    { ...initialize, extra: 1 },
    {},
    undefined
  ].map((params) => legacy('initialize', params)),
  ...methods.flatMap((method) => [
    legacy(method),
    legacy(method, {}),
    legacy(method, { cursor: 'x' }),
    legacy(method, { _meta: {} }),
    legacy(method, []),
    modern(method),
    modern(method, { cursor: 'x' }),
    modern(method, {}, { 'mcp-method': 'other' })
  ]),
  ...calls.flatMap((params) => [
    legacy('tools/call', params),
    legacy('tools/call', params, { 'mcp-protocol-version': '2025-06-18' }),
    modern('tools/call', params),
    modern('tools/call', params, { 'mcp-name': 'another' })
  ]),
  ...metas.flatMap((meta) => [
    legacy('tools/call', { ...calls[0], _meta: meta }),
    legacy('tools/list', { _meta: meta }),
    modern('tools/call', calls[0], {}, meta),
    modern('tools/list', {}, {}, meta)
  ]),
  ...envelopes.flatMap((meta) => [
    modern('tools/list', {}, {}, meta),
    modern('tools/call', calls[0], {}, meta),
    modern('tools/call', { name: 'ask', arguments: {} }, {}, meta)
  ]),
  ...['x', '', 0, -1, 1.5, 'ä"\\', 2 ** 53].flatMap((id) => [
    legacy('ping', undefined, {}, id),
    legacy('tools/call', calls[0], {}, id)
  ]),
  ...['1900-01-01', '', 'x', '2026-07-28'].map((version) =>
    legacy('tools/list', {}, { 'mcp-protocol-version': version })
  ),
  ...[
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    { jsonrpc: '2.0', method: 'tools/list' }
  ].map((body) => ({ headers: {}, body }))
]

const readAnswer = async ({ status, body }: McpResponse): Promise<unknown> => {
  const whole = body instanceof Readable ? (await body.setEncoding('utf8').toArray()).join('') : body
  return { status, body: typeof whole === 'string' && whole.startsWith('{') ? (JSON.parse(whole) as unknown) : whole }
}

const { sdk, straight, log } = await lanes()
const exchange = ({ headers, body }: Sent): McpRequest => ({
  body: readMessages(body, headers['mcp-protocol-version']),
  headers,
  acceptsEvents: true,
  access,
  requestId: 'r',
  signal: new AbortController().signal,
  log
})

/** @returns whether the straight lane took it. */
async function same (sent: Sent): Promise<{ taken: boolean; ours?: unknown; theirs?: unknown }> {
  let ready: McpRequest
  try {
    ready = exchange(sent)
  } catch {
    // Refused before any lane sees it.
    return { taken: false }
  }
  const ours = straight.serve(ready)
  if (!ours) return { taken: false }
  return {
    taken: true,
    ours: withoutStates(await readAnswer(await ours)),
    theirs: withoutStates(await readAnswer(await sdk(exchange(sent))))
  }
}

/** A request state is sealed anew each time. */
const withoutStates = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/"requestState":"[^"]*"/g, '"requestState":"sealed"')) as unknown

t.test('the corpus', async (t) => {
  t.ok(corpus.length >= 300, `${corpus.length} requests`)
  let taken = 0
  for (const sent of [...corpus, ...corpus]) {
    const { taken: ours, ours: mine, theirs } = await same(sent)
    if (!ours) continue
    taken++
    t.strictSame(
      mine,
      theirs,
      JSON.stringify(sent)
        .replaceAll(/[^ -~]/gu, '?')
        .slice(0, 200)
    )
  }
  t.ok(taken > 150, `the straight lane took ${taken / 2} of ${corpus.length}`)
})

t.test('what a fuzzer makes of it', async (t) => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      '',
      'x',
      0,
      -1,
      [],
      {},
      { _meta: {} },
      [1],
      MODERN,
      '2025-11-25',
      'tools/call',
      'echo',
      { text: 'x' }
    ),
    fc.jsonValue({ maxDepth: 2 })
  )
  const mutation = fc.record({
    at: fc.nat(40),
    key: fc.constantFrom(
      'name',
      'arguments',
      '_meta',
      'cursor',
      'method',
      'id',
      'params',
      'jsonrpc',
      'progressToken',
      'io.modelcontextprotocol/clientCapabilities',
      'io.modelcontextprotocol/protocolVersion',
      'text',
      'requestState'
    ),
    value,
    drop: fc.boolean()
  })
  const header = fc.option(
    fc.tuple(
      fc.constantFrom('mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-session-id', 'mcp-param-x'),
      fc.constantFrom('', 'x', MODERN, '2025-06-18', 'tools/call', 'echo')
    )
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...corpus),
      fc.array(mutation, { maxLength: 3 }),
      header,
      async (sent, mutations, extra) => {
        const mutated = structuredClone(sent)
        for (const { at, key, value, drop } of mutations) {
          const places = objectsIn(mutated.body)
          const place = places[at % places.length]!
          if (drop) delete place[key]
          else {
            Object.defineProperty(place, key, {
              value: structuredClone(value),
              enumerable: true,
              configurable: true,
              writable: true
            })
          }
        }
        if (extra) mutated.headers[extra[0]] = extra[1]
        const { taken, ours, theirs } = await same(mutated)
        if (taken && JSON.stringify(sorted(ours)) !== JSON.stringify(sorted(theirs))) {
          throw new Error(
            `${JSON.stringify(mutated)}\nstraight: ${JSON.stringify(ours)}\nSDK: ${JSON.stringify(theirs)}`
          )
        }
      }
    ),
    { numRuns: 3_000 }
  )
  t.pass('3,000 mutated requests')
})

function objectsIn (value: unknown): Array<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return []
  return [
    ...(Array.isArray(value) ? [] : [value as Record<string, unknown>]),
    ...Object.values(value).flatMap(objectsIn)
  ]
}

/** The same JSON, with members in one order. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)])
      )
      : value
