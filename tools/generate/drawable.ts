// Rewrites a schema to what the data generator supports. The result is checked against the original schema.
// Tested in test/tools/generate/realistic.test.ts.
import { isObject } from './schema.ts'

/** Formats that a pattern describes completely. */
const PATTERNS: Record<string, string> = { byte: '^([A-Za-z0-9+/]{4}){2,5}$', password: '^[A-Za-z0-9]{12}$', binary: '^[01]{8}$' }
const KNOWN = new Set(['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uuid', 'regex', 'json-pointer'])
/** Unicode classes, each with some of its characters. */
const CLASSES: Array<[RegExp, string]> = [
  [/\\p\{(?:Lu|Uppercase)\}/g, 'A-Z'],
  [/\\p\{(?:Ll|Lowercase)\}/g, 'a-z'],
  [/\\p\{(?:L|Letter|Alphabetic)\}/g, 'A-Za-z'],
  [/\\p\{(?:N|Nd|Number)\}/g, '0-9']
]

/** @returns the schema with formats and patterns that the generator supports. */
export function drawable (schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(drawable)
  if (!isObject(schema)) return schema
  const { format, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'const' || key === 'enum' ? value : drawable(value)]))
  const pattern = typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined
  const known = typeof format !== 'string' || KNOWN.has(format)
  return {
    ...rest,
    ...(known && format !== undefined && { format }),
    ...(!known && pattern === undefined && Object.hasOwn(PATTERNS, format) && { pattern: PATTERNS[format] }),
    ...(pattern !== undefined && { pattern: withoutClasses(pattern) })
  }
}

/** `[\p{L}-]` becomes `[A-Za-z-]`, and `\p{L}` alone `[A-Za-z]`. */
const withoutClasses = (pattern: string): string =>
  CLASSES.reduce(
    (text, [from, to]) =>
      text.replace(from, (_, at: number, whole: string) => (/\[[^\]]*$/.test(whole.slice(0, at)) ? to : `[${to}]`)),
    pattern
  )
