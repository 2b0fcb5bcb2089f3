// Sample data that a second validator accepts.
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import generateJson from '../../../tools/generate/json-task.ts'
import { schemaOf, typesOf } from '../../../tools/generate/schema.ts'
import fc from '../../helpers/fast-check.ts'

t.test('property: what is generated from an example fits the schema that the example itself fits', (t) => {
  const example = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.integer({ min: -1000, max: 1000 }),
      fc.string({ maxLength: 10 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
        tie('value'),
        { maxKeys: 3 }
      )
    )
  })).value
  fc.assert(
    fc.property(example, fc.nat(1000), (value, seed) => {
      const schema = schemaOf(value)
      const fits = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
      if (!fits(value)) throw new Error(`the example does not fit ${JSON.stringify(schema)}`)
      for (const data of generateJson({ example: value, count: 2, seed })) { if (!fits(data)) throw new Error(JSON.stringify(data)) }
    }),
    { numRuns: 60 }
  )
  t.end()
})

t.test('data is the same for the same seed, as many as asked for, and all of it fits', async (t) => {
  const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0, maximum: 9 } }, required: ['age'] }
  const data = generateJson({ schema, count: 5, seed: 42 })
  t.equal(data.length, 5)
  t.same(generateJson({ schema, count: 5, seed: 42 }), data)
  const fits = new Ajv2020({ strict: false }).compile(schema)
  t.ok(data.every((one) => fits(one)))
})

t.test('what a short example names is whole: a city is no beginning of one', async (t) => {
  const names = { city: 'Bern', name: 'Ann', jobTitle: 'CEO' }
  for (const seed of [1, 2, 3]) {
    const asked = { count: 3, seed }
    t.same(generateJson({ example: names, ...asked }), generateJson({ schema: typesOf(names), ...asked }))
  }
})

t.test('what cannot be satisfied, or would be too large, is refused in words', async (t) => {
  for (const [schema, message] of [
    [{ type: 'integer', minimum: 5, maximum: 1 }, /No data that fits this schema/],
    [{ not: {} }, /No data that fits this schema/],
    [{ type: 'object', required: ['a'], additionalProperties: false }, /\(nothing fits it\)/],
    [{ type: 'array', minItems: 50, items: { type: 'string', minLength: 5_000 } }, /too large to return/]
  ] as const) {
    t.throws(
      () => generateJson({ schema, count: 1, seed: 1 }),
      { name: 'ToolError', message },
      JSON.stringify(schema)
    )
  }
})
