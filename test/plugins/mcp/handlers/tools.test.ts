// The tools as clients see them: schemas, hints, former names, and schemas that JSON Schema cannot express.
import type { CallToolResult } from '@modelcontextprotocol/server'
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { z, type ZodObject } from 'zod'
import { defineTool } from '../../../../authoring/tool.ts'
import type { ToolCall } from '../../../../plugins/mcp/handlers/callable-tool.ts'
import { createToolRegistry } from '../../../../plugins/mcp/handlers/tools.ts'
import { about, annotations, open, tool } from '../../../helpers/mcp-authored.ts'

const toolWith = (input: ZodObject, output: ZodObject = z.object({})) =>
  defineTool({
    name: 'probe',
    title: 'Probe',
    description: 'For this test.',
    input,
    output,
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
    scopes: ['mcp:read'],
    run: async () => ({})
  })

/** @returns what a model reads of a call, if its arguments are refused. */
async function refusalOf (input: ZodObject, args: unknown): Promise<string | undefined> {
  const { call } = createToolRegistry([toolWith(input)], true).find('probe', ALL_RIGHTS)!
  const request = { access: null, rights: ALL_RIGHTS, address: '::1', signal: new AbortController().signal }
  const result = await call({ args, request, services: {}, channel: { meta: {} }, log: {}, timeout: 1_000 } as unknown as ToolCall)
  const { isError, content } = result as CallToolResult
  return isError ? (content[0] as { text: string }).text : undefined
}

t.test('unknown arguments are refused, unless the tool asks for them', async (t) => {
  t.match(await refusalOf(z.object({ a: z.string() }), { a: 'x', b: 1 }), 'The arguments of probe are not right.')
  t.ok(await refusalOf(z.strictObject({ a: z.string() }), { a: 'x', b: 1 }))
  t.equal(await refusalOf(z.looseObject({ a: z.string() }), { a: 'x', b: 1 }), undefined)
  const refined = z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b, 'a must be less than b')
  t.equal(await refusalOf(refined, { a: 1, b: 2 }), undefined)
  t.match(await refusalOf(refined, { a: 2, b: 1 }), 'a must be less than b', 'its own rules stay')
})

t.test('a tool without arguments says so', async (t) => {
  const listed = createToolRegistry([toolWith(z.object({}))], true).listedFor(ALL_RIGHTS)
  t.match(listed[0]!.inputSchema, { type: 'object', additionalProperties: false })
  t.match(await refusalOf(z.object({}), { a: 1 }), 'It takes no arguments.')
})

t.test('schemas carry no $schema: older clients refuse a dialect they do not know', async (t) => {
  const tools = [toolWith(z.object({ a: z.string() }), z.object({ b: z.string() }))]
  const listed = createToolRegistry(tools, true).listedFor(ALL_RIGHTS)
  t.notOk('$schema' in listed[0]!.inputSchema)
  t.notOk('$schema' in listed[0]!.outputSchema!)
})

t.test('schemas leave out the limits of a double, and of results whether they have other members', async (t) => {
  const numbers = z.object({ any: z.int(), some: z.int().min(1).max(9) })
  const [listed] = createToolRegistry([toolWith(numbers, numbers)], true).listedFor(ALL_RIGHTS)
  const properties = { any: { type: 'integer' }, some: { type: 'integer', minimum: 1, maximum: 9 } }
  const required = ['any', 'some']
  t.same(listed!.inputSchema, { type: 'object', properties, required, additionalProperties: false })
  t.same(listed!.outputSchema, { type: 'object', properties, required })
  const outputOf = (output: z.ZodObject) =>
    createToolRegistry([toolWith(numbers, output)], true).listedFor(ALL_RIGHTS)[0]!.outputSchema
  t.same(outputOf(z.looseObject({})), { type: 'object', properties: {} })
  t.match(outputOf(z.object({}).catchall(z.string())), { additionalProperties: { type: 'string' } })
})

t.test('tools are listed in the order given', async (t) => {
  const names = ['b', 'a', 'c']
  t.strictSame(
    createToolRegistry(
      names.map((name) => ({ ...toolWith(z.object({})), name })),
      false
    ).listedFor(ALL_RIGHTS).map(({ name }) => name),
    names
  )
})

t.test('a schema that JSON Schema cannot express stops the start and names the tool', async (t) => {
  t.throws(() => createToolRegistry([toolWith(z.object({ when: z.date() }))], true), {
    message: /input schema of the tool probe/
  })
  t.throws(() => createToolRegistry([toolWith(z.object({}), z.object({ big: z.bigint() }))], true), {
    message: /output schema of the tool probe/
  })
})

t.test('title, icons and hints are listed', async (t) => {
  const icons = [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'] }]
  const { eras } = await open(t, [tool('pretty', () => {}, { icons })])
  for (const [era, request] of eras) { t.match((await request('tools/list')).json.result.tools, [{ title: 'pretty', icons, annotations }], era) }
})

t.test(
  'a renamed tool answers to its old name, and says how to get the new list when the arguments do not fit',
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
