// Objects whose members are described by patterns of their names.
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import generateJson from '../../../tools/generate/json-task.ts'

type Data = Record<string, unknown>
const names = { pattern: '^[a-z]{3}$' }

const SCHEMAS: Array<[name: string, schema: object, atLeast: number]> = [
  ['names by a pattern, and how many', { type: 'object', patternProperties: { '^x-': { type: 'integer' } }, additionalProperties: false, minProperties: 3 }, 3],
  ['names by a closed pattern', { patternProperties: { '^S_[0-9]{2}$': { type: 'string' } }, type: 'object', minProperties: 4, additionalProperties: false }, 4],
  ['two patterns', { type: 'object', patternProperties: { '^a': { type: 'integer' }, '^b': { type: 'boolean' } }, minProperties: 4 }, 4],
  ['a pattern beside members', { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'], patternProperties: { _at$: { type: 'string' } }, minProperties: 3, additionalProperties: false }, 3],
  ['patterns that overlap', { type: 'object', patternProperties: { '^x': { type: 'integer' }, '^xy': { minimum: 5, maximum: 9 } }, minProperties: 2, additionalProperties: false }, 2],
  ['names that fit a pattern', { type: 'object', propertyNames: names, additionalProperties: { type: 'integer' }, minProperties: 2 }, 2],
  ['names that fit a pattern, any values', { type: 'object', propertyNames: names, minProperties: 2, maxProperties: 2 }, 2],
  ['names out of a list', { type: 'object', propertyNames: { enum: ['de', 'en', 'fr'] }, additionalProperties: { type: 'string' }, minProperties: 3 }, 3],
  ['names by a definition', { type: 'object', $defs: { code: { type: 'string', pattern: '^[A-Z]{2}$' } }, propertyNames: { $ref: '#/$defs/code' }, additionalProperties: { type: 'number' }, minProperties: 1 }, 1],
  ['both', { type: 'object', propertyNames: { maxLength: 6 }, patternProperties: { '^k': { type: 'integer' } }, additionalProperties: false, minProperties: 2 }, 2],
  ['optional members whose names do not fit are left out', { type: 'object', properties: { Upper: { type: 'string' }, low: { type: 'string' } }, propertyNames: names, minProperties: 1 }, 1],
  ['no name at all', { type: 'object', propertyNames: false }, 0],
  ['inside lists and members called like keywords', { type: 'array', minItems: 1, items: { type: 'object', properties: { patternProperties: { type: 'object', patternProperties: { '^p': { type: 'integer' } }, minProperties: 2, additionalProperties: false } }, required: ['patternProperties'] } }, 1]
]

for (const [name, schema, atLeast] of SCHEMAS) {
  t.test(`sample data of objects with patterns of names: ${name}`, (t) => {
    const fits = new Ajv2020({ strict: false }).compile(schema)
    for (const seed of [1, 2, 3]) {
      for (const data of generateJson({ schema, count: 5, seed })) {
        t.ok(fits(data), JSON.stringify(data))
        t.ok(Object.keys(data as Data).length >= atLeast, JSON.stringify(data))
      }
    }
    t.same(
      generateJson({ schema, count: 2, seed: 7 }),
      generateJson({ schema, count: 2, seed: 7 }),
      'same seed, same data'
    )
    t.end()
  })
}

t.test('a long pattern of names is refused, and names that cannot be as many say so', (t) => {
  const long = { type: 'object', patternProperties: { ['a'.repeat(300)]: {} } }
  t.throws(
    () => generateJson({ schema: long, count: 1, seed: 1 }),
    { name: 'ToolError', message: /at most 200 characters/ }
  )
  const few = { type: 'object', propertyNames: { enum: ['a'] }, minProperties: 2 }
  t.throws(
    () => generateJson({ schema: few, count: 1, seed: 1 }),
    { name: 'ToolError', message: /fewer than 2 properties/ }
  )
  t.end()
})
