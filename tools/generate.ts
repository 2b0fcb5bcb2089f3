// Makes test data, types and texts from what it is given; and, where the operator has named a model, whatever a prompt
// asks for.
import { z } from 'zod'
import { defineTool, ToolError, type ToolContext } from '../authoring/tool.ts'
import { languages } from './generate/languages.ts'
import { createModel, type Model } from './generate/model.ts'
import { writeCode, writeJson, writeText } from './generate/prompted.ts'
import { fillTemplate } from './generate/template.ts'

const MAX_LENGTH = 50_000
const MAX_VALUES = 200
/** Of one value, and of all together: far more than a template of {@link MAX_LENGTH} characters needs. */
const MAX_VALUE_CHARACTERS = 10_000
const MAX_ALL_VALUES_CHARACTERS = 50_000

const values = z
  .record(z.string().max(64), z.union([z.string().max(MAX_VALUE_CHARACTERS), z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= MAX_VALUES, `there may be at most ${MAX_VALUES} values`)
  .refine(
    (all) => sizeOf(all) <= MAX_ALL_VALUES_CHARACTERS,
    `all values together may have at most ${MAX_ALL_VALUES_CHARACTERS} characters`
  )
const sizeOf = (all: object): number => Object.values(all).reduce<number>((sum, value) => sum + String(value).length, 0)

const input = z.strictObject({
  kind: z.enum(['json', 'code', 'text']),
  prompt: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe(
      'What to generate, in words. For json together with a schema or an example, if the data has to fit one; for code with the language. Leave it out for everything that needs no language model.'
    ),
  schema: z.string().max(MAX_LENGTH).optional().describe('For json and code: a JSON Schema, as JSON text.'),
  example: z.string().max(MAX_LENGTH).optional().describe('For json and code: an example, as JSON text.'),
  count: z.number().int().min(1).max(100).optional().describe('For json: how many; 1 if left out.'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .optional()
    .describe('For json and placeholder text: the same seed gives the same again.'),
  language: z.enum(languages).optional().describe('For code; typescript if left out.'),
  name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z]\w{0,63}$/, 'write a name of letters, digits and _')
    .optional()
    .describe('For code: the name of the outermost type.'),
  template: z.string().max(MAX_LENGTH).optional().describe('For text: a text with {{placeholders}}.'),
  values: values.optional().meta({ maxProperties: MAX_VALUES }).describe('For text: what stands for each placeholder.'),
  paragraphs: z
    .number()
    .int()
    .min(1)
    .max(50)
    .optional()
    .describe('For text without a template: how many paragraphs of placeholder text.')
})

const output = z.strictObject({
  kind: z.enum(['json', 'code', 'text']),
  data: z.array(z.unknown()).optional().describe('For json: what was generated.'),
  seed: z.number().optional(),
  language: z.string().optional(),
  text: z.string().optional().describe('For code and text.')
})

type Args = z.output<typeof input>
type Result = z.output<typeof output>

export default defineTool({
  name: 'generate',
  title: 'Generate',
  description:
    'Generates data, code or text. json: sample data that fits a JSON Schema or looks like an example, the same again for the same seed. code: types in a language, from a JSON Schema or an example. ' +
    'text: a template with {{placeholders}} filled in from values, or paragraphs of placeholder text. Pass JSON as text. With a prompt, a language model of this server writes what the prompt says, if it has one.',
  input,
  output,
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: true },
  scopes: ['mcp:read'],
  env: z
    .object({
      GENERATE_BASE_URL: z
        .url({
          protocol: /^https?$/,
          error: 'write the address of an OpenAI-compatible API, for example http://localhost:11434/v1'
        })
        .optional(),
      GENERATE_MODEL: z.string().optional(),
      GENERATE_API_KEY: z.string().optional(),
      GENERATE_TOKENS_PER_DAY: z.coerce
        .number('write a number of tokens, for example 200000')
        .int()
        .min(1000, 'write at least 1000')
        .default(200_000)
    })
    .refine((env) => (env.GENERATE_BASE_URL === undefined) === (env.GENERATE_MODEL === undefined), {
      path: ['GENERATE_MODEL'],
      error: 'set GENERATE_BASE_URL and GENERATE_MODEL together'
    }),
  open (
    {
      GENERATE_BASE_URL: baseUrl,
      GENERATE_MODEL: name,
      GENERATE_API_KEY: apiKey,
      GENERATE_TOKENS_PER_DAY: dailyTokens
    },
    { log }
  ) {
    const model =
      baseUrl === undefined || name === undefined
        ? undefined
        : createModel({ baseUrl, model: name, apiKey, dailyTokens }, { log })
    return {
      run: (args, context) =>
        args.prompt === undefined
          ? fromParts(args, context)
          : fromPrompt(model, { ...args, prompt: args.prompt }, context)
    }
  }
})

