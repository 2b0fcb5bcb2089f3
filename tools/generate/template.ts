// Fills in a template: {{name}} becomes the value of that name, and nothing in a value is read as a template again.
import { ToolError } from '../../authoring/tool.ts'

const PLACEHOLDER = /\{\{\s*([\w.-]{1,64})\s*\}\}/g
const MAX_RESULT_CHARACTERS = 100_000

/**
 * The length of the result is known before any of it is made.
 * @throws ToolError that names what is missing, or says that the result would be too long.
 */
export function fillTemplate (template: string, values: Readonly<Record<string, string | number | boolean>>): string {
  const placeholders = [...template.matchAll(PLACEHOLDER)].map(([whole, name]) => ({ whole, name: name! }))
  const missing = [...new Set(placeholders.map(({ name }) => name))].filter((name) => !Object.hasOwn(values, name))
  if (missing.length > 0) { throw new ToolError(`The template has placeholders without a value: ${list(missing)}. Pass them in values.`) }
  const growth = placeholders.reduce((sum, { whole, name }) => sum + String(values[name]).length - whole.length, 0)
  if (template.length + growth > MAX_RESULT_CHARACTERS) {
    throw new ToolError(
      `The text would have more than ${MAX_RESULT_CHARACTERS} characters. Use shorter values or fewer placeholders.`
    )
  }
  return template.replaceAll(PLACEHOLDER, (_whole, name: string) => String(values[name]))
}

const MAX_NAMED = 20
const list = (names: string[]): string =>
  names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '')
