// Arguments that hold one text at every place of a JSON Schema where a text may stand.

export interface Schema {
  type?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  minimum?: number
}

/** @returns values that hold the text in each place where the schema takes one. */
export function holding (schema: Schema, text: string): unknown[] {
  if (schema.enum || schema.const !== undefined) return []
  if (schema.type === 'string') return [text]
  if (schema.type === 'array' && schema.items) return holding(schema.items, text).map((item) => [item])
  if (schema.type === 'object' && schema.properties) return argumentsHolding(schema, text)
  if (schema.type === 'object') {
    return [
      ...holding((schema.additionalProperties as Schema) ?? {}, text).map((value) => ({ a: value })),
      { [text]: 'a' }
    ]
  }
  return (schema.anyOf ?? []).flatMap((one) => holding(one, text))
}

/** Values of the right type, with nothing in them. */
export function plain (schema: Schema): unknown[] {
  if (schema.const !== undefined) return [schema.const]
  if (schema.enum) return schema.enum
  if (schema.anyOf) return schema.anyOf.slice(0, 1).flatMap(plain)
  switch (schema.type) {
    case 'string':
      return ['a']
    case 'number':
    case 'integer':
      return [Math.max(1, schema.minimum ?? 1)]
    case 'boolean':
      return [false]
    case 'array':
      return [[]]
    default:
      return [{}]
  }
}

/** The text in each argument alone, beside what is required, for each choice among what is required. */
export function argumentsHolding ({ properties = {}, required = [] }: Schema, text: string): Array<Record<string, unknown>> {
  const rests = required.reduce<Array<Record<string, unknown>>>(
    (all, name) => all.flatMap((rest) => plain(properties[name]!).map((value) => ({ ...rest, [name]: value }))),
    [{}]
  )
  return Object.entries(properties).flatMap(([name, inner]) =>
    holding(inner, text).flatMap((value) => rests.map((rest) => ({ ...rest, [name]: value })))
  )
}
