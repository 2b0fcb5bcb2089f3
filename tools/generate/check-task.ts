// Holds what a model answered against what was asked for, in a process of its own: schemas come from outside, and a
// pattern in one can be slow.
import { checkSchema, MAX_RESULT_LENGTH, typesOf } from './schema.ts'
import { compile, describeMisfit } from './validator.ts'

export interface Check {
  schema?: unknown
  example?: unknown
  count: number
  text: string
}

/** @throws ToolError for a schema that is none. */
export default function check ({ schema, example, count, text }: Check): { data: unknown[] } | { problem: string } {
  const wanted = schema !== undefined ? checkSchema(schema) : example !== undefined ? typesOf(example) : undefined
  const fits = wanted && compile(wanted)
  if (text.length > MAX_RESULT_LENGTH) return { problem: `it is longer than ${MAX_RESULT_LENGTH} characters.` }
  const data = readArray(text)
  if (data === undefined) return { problem: 'it is no JSON array.' }
  if (data.length !== count) return { problem: `it has ${data.length} values in place of ${count}.` }
  const misfit = data.findIndex((value) => fits && !fits(value))
  return misfit === -1
    ? { data }
    : { problem: `value ${misfit + 1} does not fit (${fits && (fits(data[misfit]), describeMisfit(fits))}).` }
}

function readArray (text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
