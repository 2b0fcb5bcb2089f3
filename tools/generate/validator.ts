// The second opinion on data: a JSON Schema validator that had no part in making it.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ToolError } from '../../authoring/tool.ts'
import type { Schema } from './schema.ts'

/** @throws ToolError for a schema that is none. */
export function compile (schema: Schema): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  addFormats.default(ajv)
  try {
    // What a draft calls itself does not matter to the keywords they share.
    const { $schema: _, ...rest } = schema
    return ajv.compile(rest)
  } catch (error) {
    throw new ToolError(`This is no valid JSON Schema: ${(error as Error).message.slice(0, 300)}`)
  }
}

/** Why the value that was looked at last does not fit. */
export function describeMisfit ({ errors }: ValidateFunction): string {
  const [error] = errors ?? []
  return `${error?.instancePath ?? ''} ${error?.message ?? ''}`.trim()
}
