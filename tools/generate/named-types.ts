// Rewrites a schema so that quicktype names types well: each definition by its own name, the root by the requested one,
// and dates as text, as in JSON.
// Tested in test/tools/generate/code-task.test.ts.
import type { Schema } from './schema.ts'

/** The same schema with itself among its definitions, so that `$ref: "#"` is no second type. */
export function nameTypes (schema: Schema, name: string): Schema {
  const { $defs = {}, definitions = {}, ...root } = schema as { $defs?: Schema; definitions?: Schema }
  const own = root as Schema
  const titled = (all: Schema) =>
    Object.fromEntries(
      Object.entries(all).map(([key, value]) => [key, isObject(value) ? { title: key, ...(rewrite(value, name) as Schema) } : value])
    )
  return {
    $ref: `#/$defs/${name}`,
    $defs: { ...titled($defs), ...titled({ [name]: { ...own, title: name } }) },
    definitions: titled(definitions)
  }
}

const TIMES = new Set(['date', 'time', 'date-time', 'uuid', 'uri', 'integer', 'boolean'])
const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

function rewrite (value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((inner) => rewrite(inner, name))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): Array<[string, unknown]> => {
      if (key === 'format' && typeof inner === 'string' && TIMES.has(inner)) return []
      if (key === '$ref' && typeof inner === 'string' && !/^#\/(?:\$defs|definitions)\//.test(inner)) return [[key, `#/$defs/${name}${inner.slice(1)}`]]
      return [[key, rewrite(inner, name)]]
    })
  )
}
