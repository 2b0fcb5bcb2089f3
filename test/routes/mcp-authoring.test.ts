// What an author of tools, resources and prompts can do, seen by clients of both eras over real HTTP.
import { setTimeout as delay } from 'node:timers/promises'
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import {
  audio,
  defineTool,
  embed,
  form,
  image,
  link,
  roots,
  sample,
  text,
  ToolError,
  openUrl,
  type Tool,
  type ToolContext
} from '../../authoring/tool.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { startServer, type ServerOptions } from '../helpers/server.ts'

const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
const about = (name: string) => ({
  name,
  title: name,
  description: `For this test: ${name}.`,
  scopes: ['mcp:read' as const]
})
const tool = (name: string, run: (context: ToolContext, text: string) => unknown, more: Partial<Tool> = {}): Tool => ({
  ...defineTool({
    ...about(name),
    input: z.object({ text: z.string().default('') }),
    annotations,
    async run ({ text }, context) {
      await run(context, text)
    }
  }),
  ...more
})

async function open (t: Test, tools: Tool[], more: Partial<NonNullable<ServerOptions['offer']>> = {}) {
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    offer: { tools, resources: [], prompts: [], ...more }
  })
  const client = mcpClient(url)
  return {
    url,
    ...client,
    eras: [
      ['legacy', client.legacy],
      ['modern', client.modern]
    ] as const
  }
}

t.test(
  'F18: a tool shows texts, pictures, sounds, links and documents beside its result, and a tool without output only those',
  async (t) => {
    const bytes = new Uint8Array([1, 2, 3])
    const blocks = [
      text('seen'),
      image(bytes, 'image/png'),
      audio(bytes, 'audio/wav'),
      link({ uri: 'https://example.com/a', name: 'a' }),
      embed({ uri: 'test://a', mimeType: 'text/plain', text: 'whole' }),
      embed({ uri: 'test://b', data: bytes })
    ]
    const { eras } = await open(t, [
      tool('show', ({ show }) => show(...blocks)),
      defineTool({
        ...about('both'),
        input: z.object({}),
        output: z.object({ sum: z.number() }),
        annotations,
        async run (_, { show }) {
          show(text('beside'))
          return { sum: 3 }
        }
      }),
      tool('fails', ({ show }) => {
        show(text('half'))
        throw new ToolError('No.')
      })
    ])
    for (const [era, request] of eras) {
      const {
        json: { result }
      } = await request('tools/call', { name: 'show', arguments: {} })
      t.strictSame(
        result.content,
        [
          { type: 'text', text: 'seen' },
          { type: 'image', data: 'AQID', mimeType: 'image/png' },
          { type: 'audio', data: 'AQID', mimeType: 'audio/wav' },
          { type: 'resource_link', uri: 'https://example.com/a', name: 'a' },
          { type: 'resource', resource: { uri: 'test://a', mimeType: 'text/plain', text: 'whole' } },
          { type: 'resource', resource: { uri: 'test://b', blob: 'AQID' } }
        ],
        era
      )
      t.notOk('structuredContent' in result)
      const both = (await request('tools/call', { name: 'both', arguments: {} })).json.result
      t.strictSame(
        [both.content, both.structuredContent],
        [
          [
            { type: 'text', text: '{"sum":3}' },
            { type: 'text', text: 'beside' }
          ],
          { sum: 3 }
        ]
      )
      t.strictSame(
        (await request('tools/call', { name: 'fails', arguments: {} })).json.result.content,
        [{ type: 'text', text: 'No.' }],
        'nothing of a failed call is shown'
      )
      const { tools } = (await request('tools/list')).json.result
      t.strictSame(
        tools.map((listed: object) => 'outputSchema' in listed),
        [false, true, false]
      )
    }
  }
)

