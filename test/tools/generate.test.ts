// generate: data that a second validator accepts, whatever is asked, all bounded (threats
// TL-02, TL-03, TL-07).
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
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

t.test('what asks too much, or for another place, is refused in words (TL-02, TL-03, TL-07, BW-01)', async (t) => {
  const refused: Array<[Record<string, unknown>, RegExp]> = [
    [{ kind: 'json' }, /either a schema or an example/],
    [{ kind: 'json', schema: '{}', example: '{}' }, /either a schema or an example/],
    [{ kind: 'json', schema: '{"type":' }, /schema is no JSON/],
    [{ kind: 'json', schema: '[]' }, /is an object/],
    [{ kind: 'json', schema: '{"type":"stringg"}' }, /no valid JSON Schema/],
    [{ kind: 'json', schema: '{"type":"array","minItems":10000000}' }, /minItems may be at most 100/],
    [{ kind: 'json', schema: '{"type":"string","minLength":100000000}' }, /minLength may be at most/],
    [{ kind: 'json', schema: '{"$ref":"http://127.0.0.1:1/schema"}' }, /inside the schema only/],
    [{ kind: 'json', schema: '{"$ref":"#nowhere"}' }, /inside the schema only/],
    [{ kind: 'code', schema: '{"$ref":"file:///etc/passwd"}' }, /inside the schema only/],
    [{ kind: 'json', schema: `${'{"items":'.repeat(200)}{}${'}'.repeat(200)}` }, /too large/],
    [{ kind: 'json', schema: '{"type":"string","minLength":5,"maxLength":2}' }, /No data that fits/],
    [
      { kind: 'json', schema: '{"minItems":100,"items":{"minItems":100,"items":{"minItems":100,"items":{"type":"string"}}}}' },
      /at least 1\d* values/
    ],
    [{ kind: 'text' }, /pass a prompt/]
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
