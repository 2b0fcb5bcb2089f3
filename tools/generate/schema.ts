// What a JSON Schema from outside may be before anything is generated from it: bounded in size and depth, and on its
// own; and the schema of an example.
import { ToolError } from '../../authoring/tool.ts'

export type Schema = Record<string, unknown>

/** Characters of what is returned of it, data or code, with a model or without one. */
export const MAX_RESULT_LENGTH = 200_000
const MAX_NODES = 2_000
const MAX_DEPTH = 30
/** What one keyword may ask for at least. */
const MOST: Readonly<Record<string, number>> = { minItems: 100, minContains: 100, minLength: 5_000, minProperties: 100 }
const MAX_PATTERN_LENGTH = 200
const MAX_ANCHORED_CHARACTERS = 50_000
const MAX_REQUIRED_VALUES = 10_000
/** Characters that a text may have however short its example is: for most names of people and places. */
const MIN_ROOM = 40

/** Names by which others could refer to a schema: they turn a `$ref` inside it into an address elsewhere. */
const NAMES = new Set(['$id', 'id', '$anchor', '$dynamicAnchor', '$recursiveAnchor'])
/** Keywords whose members are schemas under names of the author's choice, `id` and `const` among them. */
export const SCHEMAS_BY_NAME = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies'
])
/** Keywords whose value is data, even if it looks like a schema. */
export const DATA = new Set(['const', 'enum', 'default', 'examples', 'example'])

/** The same schema without `$id`, so that its references are relative to nothing. */
function withoutNames (schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutNames)
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !NAMES.has(key))
      .map(([key, value]) => {
        if (DATA.has(key)) return [key, value]
        return [
          key,
          SCHEMAS_BY_NAME.has(key) && isObject(value)
            ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNames(inner)]))
            : withoutNames(value)
        ]
      })
  )
}

/** @returns the schema without names of its own. @throws ToolError that says what to change. */
export function checkSchema (schema: unknown): Schema {
  if (!isObject(schema)) {
    throw new ToolError(
      'A JSON Schema is an object, such as {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}.'
    )
  }
  const anchored = withAnchors(schema)
  let nodes = 0
  const visit = (value: unknown, depth: number): void => {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw new ToolError(
        `The schema is too large: it may have ${MAX_NODES} parts, ${MAX_DEPTH} levels deep. Pass a smaller part of it.`
      )
    }
    if (Array.isArray(value)) for (const inner of value) visit(inner, depth + 1)
    if (!isObject(value)) return
    for (const [key, inner] of Object.entries(value)) {
      checkKeyword(key, inner)
      visit(inner, depth + 1)
    }
  }
  visit(anchored, 0)
  const required = requiredSize(anchored)
  if (required > MAX_REQUIRED_VALUES) {
    throw new ToolError(`The schema asks for at least ${required} values in one piece of data: ${MAX_REQUIRED_VALUES} are the most. Lower minItems.`)
  }
  return withoutNames(anchored) as Schema
}

/** `$ref: "#name"` becomes the path of the schema that has this `$anchor`. */
function withAnchors (schema: Schema): Schema {
  const text = JSON.stringify(schema)
  if (!text.includes('"$anchor"') || text.length > MAX_ANCHORED_CHARACTERS) return schema
  const paths = new Map<string, string>()
  const find = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
    const anchor = (value as Schema)['$anchor']
    if (typeof anchor === 'string') paths.set(`#${anchor}`, path)
    for (const [key, inner] of Object.entries(value)) find(inner, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)
  }
  find(schema, '#', 0)
  return JSON.parse(text, (key, value: unknown) => (key === '$ref' && typeof value === 'string' ? (paths.get(value) ?? value) : value)) as Schema
}

/** How many values a piece of data has at least: lists within lists multiply. References are not followed. */
function requiredSize (schema: unknown): number {
  if (!isObject(schema)) return 1
  const { minItems, items, properties, required } = schema
  const inItems = typeof minItems === 'number' && minItems > 0 ? minItems * requiredSize(items) : 0
  const members = isObject(properties) && Array.isArray(required) ? required.map((name) => (properties as Schema)[String(name)]) : []
  return 1 + inItems + members.reduce<number>((sum, member) => sum + requiredSize(member), 0)
}

function checkKeyword (key: string, value: unknown): void {
  const most = Object.hasOwn(MOST, key) ? MOST[key] : undefined
  if (most !== undefined && typeof value === 'number' && value > most) {
    throw new ToolError(`${key} may be at most ${most} here, and is ${value}.`)
  }
  if (key === '$ref' && typeof value === 'string' && !/^#(?:\/|$)/.test(value)) {
    throw new ToolError(
      `A $ref may point inside the schema only, by its path (#/$defs/…), and not to ${JSON.stringify(value.slice(0, 100))}. Put what it points to into $defs.`
    )
  }
  const patterns = key === 'pattern' ? [value] : key === 'patternProperties' && isObject(value) ? Object.keys(value) : []
  if (patterns.some((pattern) => typeof pattern === 'string' && pattern.length > MAX_PATTERN_LENGTH)) {
    throw new ToolError(`A pattern may have at most ${MAX_PATTERN_LENGTH} characters.`)
  }
}

const FORMATS: Array<[RegExp, string]> = [
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d/, 'date-time'],
  [/^\d{4}-\d\d-\d\d$/, 'date'],
  [/^[^@\s]+@[^@\s]+\.[a-z]{2,}$/i, 'email'],
  [/^https?:\/\//, 'uri'],
  [/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'uuid'],
  [/^\d{1,3}(?:\.\d{1,3}){3}$/, 'ipv4']
]

/** A schema that this example fits, and things like it. */
export function schemaOf (example: unknown): Schema {
  if (example === null) return { type: 'null' }
  if (Array.isArray(example)) {
    const items = [
      ...new Map(
        example.slice(0, 50).map((item) => {
          const schema = schemaOf(item)
          return [JSON.stringify(schema), schema] as const
        })
      ).values()
    ]
    return {
      type: 'array',
      minItems: Math.min(example.length, 1),
      maxItems: Math.max(1, Math.min(example.length, 10)),
      ...(items.length > 0 && { items: items.length === 1 ? items[0] : { anyOf: items } })
    }
  }
  switch (typeof example) {
    case 'object':
      return objectLike(example as object, schemaOf)
    case 'number':
      return {
        type: Number.isInteger(example) ? 'integer' : 'number',
        minimum: Math.min(0, 2 * example),
        maximum: Math.max(10, 2 * example)
      }
    case 'boolean':
      return { type: 'boolean' }
    default:
      return stringLike(String(example))
  }
}

/** A schema for data with the same members and types, and any values: for data that a model makes up. */
export function typesOf (example: unknown): Schema {
  if (example === null) return {}
  if (Array.isArray(example)) {
    return { type: 'array', ...(example.length > 0 && { items: { anyOf: example.slice(0, 50).map(typesOf) } }) }
  }
  return typeof example === 'object' ? objectLike(example, typesOf) : { type: typeof example }
}

const objectLike = (example: object, inner: (value: unknown) => Schema): Schema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(example).map(([key, value]) => [key, inner(value)])),
  required: Object.keys(example),
  additionalProperties: false
})

function stringLike (example: string): Schema {
  const format = FORMATS.find(([pattern]) => pattern.test(example))?.[1]
  return {
    type: 'string',
    ...(format
      ? { format }
      : { minLength: Math.min(1, example.length), maxLength: Math.max(MIN_ROOM, Math.min(2 * example.length, 200)) })
  }
}

export const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