t.test('F15: title, icons and hints are listed', async (t) => {
  const icons = [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'] }]
  const { eras } = await open(t, [tool('pretty', () => {}, { icons })])
  for (const [era, request] of eras) { t.match((await request('tools/list')).json.result.tools, [{ title: 'pretty', icons, annotations }], era) }
})

t.test('F32: progress goes to whoever sent a token, always forward, and not after the end', async (t) => {
  const late: Array<() => void> = []
  const { eras } = await open(t, [
    tool('work', async ({ progress, show }) => {
      for (const done of [1, 2, 2, 1, 3]) {
        progress(done, 3, `step ${done}`)
        await delay(30)
      }
      late.push(() => progress(4))
      show(text('done'))
    })
  ])
  for (const [era, request] of eras) {
    const { messages, headers } = await request('tools/call', {
      name: 'work',
      arguments: {},
      _meta: { progressToken: 'token' }
    })
    t.match(headers.get('content-type'), 'text/event-stream', era)
    t.strictSame(
      messages.slice(0, -1).map(({ method, params }) => [method, params]),
      [1, 2, 3].map((progress) => [
        'notifications/progress',
        { progressToken: 'token', progress, total: 3, message: `step ${progress}` }
      ]),
      era
    )
    t.match(messages.at(-1), { id: 1, result: { content: [{ text: 'done' }] } })
    late.pop()!()
    const quiet = await request('tools/call', { name: 'work', arguments: {} })
    t.match(quiet.headers.get('content-type'), 'application/json')
    t.equal(quiet.messages.length, 1, `${era}: none without a token`)
    const plain = await request(
      'tools/call',
      { name: 'work', arguments: {}, _meta: { progressToken: 1 } },
      { accept: 'application/json' }
    )
    t.match(
      plain.json.result.content,
      [{ text: 'done' }],
      `${era}: a client that reads only JSON still gets its answer`
    )
  }
})

t.test('F34: log lines go to a client that asked for their level, and to no other', async (t) => {
  const { modern, legacy } = await open(t, [
    tool('talk', ({ client, log }) => {
      log.info('for the operator')
      client.log('debug', 'fine')
      client.log('warning', 'careful')
    })
  ])
  const lines = async (level?: string) => {
    const { messages } = await modern('tools/call', {
      name: 'talk',
      arguments: {},
      ...(level && { _meta: { 'io.modelcontextprotocol/logLevel': level } })
    })
    return messages.slice(0, -1).map(({ method, params }) => [method, params.level, params.data, params.logger])
  }
  t.strictSame(await lines(), [])
  t.strictSame(await lines('info'), [['notifications/message', 'warning', 'careful', 'talk']])
  t.equal((await lines('debug')).length, 2)
  t.equal((await legacy('tools/call', { name: 'talk', arguments: {} })).messages.length, 1)
  t.equal(
    (await legacy('logging/setLevel', { level: 'debug' })).json.error.code,
    -32601,
    'without a session nobody could remember it'
  )
})

t.test('H12, F33: a tool has its own deadline', async (t) => {
  const { eras } = await open(t, [
    tool(
      'slow',
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      { timeout: 30 }
    )
  ])
  for (const [era, request] of eras) {
    t.match(
      (await request('tools/call', { name: 'slow', arguments: {} })).json.result,
      { isError: true, content: [{ text: /did not finish within 0\.03 seconds/ }] },
      era
    )
  }
})

t.test(
  'pain 17: a renamed tool answers to its old name, and says how to get the new list when the arguments do not fit',
  async (t) => {
    const renamed = defineTool({
      ...about('new_name'),
      aliases: ['old_name'],
      input: z.object({ city: z.string() }),
      output: z.object({ city: z.string() }),
      annotations,
      run: async ({ city }) => ({ city })
    })
    const { eras } = await open(t, [renamed])
    for (const [era, request] of eras) {
      t.match(
        (await request('tools/call', { name: 'old_name', arguments: { city: 'Bern' } })).json.result.structuredContent,
        { city: 'Bern' },
        era
      )
      t.match(
        (await request('tools/call', { name: 'old_name', arguments: { place: 'Bern' } })).json.result,
        { isError: true, content: [{ text: /old_name is called new_name now.*Refresh/ }] },
        era
      )
      t.strictSame(
        (await request('tools/list')).json.result.tools.map(({ name }: { name: string }) => name),
        ['new_name']
      )
      t.match(
        (await request('tools/call', { name: 'gone', arguments: {} })).json.error,
        { code: -32602, message: /There is no tool named "gone".*press Refresh/ },
        era
      )
    }
  }
)

t.test('F40-F43: a tool asks, and goes on with the answers of several rounds', async (t) => {
  const seen: unknown[] = []
  const { modern } = await open(t, [
    tool('ask', async ({ ask, show }) => {
      const first = await ask({
        name: form('Your name?', z.object({ name: z.string().min(2) })),
        page: openUrl('Look here', 'https://example.com/x')
      })
      if (first.name.action !== 'accept') throw new ToolError(`You said ${first.name.action}.`)
      const { model, folders } = await ask({ model: sample({ messages: [], maxTokens: 5 }), folders: roots() })
      seen.push([first, model, folders])
      show(text(`${first.name.content.name}, ${model.model}, ${folders.roots.length}`))
    })
  ])
  const can = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
  const call = async (round: object = {}, capabilities: object = can) =>
    (await modern('tools/call', { name: 'ask', arguments: { text: 'a' }, ...round }, {}, capabilities)).json
  const { result: first } = await call()
  t.match(first, {
    resultType: 'input_required',
    requestState: String,
    inputRequests: {
      name: {
        method: 'elicitation/create',
        params: { mode: 'form', message: 'Your name?', requestedSchema: { type: 'object', required: ['name'] } }
      },
      page: {
        method: 'elicitation/create',
        params: { mode: 'url', message: 'Look here', url: 'https://example.com/x' }
      }
    }
  })
  const { requestState } = first
  const again = await call({
    requestState,
    inputResponses: {
      name: { action: 'accept', content: { name: 'x' } },
      page: { action: 'accept' },
      extra: { action: 'accept' }
    }
  })
  t.strictSame(
    Object.keys(again.result.inputRequests),
    ['name'],
    'F43: what does not fit the form is asked again, and only that'
  )
  const second = await call({
    requestState: again.result.requestState,
    inputResponses: { name: { action: 'accept', content: { name: 'Ann' } } }
  })
  t.strictSame(
    Object.keys(second.result.inputRequests),
    ['model', 'folders'],
    'the answers of earlier rounds are not asked for again'
  )
  t.notOk(second.result.requestState.includes('Ann'), 'sealed')
  const last = await call({
    requestState: second.result.requestState,
    inputResponses: {
      model: { role: 'assistant', content: { type: 'text', text: 'hi' }, model: 'm' },
      folders: { roots: [{ uri: 'file:///a' }] }
    }
  })
  t.match(last.result.content, [{ text: 'Ann, m, 1' }])
  t.equal(seen.length, 1, 'nothing after a question runs before its answer')
  t.match((await call({ inputResponses: { name: { action: 'decline' }, page: { action: 'cancel' } } })).result, {
    isError: true,
    content: [{ text: 'You said decline.' }]
  })
  const bare = await modern('tools/call', { name: 'ask', arguments: {} }, {}, { elicitation: {} })
  t.equal(bare.status, 400, 'F41: nothing is asked that the client cannot do')
  t.match(bare.json.error, { code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } })
})

