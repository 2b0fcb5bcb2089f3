// Schemas: what is refused before data is made, and the schema of an example.
import t from 'tap'
import {
  checkSchema,
  schemaOf,
  typesOf
} from '../../../tools/generate/schema.ts'

t.test('a schema of an example has its types, and a lax one only the types', (t) => {
  t.match(schemaOf({ id: 1, mail: 'a@b.example' }), {
    type: 'object',
    properties: { id: { type: 'integer' }, mail: { format: 'email' } },
    required: ['id', 'mail']
  })
  t.match(typesOf([{ a: 'x' }]), { type: 'array', items: { anyOf: [{ properties: { a: { type: 'string' } } }] } })
  t.same(schemaOf(null), { type: 'null' })
  t.same(typesOf([1.5, null]), { type: 'array', items: { anyOf: [{ type: 'number' }, {}] } })
  t.match(schemaOf([0.5, 1]), { items: { anyOf: [{ type: 'number' }, { type: 'integer' }] } })
  t.end()
})

t.test('what is no schema, or leads elsewhere, is refused', (t) => {
  for (const schema of [1, [], 'x', { $ref: 'http://127.0.0.1/x' }, { type: 'string', pattern: 'a'.repeat(10_000) }]) {
    t.throws(() => checkSchema(schema), { name: 'ToolError' }, JSON.stringify(schema).slice(0, 40))
  }
  t.end()
})

t.test('a schema that would be much work is refused, and says what is too much', (t) => {
  const nested = (levels: number): object => (levels === 0 ? {} : { items: nested(levels - 1) })
  const list = (items: object) => ({ type: 'array', minItems: 100, items })
  const member = { ...list(list({})), required: ['a'], properties: { a: list(list({})) } }
  const names = (count: number) => ({ enum: Array.from({ length: count }, (_, n) => n) })
  for (const [schema, message] of [
    [names(2_100), /too large: it may have 2000 parts/],
    [nested(31), /30 levels deep/],
    [list(list({})), /asks for at least 10101 values/],
    [{ ...member, minItems: 50 }, /asks for at least/],
    [{ minItems: 101 }, /minItems may be at most 100 here, and is 101/],
    [{ items: { minLength: 5_001 } }, /minLength may be at most 5000/],
    [{ patternProperties: { ['a'.repeat(201)]: {} } }, /pattern may have at most 200/]
  ] as const) t.throws(() => checkSchema(schema), { name: 'ToolError', message }, String(message))
  for (const schema of [names(1_900), nested(30), list(list({ minItems: 0 }).items), { minLength: 5_000 }]) {
    t.same(checkSchema(schema), schema, JSON.stringify(schema).slice(0, 40))
  }
  t.end()
})

t.test('an anchor is a name for a place in the same schema', (t) => {
  t.match(checkSchema({ $ref: '#id', $defs: { a: { $anchor: 'id', type: 'integer' } } }), { $ref: '#/$defs/a' })
  t.throws(() => checkSchema({ $ref: '#other', $defs: { a: { $anchor: 'id' } } }), { name: 'ToolError', message: /inside/ })
  t.end()
})
