// Schemas: what is refused before data is made, and the schema of an example.
import t from 'tap'
import { checkSchema, schemaOf, typesOf } from '../../../tools/generate/schema.ts'

t.test('a schema of an example has its types, and a lax one only the types', (t) => {
  t.match(schemaOf({ id: 1, mail: 'a@b.example' }), {
    type: 'object',
    properties: { id: { type: 'integer' }, mail: { format: 'email' } },
    required: ['id', 'mail']
  })
  t.match(typesOf([{ a: 'x' }]), { type: 'array', items: { anyOf: [{ properties: { a: { type: 'string' } } }] } })
  t.same(schemaOf(null), { type: 'null' })
  t.end()
})

t.test('what is no schema, or leads elsewhere, is refused', (t) => {
  for (const schema of [1, [], 'x', { $ref: 'http://127.0.0.1/x' }, { type: 'string', pattern: 'a'.repeat(10_000) }]) {
    t.throws(() => checkSchema(schema), { name: 'ToolError' }, JSON.stringify(schema).slice(0, 40))
  }
  t.end()
})

t.test('an anchor is a name for a place in the same schema', (t) => {
  t.match(checkSchema({ $ref: '#id', $defs: { a: { $anchor: 'id', type: 'integer' } } }), { $ref: '#/$defs/a' })
  t.throws(() => checkSchema({ $ref: '#other', $defs: { a: { $anchor: 'id' } } }), { name: 'ToolError', message: /inside/ })
  t.end()
})
