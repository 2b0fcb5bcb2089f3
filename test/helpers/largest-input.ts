// The largest values that a JSON Schema admits, in shapes that programs
// are slow at; and where a schema sets no end.

type Schema = Record<string, any>

/** Each is repeated to the length that is asked for. */
const PIECES: Readonly<Record<string, string>> = {
  'one long word': 'a',
  digits: '9',
  'short words': 'a b ',
  'common words': 'what is the name of it and ',
  beginnings: 'ab* ',
  phrases: '"a b" ',
  'regex metacharacters': '(a+)+[^\\',
  'open brackets': '[',
  'nested objects': '{"a":',
  'nested arrays of numbers': '[1,',
  placeholders: '{{a}}',
  fences: '`` ```',
  'lines of numbers': '1,2\n',
  sentences: 'I love it. ',
  'words without spaces': '日本語の会議',
  Thai: 'สวัสดีครับ',
  'single letters of Thai': 'ไa',
  'letters that stand for eighteen': '\ufdfa',
  'combining marks': 'e\u0301\u0302',
  'marks on one letter': '\u0301\u0316',
  semicolons: ';',
  emoji: '🙂',
  slashes: '../',
  blanks: ' \n',
  'angle brackets': '<a href="&quot;">',
  calculations: '1/7+',
  SQL: 'SELECT 1+(',
  Markdown: '# a\n\n* b `c` [d](e)\n'
}

export interface Shape {
  name: string
  fill(length: number): string
}

/** Between a beginning and an end as many pieces as fit. */
const between = (name: string, begin: string, piece: (index: number) => string, end: string): Shape => ({
  name,
  fill (length) {
    let text = begin
    for (let index = 0; text.length + piece(index).length + end.length <= length; index++) text += piece(index)
    return (text + end).slice(0, length)
  }
})

export const SHAPES: readonly Shape[] = [
  ...Object.entries(PIECES).map(([name, piece]): Shape => ({
    name,
    fill: (length) =>
      piece
        .repeat(Math.ceil(length / piece.length))
        .slice(0, length)
        .toWellFormed()
  })),
  { name: 'JSON, nested arrays', fill: (length) => '['.repeat(length / 2) + ']'.repeat(length / 2) },
  {
    name: 'JSON, nested objects',
    fill: (length) => `${'{"a":'.repeat((length - 1) / 6)}1${'}'.repeat((length - 1) / 6)}`
  },
  between('JSON, numbers', '[1', () => ',1', ']'),
  between('JSON, members', '{"k":1', (index) => `,"k${index}":1`, '}'),
  between(
    'JSON Schema, properties',
    '{"type":"object","properties":{"k":{"type":"string"}',
    (index) => `,"k${index}":{"type":"string","pattern":"^(a+)+$"}`,
    '}}'
  ),
  between(
    'JSON Schema, choices',
    '{"anyOf":[{"type":"string"}',
    () => ',{"type":"array","minItems":100,"items":{"$ref":"#"}}',
    ']}'
  ),
  between('spaces inside a line', 'a', () => ' ', 'x'),
  between('CSV', 'a,b\n', (index) => `${index},"${index}"\n`, ''),
  {
    name: 'CSV, columns',
    fill: (length) => ['a', '1'].map((cell) => `${cell}, `.repeat((length - 3) / 6) + cell).join('\n')
  },
  between('SQL, a list', 'SELECT 1', (index) => `,${index}||'a'`, ''),
  between('SQL, joins', 'SELECT * FROM orders', (index) => `,orders o${index}`, '')
]

/** Where a schema lets something grow without end: each as a path with what is missing. */
export function findUnbounded (schema: Schema, path = ''): string[] {
  const here = path === '' ? 'the input' : path
  const inner = [
    ...Object.entries(schema['properties'] ?? {}).flatMap(([name, property]) =>
      findUnbounded(property as Schema, path === '' ? name : `${path}.${name}`)
    ),
    ...['anyOf', 'oneOf', 'allOf'].flatMap((list) =>
      (schema[list] ?? []).flatMap((one: Schema) => findUnbounded(one, path))
    ),
    ...(schema['items'] ? findUnbounded(schema['items'], `${path}[]`) : []),
    ...(typeof schema['additionalProperties'] === 'object'
      ? findUnbounded(schema['additionalProperties'], `${path}{}`)
      : [])
  ]
  const isChosen = schema['enum'] !== undefined || schema['const'] !== undefined
  if (schema['type'] === 'string' && !isChosen && schema['maxLength'] === undefined) {
    inner.push(`${here}: a string without a longest length; add .max(…)`)
  }
  if (schema['type'] === 'array' && schema['maxItems'] === undefined) {
    inner.push(`${here}: an array without a largest number of items; add .max(…)`)
  }
  if (typeof schema['additionalProperties'] === 'object' && schema['type'] === 'object') {
    if (schema['maxProperties'] === undefined) {
      inner.push(`${here}: a record without a largest number of members; add .refine(…) and .meta({ maxProperties })`)
    }
    if (schema['propertyNames']?.maxLength === undefined) {
      inner.push(`${here}: a record whose names have no longest length; give z.record() z.string().max(…)`)
    }
  }
  if (schema['$ref'] !== undefined) {
    inner.push(`${here}: a schema that contains itself has no end; write it out to the depth you need`)
  }
  return inner
}

