// Makes test data and types from a schema or an example; and, where the operator has named a model, what a prompt
// asks for.
// The room generate/ owns sample data from schemas, code from examples, and calls of a language model.
import { z } from 'zod'
import { defineTool, ToolError, type ToolContext } from '../authoring/tool.ts'
import { languages } from './generate/languages.ts'
import { createModel, type Model } from './generate/model.ts'
import { writeCode, writeJson, writeText } from './generate/prompted.ts'

const MAX_LENGTH = 50_000
const input = z.strictObject({
  kind: z.enum(['json', 'code', 'text']),
  prompt: z.string().min(1).max(20_000).optional().describe('What to write, if this server has a language model.'),
  schema: z.string().max(MAX_LENGTH).optional().describe('A JSON Schema, as JSON text.'),
  example: z.string().max(MAX_LENGTH).optional().describe('Or an example, as JSON text.'),
  count: z.number().int().min(1).max(100).optional().describe('For json.'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .optional()
    .describe('Same seed, same data.'),
  language: z.enum(languages).optional().describe('For code; typescript if left out.'),
  name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z]\w{0,63}$/, 'write a name of letters, digits and _')
    .optional()
    .describe('For code: of the outermost type.')
})

const output = z.strictObject({
  kind: z.string(),
  data: z.array(z.unknown()).optional(),
  seed: z.number().optional(),
  language: z.string().optional(),
  text: z.string().optional()
})

type Args = z.output<typeof input>
type Result = z.output<typeof output>

export default defineTool({
  name: 'generate',
  title: 'Generate',
  description:
    'Makes test data or types. json: realistic sample data for a JSON Schema or like an example, checked against it. code: a file of types in a language. ' +
    'text, and prompts, need a language model that not every server has.',
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
    name = 'Root'
  }: Args,
  { runInWorker }: ToolContext
): Promise<Result> {
  if (kind === 'text') throw new ToolError('For text pass a prompt, which a language model of this server answers if it has one.')
  if ((schema === undefined) === (example === undefined)) {
    throw new ToolError(`Pass either a schema or an example for ${kind}, as JSON text.`)
  }
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
      'This server has no language model, so leave the prompt out: pass a schema or an example for json and code, and write texts yourself. The operator can configure a model with GENERATE_BASE_URL and GENERATE_MODEL.'
    )
  }
  const { kind, prompt, schema, example, count = 1, language = 'typescript' } = args
  const known: readonly string[] = ['kind', 'prompt', ...BESIDE_PROMPT[kind]]
  const unused = Object.keys(args).filter((member) => !known.includes(member))
  if (unused.length > 0) {
    throw new ToolError(`With a prompt for ${kind}, leave out ${unused.join(', ')}, and say it in the prompt.`)
  }
  if (schema !== undefined && example !== undefined) throw new ToolError('Pass either a schema or an example.')
  if (kind === 'json') {
    return { kind, data: await writeJson(model, { prompt, source: readSource({ schema, example }), count }, context) }
  }
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
