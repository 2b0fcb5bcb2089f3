// Fills in a template: {{name}} becomes the value of that name, and nothing in a value is read as a template again.
import { ToolError } from '../define-tool.ts'

const PLACEHOLDER = /\{\{\s*([\w.-]{1,64})\s*\}\}/g
const LONGEST_RESULT = 100_000

/** @throws ToolError that names what is missing. */
export function fillTemplate (template: string, values: Readonly<Record<string, string | number | boolean>>): string {
  const names = [...new Set([...template.matchAll(PLACEHOLDER)].map(([, name]) => name!))]
  const missing = names.filter((name) => !Object.hasOwn(values, name))
  if (missing.length > 0) throw new ToolError(`The template has placeholders without a value: ${missing.join(', ')}. Pass them in values.`)
  const text = template.replaceAll(PLACEHOLDER, (_whole, name: string) => String(values[name]))
  if (text.length > LONGEST_RESULT) throw new ToolError(`The text would have more than ${LONGEST_RESULT} characters. Use shorter values or fewer placeholders.`)
  return text
}