t.test('F42: a requestState that was altered, is of another call or has expired is refused', async (t) => {
  let time = 1_800_000_000
  const asking = (name: string) =>
    tool(name, async ({ ask, show }) => {
      await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      show(text('done'))
    })
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    now: () => time,
    offer: { tools: [asking('one'), asking('two')], resources: [], prompts: [] }
  })
  const { modern } = mcpClient(url)
  const call = async (name: string, args: object, round: object = {}) =>
    (await modern('tools/call', { name, arguments: args, ...round }, {}, { elicitation: {} })).json
  const {
    result: { requestState }
  } = await call('one', { text: 'a' })
  const inputResponses = { ok: { action: 'accept', content: { ok: true } } }
  const refused = async (name: string, args: object, requestState: unknown, says: string) =>
    t.match(
      (await call(name, args, { requestState, inputResponses })).error,
      { code: -32602, message: /Invalid or expired requestState/ },
      says
    )
  await refused('one', { text: 'a' }, `${requestState}x`, 'longer')
  await refused('one', { text: 'a' }, requestState.slice(0, -2), 'shorter')
  await refused('one', { text: 'a' }, createHash('sha256').update('x').digest('base64url'), 'made up')
  await refused('one', { text: 'b' }, requestState, 'other arguments')
  await refused('two', { text: 'a' }, requestState, 'another tool')
  t.match((await call('one', { text: 'a' }, { requestState, inputResponses })).result.content, [{ text: 'done' }])
  time += 3_601
  await refused('one', { text: 'a' }, requestState, 'an hour later')
})