/** All strings together; more would not fit into a request. */
const MAX_TOTAL = 900_000

/** The largest value in this shape. */
export function largest (schema: Schema, { fill }: Shape): unknown {
  if (schema['const'] !== undefined) return schema['const']
  if (schema['enum']) return schema['enum'].at(-1)
  const choices = schema['anyOf'] ?? schema['oneOf']
  if (choices) return largest(choices[0], { name: '', fill })
  switch (schema['type']) {
    case 'string':
      return schema['pattern'] !== undefined
        ? 'a'.repeat(schema['maxLength'] ?? 64)
        : fill(schema['maxLength'] ?? MAX_TOTAL)
    case 'integer':
    case 'number':
      return schema['maximum'] ?? 1e308
    case 'boolean':
      return true
    case 'array':
      return Array.from({ length: fitting(schema['maxItems'] ?? 1_000, schema['items'] ?? {}) }, () =>
        largest(schema['items'] ?? { type: 'null' }, { name: '', fill })
      )
    case 'object':
      return largestObject(schema, fill)
    default:
      return null
  }
}

function largestObject (schema: Schema, fill: Shape['fill']): Record<string, unknown> {
  const value = schema['additionalProperties']
  if (typeof value !== 'object') {
    return Object.fromEntries(
      Object.entries(schema['properties'] ?? {}).map(([name, property]) => [
        name,
        largest(property as Schema, { name: '', fill })
      ])
    )
  }
  // The first name is the one of the placeholders above. It alone has a
  // large value: all of them together may have a
  // limit that no schema tells.
  const few: Shape = { name: '', fill: () => 'a' }
  return Object.fromEntries(
    Array.from({ length: schema['maxProperties'] ?? 100 }, (_, index) =>
      index === 0 ? ['a', largest(value, { name: '', fill })] : [`k${index}`, largest(value, few)]
    )
  )
}

/** How many of them fit into a request. */
const fitting = (count: number, schema: Schema): number =>
  Math.min(count, Math.max(1, Math.floor(MAX_TOTAL / (sizeOf(schema) + 8))))
const sizeOf = (schema: Schema): number =>
  String(JSON.stringify(largest(schema, { name: '', fill: (length) => 'a'.repeat(length) })) ?? '').length

/**
 * Arguments for a tool: everything at once, everything but one, and
 * each optional one alone and with another; for each
 * choice of an enum.
 * @returns the members to take, with what is chosen in them; first those that have nearly everything.
 */
export function combinations ({ properties = {}, required = [] }: Schema): {
  full: Array<Record<string, Schema>>
  few: Array<Record<string, Schema>>
} {
  const optional = Object.keys(properties).filter((name) => !required.includes(name))
  const full = [optional, ...optional.map((name) => optional.filter((other) => other !== name))]
  const few = [
    [],
    ...optional.map((name) => [name]),
    ...optional.flatMap((one, index) => optional.slice(index + 1).map((other) => [one, other]))
  ].filter((names) => !full.some((other) => other.join() === names.join()))
  const choosing = required.find((name: string) => properties[name].enum !== undefined)
  const fixed: Array<Record<string, Schema>> =
    choosing === undefined
      ? [{}]
      : properties[choosing].enum.map((value: unknown) => ({ [choosing]: { const: value } }))
  const withChoices = (picks: string[][]) =>
    fixed.flatMap((choice) =>
      picks.map((names) => ({
        ...Object.fromEntries([...required, ...names].map((name: string) => [name, properties[name]])),
        ...choice
      }))
    )
  return { full: withChoices(full), few: withChoices(few) }
}
