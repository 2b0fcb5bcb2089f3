// Sample data looks like the names of its fields, fits its schema, and is the same for the same seed.
import t from 'tap'
import generateJson from '../../../tools/generate/json-task.ts'

const text = { type: 'string' }
const schema = {
  type: 'object',
  properties: {
    firstName: text,
    email: { type: 'string', format: 'email' },
    city: text,
    price: { type: 'number', minimum: 1, maximum: 100, multipleOf: 0.01 },
    age: { type: 'integer', minimum: 20, maximum: 30 },
    status: { enum: ['new', 'paid'] },
    zip: { type: 'string', pattern: '^\\d{5}$' },
    created_at: { type: 'string', format: 'date-time' },
    tags: { type: 'array', items: text, minItems: 2 }
  },
  required: ['firstName', 'email', 'city', 'price', 'age', 'status', 'zip', 'created_at', 'tags']
}

t.test('values look like what their names say, within the schema', (t) => {
  const data = generateJson({ schema, count: 20, seed: 7 }) as Array<Record<string, any>>
  for (const one of data) {
    t.match(one['firstName'], /^[A-Z][\p{L}'’-]+$/u)
    t.match(one['city'], /^[A-Z][\p{L}'’. -]+$/u)
    t.match(one['email'], /^[^@\s]+@[^@\s]+\.[a-z]+$/i)
    t.match(String(one['price']), /^\d+(?:\.\d{1,2})?$/)
    t.ok(one['age'] >= 20 && one['age'] <= 30)
    t.match(one['zip'], /^\d{5}$/)
    t.match(one['status'], /^(?:new|paid)$/)
    t.match(one['tags'].join(' '), /^[a-z -]+$/)
  }
  t.strictSame(generateJson({ schema, count: 20, seed: 7 }), data)
  t.notSame(generateJson({ schema, count: 20, seed: 8 }), data)
  t.ok(new Set(data.map(({ firstName }) => firstName)).size > 10, 'each its own')
  t.end()
})

t.test('formats and patterns that only a validator knows are accepted', (t) => {
  for (const [schema, pattern] of [
    [{ type: 'string', format: 'byte' }, /^[A-Za-z0-9+/]+=*$/],
    [{ type: 'string', pattern: '^[\\p{L}-]{3,8}$' }, /^[\p{L}-]{3,8}$/u],
    [{ type: 'string', pattern: '^\\p{Lu}\\p{N}$' }, /^\p{Lu}\p{N}$/u],
    [{ type: 'string', format: 'isbn-of-mine' }, /./]
  ] as const) { t.match(generateJson({ schema, count: 1, seed: 1 })[0], pattern, JSON.stringify(schema)) }
  t.end()
})