t.test('ask: a tool that catches everything still asks', async (t) => {
  const { modern } = await open(t, [
    tool('careless', async ({ ask, show }) => {
      try {
        await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      } catch {
        show(text('swallowed'))
      }
    })
  ])
  t.match((await modern('tools/call', { name: 'careless', arguments: {} }, {}, { elicitation: {} })).json.result, {
    resultType: 'input_required',
    inputRequests: { ok: {} }
  })
})

t.test(
  'a tool sees what its client can be asked, and a client without a session cannot be asked in the legacy era',
  async (t) => {
    const { modern, legacy } = await open(t, [
      tool('can', ({ client, show }) => show(text(JSON.stringify(client.can)))),
      tool('asks', async ({ ask }) => {
        await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      })
    ])
    const can = async (capabilities: object) =>
      JSON.parse(
        (await modern('tools/call', { name: 'can', arguments: {} }, {}, capabilities)).json.result.content[0].text
      )
    t.strictSame(await can({}), { form: false, visit: false, sample: false, roots: false })
    t.strictSame(await can({ elicitation: {}, roots: {} }), { form: true, visit: false, sample: false, roots: true })
    t.strictSame(await can({ elicitation: { url: {} }, sampling: {} }), {
      form: false,
      visit: true,
      sample: true,
      roots: false
    })
    t.match((await legacy('tools/call', { name: 'asks', arguments: {} })).json.result, {
      isError: true,
      content: [{ text: /did not declare the required capability/ }]
    })
  }
)

t.test('T13, T14: an argument that is repeated in a header says the same there', async (t) => {
  const mirrored = defineTool({
    ...about('mirrored'),
    input: z.object({
      region: z.string().nullish().meta({ 'x-mcp-header': 'Region' }),
      shard: z.int().optional().meta({ 'x-mcp-header': 'Shard' }),
      dry: z.boolean().optional().meta({ 'x-mcp-header': 'Dry' })
    }),
    output: z.object({ ran: z.boolean() }),
    annotations,
    run: async () => ({ ran: true })
  })
  const { modern, legacy } = await open(t, [mirrored])
  t.match((await modern('tools/list')).json.result.tools[0].inputSchema.properties, {
    region: { 'x-mcp-header': 'Region' },
    shard: { type: 'integer', 'x-mcp-header': 'Shard' }
  })
  const call = (args: object, headers: Record<string, string> = {}) =>
    modern('tools/call', { name: 'mirrored', arguments: args }, headers)
  const good: Array<[object, Record<string, string>]> = [
    [{}, {}],
    [{ region: null }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'eu' }],
    [{ region: 'eu' }, { 'MCP-Param-Region': ' eu ' }],
    [{ region: 'Zürich' }, { 'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=` }],
    [{ shard: 7 }, { 'mcp-param-shard': '7.0' }],
    [{ dry: true }, { 'mcp-param-dry': 'true' }],
    [{}, { 'mcp-param-other': 'x' }]
  ]
  for (const [args, headers] of good) { t.match((await call(args, headers)).json.result.structuredContent, { ran: true }, JSON.stringify([args, headers])) }
  const bad: Array<[object, Record<string, string>]> = [
    [{ region: 'eu' }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'us' }],
    [{ region: 'eu' }, { 'mcp-param-region': 'EU' }],
    [{}, { 'mcp-param-region': 'eu' }],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }],
    [{ region: 'eu' }, { 'mcp-param-region': '=?BASE64?ZXU=?=' }],
    [{ shard: 7 }, { 'mcp-param-shard': '' }],
    [{ dry: true }, { 'mcp-param-dry': 'TRUE' }]
  ]
  for (const [args, headers] of bad) {
    const { status, json } = await call(args, headers)
    t.equal(status, 400, JSON.stringify([args, headers]))
    t.match(json, { id: 1, error: { code: -32020 } })
  }
  t.match(
    (await legacy('tools/call', { name: 'mirrored', arguments: { region: 'eu' } })).json.result.structuredContent,
    { ran: true },
    'the earlier eras have no such header'
  )
})

