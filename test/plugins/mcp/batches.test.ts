// Batches and nesting over HTTP: refused, but for the one protocol version that has batches.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import { MODERN, start } from '../../helpers/mcp-endpoint.ts'
import { person } from '../../helpers/person.ts'
import { startServer } from '../../helpers/server.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('batches are refused, but for the one protocol version that has them (MC-08)', async (t) => {
  const { post, ran } = await start(t)
  const call = (id: number, name = 'write') => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: { text: `${id}` } }
  })
  const many = Array.from({ length: 5000 }, (_, id) => call(id))
  for (const batch of [[call(1), call(2)], many, [], [call(1)]]) {
    for (const version of [undefined, '2025-06-18', '2025-11-25', MODERN]) {
      const { status, json } = await post(batch, version ? { 'mcp-protocol-version': version } : {})
      t.equal(status, 400, `${batch.length} under ${version}`)
      t.equal(json.error.code, -32600)
    }
  }
  const old = { 'mcp-protocol-version': '2025-03-26' }
  t.equal((await post([], old)).status, 400)
  t.equal((await post(many, old)).status, 400)
  t.equal((await post([call(1), call(1)], old)).status, 400, 'equal ids could not be told apart')
  t.equal((await post([call(1), { nonsense: true }], old)).status, 400)
  t.equal(
    (await post([call(1, 'fetch'), call(2)], { ...old, authorization: 'Bearer reader' })).status,
    403,
    'every call of a batch is checked for its scope'
  )
  t.strictSame(ran, [])
  const { status, json } = await post([call(1), call(2)], old)
  t.equal(status, 200)
  t.strictSame(
    json.map(({ id, result }: { id: number; result: { structuredContent: unknown } }) => [
      id,
      result.structuredContent
    ]),
    [
      [1, { text: '1' }],
      [2, { text: '2' }]
    ]
  )
})

t.test('JSON nested too deep is refused without harm (MC-09)', async (t) => {
  const { post, legacy } = await start(t)
  const nested = (depth: number, open: string, close: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${open.repeat(depth)}1${close.repeat(depth)}}}`
  for (const body of [
    nested(200_000, '[', ']'),
    nested(100_000, '{"a":', '}'),
    nested(63, '[', ']'),
    '['.repeat(200_000)
  ]) {
    const { status, json } = await post(body)
    t.equal(status, 400)
    t.equal(json.error.code, -32600)
  }
  t.equal((await post(nested(62, '[', ']'))).status, 200, '64 levels in all are allowed')
  t.equal((await legacy('ping')).status, 200, 'alive')
})

t.test('a batch with a name that is no text, and becomes none, ends alone when rights change (SG-29)', async (t) => {
  const path = join(await folder(t), 'access.json')
  const rule = { who: ['everyone'], tools: ['*'] }
  const give = (more: object) =>
    writeFile(path, JSON.stringify({ rules: [{ ...rule, ...more }] }))
  await give({})
  const begun = Promise.withResolvers<void>()
  const waits = defineTool({
    name: 'waits',
    title: 'Waits',
    description: 'Waits for its end.',
    scopes: ['mcp:read'],
    input: z.object({}),
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: false
    },
    run: async (_, { signal }) => {
      begun.resolve()
      await new Promise((resolve) =>
        signal.addEventListener('abort', resolve))
    }
  })
  const env = { ACCESS: path }
  const server = await startServer(t, { env, tools: [waits] })
  const ann = await person(server, 'ann@example.com')
  const call = (id: number, name: unknown) =>
    ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })
  const answered = ann
    .post([call(1, 'waits'), call(2, { toString: 1 })], {
      'mcp-protocol-version': '2025-03-26'
    })
    .then(() => 'answered', () => 'ended')
  await begun.promise
  await give({ prompts: ['*'] })
  t.equal(await answered, 'ended')
  const health = await fetch(`${server.url}/health`)
  t.equal(health.status, 200, 'everybody else is served')
  const { status } = await ann.legacy('tools/list')
  t.equal(status, 200)
})
