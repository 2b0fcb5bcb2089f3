// What clients are told about a tool's arguments, and schemas that cannot be told at all.
import t from 'tap'
import { z, type ZodObject } from 'zod'
import { createToolRegistry } from '../../plugins/mcp/handlers/tools.ts'
import { defineTool } from '../../authoring/tool.ts'

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
const entry = (input: ZodObject) => createToolRegistry([toolWith(input)], true).find('probe')!

t.test('unknown arguments are refused, unless the tool asks for them', async (t) => {
  t.notOk(entry(z.object({ a: z.string() })).input.safeParse({ a: 'x', b: 1 }).success)
  t.notOk(entry(z.strictObject({ a: z.string() })).input.safeParse({ a: 'x', b: 1 }).success)
  t.strictSame(entry(z.looseObject({ a: z.string() })).input.parse({ a: 'x', b: 1 }), { a: 'x', b: 1 })
  const refined = entry(
    z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b, 'a must be less than b')
  ).input
  t.ok(refined.safeParse({ a: 1, b: 2 }).success)
  t.notOk(refined.safeParse({ a: 2, b: 1 }).success, 'its own rules stay')
})

t.test('F12: a tool without arguments says so', async (t) => {
  const { listed } = createToolRegistry([toolWith(z.object({}))], true)
  t.match(listed[0]!.inputSchema, { type: 'object', additionalProperties: false })
  t.equal(entry(z.object({})).usage, 'It takes no arguments.')
})

t.test('schemas carry no $schema: older clients refuse a dialect they do not know', async (t) => {
  const { listed } = createToolRegistry([toolWith(z.object({ a: z.string() }), z.object({ b: z.string() }))], true)
  t.notOk('$schema' in listed[0]!.inputSchema)
  t.notOk('$schema' in listed[0]!.outputSchema!)
})

t.test('F10: tools are listed in the order given', async (t) => {
  const names = ['b', 'a', 'c']
  t.strictSame(
    createToolRegistry(
      names.map((name) => ({ ...toolWith(z.object({})), name })),
      false
    ).listed.map(({ name }) => name),
    names
  )
})

t.test('a schema that JSON Schema cannot say stops the start and names the tool', async (t) => {
  t.throws(() => createToolRegistry([toolWith(z.object({ when: z.date() }))], true), {
    message: /input schema of the tool probe/
  })
  t.throws(() => createToolRegistry([toolWith(z.object({}), z.object({ big: z.bigint() }))], true), {
    message: /output schema of the tool probe/
  })
})