t.test('T24: a tool gets the trace it is part of, if it is in W3C format', async (t) => {
  const { eras } = await open(t, [tool('trace', ({ trace, show }) => show(text(JSON.stringify(trace ?? null))))])
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  for (const [era, request] of eras) {
    const trace = async (_meta: object) =>
      JSON.parse((await request('tools/call', { name: 'trace', arguments: {}, _meta })).json.result.content[0].text)
    t.strictSame(
      await trace({ traceparent, tracestate: 'a=b', baggage: 'user=1' }),
      { traceparent, tracestate: 'a=b', baggage: 'user=1' },
      era
    )
    t.strictSame(await trace({ traceparent, tracestate: 'a\r\nb: c', baggage: 7 }), { traceparent })
    for (const wrong of [
      '',
      'x',
      traceparent.toUpperCase(),
      `ff${traceparent.slice(2)}`,
      '00-00000000000000000000000000000000-b7ad6b7169203331-01',
      7
    ]) { t.equal(await trace({ traceparent: wrong, tracestate: 'a=b' }), null, String(wrong)) }
  }
})

t.test(
  'F20-F22, F24: resources are listed in pages, read by URI and completed; what is not there is -32602 with its URI',
  async (t) => {
    const many = Array.from({ length: 7 }, (_, index) => `n${index}`)
    const { eras, modern } = await open(t, [], {
      resources: [
        defineResource({
          ...about('now'),
          uri: 'status://now',
          mimeType: 'text/plain',
          ttl: 5_000,
          read: async () => 'fine'
        }),
        defineResource({
          ...about('bytes'),
          uri: 'status://bytes',
          mimeType: 'image/png',
          read: async () => new Uint8Array([1, 2])
        }),
        defineResource({
          ...about('note'),
          uri: 'notes://{name}',
          read: async ({ name }) =>
            many.includes(name)
              ? [{ text: name }, { uri: `notes://${name}#2`, mimeType: 'text/html', text: '<b>' }]
              : undefined,
          async list (after) {
            const from = after === undefined ? 0 : many.indexOf(after) + 1
            if (after !== undefined && from === 0) throw new ToolError('There is no such page.')
            return {
              resources: many
                .slice(from, from + 3)
                .map((name) => ({ values: { name }, name, title: name.toUpperCase() })),
              ...(from + 3 < many.length && { next: many[from + 2]! })
            }
          },
          complete: { name: async (typed) => many.filter((name) => name.startsWith(typed)) }
        }),
        defineResource({
          ...about('broken'),
          uri: 'broken://now',
          read: async () => {
            throw new Error('password=hunter2')
          }
        }),
        defineResource({
          ...about('asking'),
          uri: 'asking://now',
          async read (_, { ask }) {
            await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
            return 'asked'
          }
        })
      ]
    })
    for (const [era, request] of eras) {
      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const {
          json: { result }
        } = await request('resources/list', cursor === undefined ? {} : { cursor })
        pages.push(result.resources.map(({ uri }: { uri: string }) => uri))
        cursor = result.nextCursor
      } while (cursor !== undefined)
      t.strictSame(
        pages.shift()!.sort(),
        ['asking://now', 'broken://now', 'notes://n0', 'notes://n1', 'notes://n2', 'status://bytes', 'status://now'],
        'short lists share a page'
      )
      t.strictSame(pages, [['notes://n3', 'notes://n4', 'notes://n5'], ['notes://n6']], era)
      t.match((await request('resources/templates/list')).json.result.resourceTemplates, [
        { uriTemplate: 'notes://{name}', name: 'note', title: 'note', description: /note/ }
      ])
      for (const cursor of [
        'x',
        '',
        'W10',
        Buffer.from('[9,null]').toString('base64url'),
        Buffer.from('[-1,null]').toString('base64url'),
        Buffer.from('[1,"nothing"]').toString('base64url'),
        Buffer.from('{"a":1}').toString('base64url')
      ]) {
        t.match((await request('resources/list', { cursor })).json.error, { code: -32602 }, `F6: ${cursor}`)
      }
      for (const list of ['tools/list', 'prompts/list', 'resources/templates/list']) { t.match((await request(list, { cursor: 'x' })).json.error, { code: -32602 }, list) }
      t.strictSame((await request('resources/read', { uri: 'status://now' })).json.result.contents, [
        { uri: 'status://now', mimeType: 'text/plain', text: 'fine' }
      ])
      t.strictSame((await request('resources/read', { uri: 'status://bytes' })).json.result.contents, [
        { uri: 'status://bytes', mimeType: 'image/png', blob: 'AQI=' }
      ])
      t.strictSame((await request('resources/read', { uri: 'notes://n1' })).json.result.contents, [
        { uri: 'notes://n1', text: 'n1' },
        { uri: 'notes://n1#2', mimeType: 'text/html', text: '<b>' }
      ])
      for (const uri of [
        'notes://n99',
        'notes://',
        'notes://a/b',
        'other://x',
        'status://now/',
        'notes://%ZZ',
        `notes://${'/'.repeat(20_000)}`
      ]) {
        const { json } = await request('resources/read', { uri })
        t.match(json.error, { code: -32602, data: { uri } }, `${era} ${uri.slice(0, 40)}`)
      }
      const broken = await request('resources/read', { uri: 'broken://now' })
      t.match(broken.json.error, { code: -32603, message: /in the log as/ })
      t.notMatch(broken.text, 'hunter2')
      const completed = (
        await request('completion/complete', {
          ref: { type: 'ref/resource', uri: 'notes://{name}' },
          argument: { name: 'name', value: 'n' }
        })
      ).json.result
      t.match(completed, { completion: { values: many, total: 7, hasMore: false } })
      t.match(
        (
          await request('completion/complete', {
            ref: { type: 'ref/resource', uri: 'notes://{name}' },
            argument: { name: 'constructor', value: '' }
          })
        ).json.result,
        { completion: { values: [] } }
      )
      t.match(
        (
          await request('completion/complete', {
            ref: { type: 'ref/resource', uri: 'nothing://{x}' },
            argument: { name: 'x', value: '' }
          })
        ).json.error,
        { code: -32602 }
      )
    }
    t.match(
      (await modern('resources/read', { uri: 'status://now' })).json.result,
      { ttlMs: 5_000, cacheScope: 'public', resultType: 'complete' },
      'F4'
    )
    t.match((await modern('resources/list')).json.result, { ttlMs: Number, cacheScope: 'public' }, 'F4')
    const asked = (await modern('resources/read', { uri: 'asking://now' }, {}, { elicitation: {} })).json.result
    t.match(asked, { resultType: 'input_required', inputRequests: { ok: {} } })
    t.match(
      (
        await modern(
          'resources/read',
          { uri: 'asking://now', requestState: asked.requestState, inputResponses: { ok: { action: 'cancel' } } },
          {},
          { elicitation: {} }
        )
      ).json.result.contents,
      [{ text: 'asked' }]
    )
  }
)

