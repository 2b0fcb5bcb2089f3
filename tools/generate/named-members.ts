// Objects whose members are described by patterns of their names: the data generator knows names only, so some that fit
// are drawn first. The result is checked against the original schema.
// Tested in test/tools/generate/named-members.test.ts.
import { DATA, isObject, SCHEMAS_BY_NAME, type Schema } from './schema.ts'
import { compile } from './validator.ts'

/** Members beyond those that the schema names, unless it asks for more. */
const USUAL = 2
const TRIES_PER_NAME = 10
/** Of all objects of a schema together. */
const MAX_DRAWN = 2_000

const MORE = '[a-z]{3,6}'

/** @returns a text that fits the schema; undefined where none was found. */
export type DrawName = (schema: Schema) => string | undefined

/** Where names come from, and what a member of such a name holds. */
interface Source {
  names: Schema
  fits(name: string): boolean
  value: unknown
}

/** @returns the schema, with members of its own in place of `patternProperties` and `propertyNames`. */
export function withNamedMembers (root: Schema, draw: DrawName): Schema {
  let left = MAX_DRAWN
  const drawSome: DrawName = (names) => (left-- > 0 ? draw(names) : undefined)
  const visit = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(visit)
    if (!isObject(schema)) return schema
    const inner = Object.entries(schema).map(([key, value]) => {
      if (DATA.has(key)) return [key, value]
      if (!SCHEMAS_BY_NAME.has(key) || !isObject(value)) return [key, visit(value)]
      const members = Object.entries(value).map(([name, member]) => [name, visit(member)])
      return [key, Object.fromEntries(members)]
    })
    return named(Object.fromEntries(inner) as Schema, root, drawSome)
  }
  return visit(root) as Schema
}

function named (schema: Schema, root: Schema, draw: DrawName): Schema {
  const { patternProperties, propertyNames, additionalProperties, minProperties = 0, ...rest } = schema
  const patterns = patternsOf(patternProperties)
  if (patterns.length === 0 && propertyNames === undefined) return schema
  const { required = [], maxProperties = Infinity } = rest as { required?: string[]; maxProperties?: number }
  const isName = nameCheck(propertyNames, root)
  const given = Object.entries(isObject(rest['properties']) ? rest['properties'] : {})
    .filter(([name]) => required.includes(name) || isName(name))
  const more = Math.min(maxProperties, Math.max(Number(minProperties), given.length + USUAL)) - given.length
  const sources = additionalProperties === false ? patterns : [...patterns, ...openSource(propertyNames, additionalProperties, root)]
  const taken = new Set([...given.map(([name]) => name), ...required])
  const drawn = drawNames(sources, more, draw, (name) => isName(name) && !taken.has(name))
  const valueOf = (name: string, { value }: Source) => {
    const matching = patterns.filter(({ fits }) => fits(name)).map((pattern) => pattern.value)
    return matching.length > 1 ? { allOf: matching } : (matching[0] ?? value)
  }
  const members = [...drawn].map(([name, source]) => [name, valueOf(name, source)])
  return {
    ...rest,
    properties: Object.fromEntries([...given, ...members]) as Schema,
    required: [...required, ...[...drawn.keys()].slice(0, Math.max(0, Number(minProperties) - required.length))],
    additionalProperties: false
  }
}

const patternsOf = (patternProperties: unknown): Source[] =>
  Object.entries(isObject(patternProperties) ? patternProperties : {}).map(([pattern, value]) => ({
    // What may stand before and after makes many names of one.
    names: {
      type: 'string',
      pattern: `${pattern.startsWith('^') ? '' : MORE}${pattern}${pattern.endsWith('$') ? '' : MORE}`
    },
    fits: (name) => new RegExp(pattern, 'u').test(name),
    value
  }))

/** Names that no pattern describes. */
const openSource = (propertyNames: unknown, additionalProperties: unknown, root: Schema): Source[] =>
  isObject(propertyNames)
    ? [{
        names: { type: 'string', ...definitionsOf(root), ...propertyNames },
        fits: () => true,
        value: isObject(additionalProperties) ? additionalProperties : { type: 'string' }
      }]
    : []

function nameCheck (propertyNames: unknown, root: Schema): (name: string) => boolean {
  if (propertyNames === false) return () => false
  return isObject(propertyNames) ? compile({ ...definitionsOf(root), ...propertyNames }) : () => true
}

/** `propertyNames` may refer to definitions of the whole schema. */
const definitionsOf = ({ $defs, definitions }: Schema): Schema => ({
  ...($defs !== undefined && { $defs }),
  ...(definitions !== undefined && { definitions })
})

/** Takes turns, so that each source has members; one that has no further names is passed over. */
function drawNames (sources: readonly Source[], count: number, draw: DrawName, isFree: (name: string) => boolean): Map<string, Source> {
  const found = new Map<string, Source>()
  for (let tries = 0; found.size < count && sources.length > 0 && tries < count * TRIES_PER_NAME; tries++) {
    const source = sources[tries % sources.length]!
    const name = draw(source.names)
    if (name !== undefined && !found.has(name) && source.fits(name) && isFree(name)) found.set(name, source)
  }
  return found
}
