// generate: data that a second validator accepts, types that compile, templates without surprises, all bounded (threats
// TL-02, TL-03, TL-07).
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import ts from 'typescript'
import generate from '../../tools/generate.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const context = (await toolContexts(t, {}))(null)
const opened = await generate.open(generate.env.parse({}), { dataDir: '/nowhere', log: { info () {}, warn () {} } })
const run = async (args: Record<string, unknown>) => opened!.run(generate.input.parse(args), context)
const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 3 },
    age: { type: 'integer', minimum: 0, maximum: 9 },
    mail: { type: 'string', format: 'email' }
  },
  required: ['name', 'age', 'mail'],
  additionalProperties: false
}

t.test('json from a schema and from an example, the same for the same seed', async (t) => {
  const ask = { kind: 'json', schema: JSON.stringify(person), count: 5, seed: 42 }
  const first = await run(ask)
  t.equal(first.data!.length, 5)
  t.strictSame(await run(ask), first)
  t.notSame((await run({ ...ask, seed: 43 })).data, first.data)
  t.ok(first.data!.every((data) => new Ajv2020({ strict: false, validateFormats: false }).compile(person)(data)))
  t.match(
    (
      await run({
        kind: 'json',
        example: '{"id":7,"at":"2026-01-01T00:00:00Z","tags":["a"],"deep":{"x":1.5,"ok":true,"none":null}}'
      })
    ).data,
    [{ id: Number, at: /^\d{4}-\d\d-\d\dT/, tags: [String], deep: { x: Number, ok: Boolean, none: null } }]
  )
  t.match(
    (
      await run({
        kind: 'json',
        schema:
          '{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"}}}}}'
      })
    ).data,
    [{}]
  )
})

t.test('code: types in every language, and those of TypeScript compile', async (t) => {
  const { text } = await run({ kind: 'code', example: '{"id":7,"tags":["a"],"deep":{"x":1.5}}', name: 'Thing' })
  t.match(text, /export interface Thing/)
  const { diagnostics } = ts.transpileModule(text!, { reportDiagnostics: true })
  t.same(diagnostics, [])
  for (const language of ['python', 'go', 'rust', 'java', 'csharp']) { t.match((await run({ kind: 'code', schema: JSON.stringify(person), language })).text, /age/i, language) }
})

t.test('text: templates and placeholder text', async (t) => {
  t.equal(
    (await run({ kind: 'text', template: 'Dear {{ name }}, {{n}} of {{n}}. {not}', values: { name: '{{n}}', n: 3 } }))
      .text,
    'Dear {{n}}, 3 of 3. {not}',
    'a value is no template'
  )
  await t.rejects(run({ kind: 'text', template: '{{a}} {{b}} {{constructor}}', values: { a: 1 } }), {
    name: 'ToolError',
    message: /b, constructor/
  })
  t.equal((await run({ kind: 'text', paragraphs: 3, seed: 5 })).text!.split('\n\n').length, 3)
})

t.test('the length of a filled template is known before any of it is built (BW-01)', async (t) => {
  const { user, system } = process.cpuUsage()
  const heap = process.memoryUsage().heapUsed
  // With what the schema admits: 100 MB of text.
  const template = '{{a}}'.repeat(10_000)
  await t.rejects(run({ kind: 'text', template, values: { a: 'Ā'.repeat(10_000) } }), {
    name: 'ToolError',
    message: /more than 100000 characters/
  })
  await t.rejects(
    run({
      kind: 'text',
      template: Array.from({ length: 9_000 }, (_, i) => `{{${i}}}`)
        .join('')
        .slice(0, 49_990),
      values: {}
    }),
    { message: /^.{1,400}$/ }
  )
  t.ok(process.memoryUsage().heapUsed - heap < 20_000_000, 'nothing of it was built')
  t.ok(process.cpuUsage({ user, system }).user < 100_000)
  t.equal(
    (await run({ kind: 'text', template: '{{a}}'.repeat(10), values: { a: 'x'.repeat(10_000) } })).text!.length,
    100_000,
    'the longest there is'
  )
  await t.rejects(run({ kind: 'text', template: '{{a}}'.repeat(10) + '.', values: { a: 'x'.repeat(10_000) } }), {
    message: /more than 100000/
  })
  for (const values of [
    { a: 'x'.repeat(10_001) },
    { ['k'.repeat(65)]: 1 },
    Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`k${i}`, i])),
    Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`k${i}`, 'x'.repeat(9_000)]))
  ]) {
    t.notOk(generate.input.safeParse({ kind: 'text', template: '', values }).success)
  }
})

t.test('what asks too much, or for another place, is refused in words (TL-02, TL-03, TL-07)', async (t) => {
  const refused: Array<[Record<string, unknown>, RegExp]> = [
    [{ kind: 'json' }, /either a schema or an example/],
    [{ kind: 'json', schema: '{}', example: '{}' }, /either a schema or an example/],
    [{ kind: 'json', schema: '{"type":' }, /schema is no JSON/],
    [{ kind: 'json', schema: '[]' }, /is an object/],
    [{ kind: 'json', schema: '{"type":"stringg"}' }, /no valid JSON Schema/],
    [{ kind: 'json', schema: '{"type":"array","minItems":10000000}' }, /minItems may be at most 100/],
    [{ kind: 'json', schema: '{"type":"string","minLength":100000000}' }, /minLength may be at most/],
    [{ kind: 'json', schema: '{"$ref":"http://127.0.0.1:1/schema"}' }, /inside the schema only/],
    [{ kind: 'json', schema: '{"$ref":"#elsewhere","$defs":{"a":{"$anchor":"elsewhere"}}}' }, /inside the schema only/],
    [{ kind: 'code', schema: '{"$ref":"file:///etc/passwd"}' }, /inside the schema only/],
    [{ kind: 'json', schema: `${'{"items":'.repeat(200)}{}${'}'.repeat(200)}` }, /too large/],
    [{ kind: 'json', schema: '{"type":"string","minLength":5,"maxLength":2}' }, /No data that fits/],
    [{ kind: 'text' }, /Pass a template/],
    [{ kind: 'text', template: '{{a}}'.repeat(9_000), values: { a: 'x'.repeat(5_000) } }, /more than 100000/]
  ]
  for (const [args, message] of refused) { await t.rejects(run(args), { name: 'ToolError', message }, JSON.stringify(args).slice(0, 80)) }
  const hostile = await run({
    kind: 'json',
    schema: '{"type":"string","pattern":"^(a+)+$","minLength":100,"maxLength":200}'
  }).catch((error: Error) => error)
  t.ok(!(hostile instanceof Error) || hostile.name === 'ToolError')
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  await run({ kind: 'json', example: '{"__proto__":{"polluted":1}}' }).catch(() => {})
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})