t.test('F23, F24: prompts are listed with their arguments, written, and completed', async (t) => {
  const { eras } = await open(t, [], {
    prompts: [
      definePrompt({
        ...about('greet'),
        arguments: z.object({
          name: z.string().min(1).meta({ title: 'Name' }).describe('Who.'),
          tone: z.enum(['warm', 'dry']).optional()
        }),
        complete: { tone: async (typed) => ['warm', 'dry'].filter((tone) => tone.startsWith(typed)) },
        write: async ({ name, tone }) =>
          name === 'two'
            ? [
                { role: 'user', content: text('hi') },
                { role: 'assistant', content: text('hello') }
              ]
            : `Greet ${name}${tone ? `, ${tone}` : ''}.`
      })
    ]
  })
  for (const [era, request] of eras) {
    t.match(
      (await request('prompts/list')).json.result.prompts,
      [
        {
          name: 'greet',
          title: 'greet',
          description: /greet/,
          arguments: [
            { name: 'name', title: 'Name', description: 'Who.', required: true },
            { name: 'tone', required: false }
          ]
        }
      ],
      era
    )
    t.match((await request('prompts/get', { name: 'greet', arguments: { name: 'Ann', tone: 'dry' } })).json.result, {
      description: /greet/,
      messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ann, dry.' } }]
    })
    t.match((await request('prompts/get', { name: 'greet', arguments: { name: 'two' } })).json.result.messages, [
      { role: 'user' },
      { role: 'assistant' }
    ])
    t.match((await request('prompts/get', { name: 'greet', arguments: { tone: 'dry' } })).json.error, {
      code: -32602,
      message: /name: /
    })
    t.match((await request('prompts/get', { name: 'constructor' })).json.error, {
      code: -32602,
      message: /There is no prompt named/
    })
    t.match(
      (
        await request('completion/complete', {
          ref: { type: 'ref/prompt', name: 'greet' },
          argument: { name: 'tone', value: 'w' }
        })
      ).json.result.completion,
      { values: ['warm'] }
    )
  }
})