/** The same arguments give the same result, and no model is asked. */
async function fromParts (
  {
    kind,
    schema,
    example,
    count = 1,
    seed = 1,
    language = 'typescript',
    name = 'Root',
    template,
    values = {},
    paragraphs
  }: Args,
  { runInWorker }: ToolContext
): Promise<Result> {
  if (kind === 'text') {
    if (template !== undefined) return { kind, text: fillTemplate(template, values) }
    if (paragraphs === undefined) {
      throw new ToolError(
        'Pass a template with {{placeholders}} and their values, or the number of paragraphs of placeholder text.'
      )
    }
    return {
      kind,
      seed,
      text: await runInWorker<string>(new URL('./generate/placeholder-task.ts', import.meta.url), { paragraphs, seed })
    }
  }
  if ((schema === undefined) === (example === undefined)) { throw new ToolError(`Pass either a schema or an example for ${kind}, as JSON text.`) }
  const source = readSource({ schema, example })
  if (kind === 'json') {
    return {
      kind,
      seed,
      data: await runInWorker<unknown[]>(new URL('./generate/json-task.ts', import.meta.url), { ...source, count, seed })
    }
  }
  return {
    kind,
    language,
    text: await runInWorker<string>(new URL('./generate/code-task.ts', import.meta.url), { ...source, language, name })
  }
}

/** What has a meaning beside a prompt. */
const BESIDE_PROMPT = { json: ['schema', 'example', 'count'], code: ['language'], text: [] } as const satisfies Record<
  Args['kind'],
  Array<keyof Args>
>

async function fromPrompt (
  model: Model | undefined,
  args: Args & { prompt: string },
  context: ToolContext
): Promise<Result> {
  if (model === undefined) {
    throw new ToolError(
      'This server has no language model, so leave the prompt out: pass a schema or an example for json and code, a template or paragraphs for text. The operator can configure a model with GENERATE_BASE_URL and GENERATE_MODEL.'
    )
  }
  const { kind, prompt, schema, example, count = 1, language = 'typescript' } = args
  const known: readonly string[] = ['kind', 'prompt', ...BESIDE_PROMPT[kind]]
  const unused = Object.keys(args).filter((member) => !known.includes(member))
  if (unused.length > 0) { throw new ToolError(`With a prompt for ${kind}, leave out ${unused.join(', ')}, and say it in the prompt.`) }
  if (schema !== undefined && example !== undefined) throw new ToolError('Pass either a schema or an example.')
  if (kind === 'json') { return { kind, data: await writeJson(model, { prompt, source: readSource({ schema, example }), count }, context) } }
  if (kind === 'code') return { kind, language, text: await writeCode(model, { prompt, language }, context) }
  return { kind, text: await writeText(model, prompt, context) }
}

const readSource = ({
  schema,
  example
}: Pick<Args, 'schema' | 'example'>): { schema?: unknown; example?: unknown } => ({
  ...(schema !== undefined && { schema: readJson('schema', schema) }),
  ...(example !== undefined && { example: readJson('example', example) })
})

function readJson (member: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ToolError(`${member} is no JSON: ${(error as Error).message}. Pass it as JSON text, with double quotes.`)
  }
}
