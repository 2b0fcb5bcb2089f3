// Makes test data, types and texts from what it is given; and, where the operator has named a model, whatever a prompt asks for.
import { z } from 'zod'
import { defineTool, ToolError } from './define-tool.ts'
import { languages } from './generate/languages.ts'
import { fillTemplate } from './generate/template.ts'

const LONGEST = 50_000

export default defineTool({
  name: 'generate',
  title: 'Generate',
  description: 'Generates data, code or text. json: sample data that fits a JSON Schema or looks like an example, the same again for the same seed. code: types in a language, from a JSON Schema or an example. ' +
    'text: a template with {{placeholders}} filled in from values, or paragraphs of placeholder text. Pass JSON as text.',
  input: z.strictObject({
    kind: z.enum(['json', 'code', 'text']),
    schema: z.string().max(LONGEST).optional().describe('For json and code: a JSON Schema, as JSON text.'),
    example: z.string().max(LONGEST).optional().describe('For json and code: an example, as JSON text.'),
    count: z.number().int().min(1).max(100).optional().describe('For json: how many; 1 if left out.'),
    seed: z.number().int().min(0).max(2 ** 31).optional().describe('For json and placeholder text: the same seed gives the same again.'),
    language: z.enum(languages).optional().describe('For code; typescript if left out.'),
    name: z.string().regex(/^[A-Za-z]\w{0,63}$/, 'write a name of letters, digits and _').optional().describe('For code: the name of the outermost type.'),
    template: z.string().max(LONGEST).optional().describe('For text: a text with {{placeholders}}.'),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional().describe('For text: what stands for each placeholder.'),
    paragraphs: z.number().int().min(1).max(50).optional().describe('For text without a template: how many paragraphs of placeholder text.')
  }),
  output: z.strictObject({
    kind: z.enum(['json', 'code', 'text']),
    data: z.array(z.unknown()).optional().describe('For json: what was generated.'),
    seed: z.number().optional(),
    language: z.string().optional(),
    text: z.string().optional().describe('For code and text.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ kind, schema, example, count = 1, seed = 1, language = 'typescript', name = 'Root', template, values = {}, paragraphs }, { work }) {
    if (kind === 'text') {
      if (template !== undefined) return { kind, text: fillTemplate(template, values) }
      if (paragraphs === undefined) throw new ToolError('Pass a template with {{placeholders}} and their values, or the number of paragraphs of placeholder text.')
      return { kind, seed, text: await work<string>(new URL('./generate/placeholder-task.ts', import.meta.url), { paragraphs, seed }) }
    }
    if ((schema === undefined) === (example === undefined)) throw new ToolError(`Pass either a schema or an example for ${kind}, as JSON text.`)
    const source = { ...(schema !== undefined ? { schema: readJson('schema', schema) } : { example: readJson('example', example!) }) }
    if (kind === 'json') return { kind, seed, data: await work<unknown[]>(new URL('./generate/json-task.ts', import.meta.url), { ...source, count, seed }) }
    return { kind, language, text: await work<string>(new URL('./generate/code-task.ts', import.meta.url), { ...source, language, name }) }
  }
})

function readJson (member: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ToolError(`${member} is no JSON: ${(error as Error).message}. Pass it as JSON text, with double quotes.`)
  }
}