t.test('the documents of the server are resources, and its prompts bring them along', async (t) => {
  const documents = {
    ...Object.fromEntries(
      Array.from({ length: 120 }, (_, index) => [
        `part/${String(index).padStart(3, '0')} é.md`,
        `# Part ${index}\n\nWords of part ${index}.`
      ])
    ),
    'a.md': '# Tides\n\nThe moon pulls the sea.'
  }
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, documents })
  const { modern } = mcpClient(url)
  const first = (await modern('resources/list')).json.result
  t.match(first.resources[0], { uri: 'library://documents/a.md', title: 'Tides', mimeType: 'text/plain' })
  t.equal(first.resources.length, 50)
  const second = (await modern('resources/list', { cursor: first.nextCursor })).json.result
  const third = (await modern('resources/list', { cursor: second.nextCursor })).json.result
  t.equal(
    new Set([first, second, third].flatMap(({ resources }) => resources.map(({ uri }: { uri: string }) => uri))).size,
    121
  )
  t.notOk('nextCursor' in third)
  const { uri } = second.resources[0]
  const read = (
    await modern('resources/read', { uri }, { 'mcp-name': `=?base64?${Buffer.from(uri).toString('base64')}?=` })
  ).json.result
  t.match(read.contents, [{ uri, mimeType: 'text/plain', text: /Words of part/ }])
  const { values, hasMore, total } = (
    await modern('completion/complete', {
      ref: { type: 'ref/resource', uri: 'library://documents/{+id}' },
      argument: { name: 'id', value: 'part/00' }
    })
  ).json.result.completion
  t.strictSame([values.length, hasMore, total], [10, false, 10])
  const summary = (await modern('prompts/get', { name: 'summarize_document', arguments: { id: 'a.md' } })).json.result
  t.match(summary.messages, [
    { content: { type: 'resource', resource: { uri: 'library://documents/a.md', text: /The moon/ } } },
    { content: { text: /Tides/ } }
  ])
  t.match((await modern('prompts/get', { name: 'summarize_document', arguments: { id: '../a.md' } })).json.error, {
    code: -32602,
    message: /no document/
  })
  t.match(
    (await modern('prompts/get', { name: 'answer_with_citations', arguments: { question: 'What pulls the sea?' } }))
      .json.result.messages,
    [{ content: { type: 'resource_link', name: 'Tides' } }]
  )
  const code = (await modern('prompts/get', { name: 'analyze_code', arguments: { code: 'a\n````\nb' } })).json.result
    .messages[0].content.text
  t.match(code, '\n`````\na\n````\nb\n`````', 'the code cannot end its own block')
})
