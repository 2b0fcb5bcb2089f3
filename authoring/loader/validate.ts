// Checks what authors wrote against the contracts of tool.ts, resource.ts, prompt.ts and source.ts: a sentence for each
// fault.
import { z } from 'zod'
import { checkTemplate } from '../uri-template.ts'

export type Kind = 'tool' | 'resource' | 'prompt' | 'source'

/** @returns a sentence for each fault, and none for a good one. */
export function problemsOf (kind: Kind, candidate: unknown): string[] {
  const problems = contracts[kind].safeParse(candidate).error?.issues.map(({ message }) => message) ?? []
  const isObject = typeof candidate === 'object' && candidate !== null
  return [
    ...new Set([
      ...problems,
      ...(kind === 'tool' && isObject ? problemsOfRunning(candidate as Record<string, unknown>) : [])
    ])
  ]
}

/** A tool runs as it is, or is opened with its variables. */
function problemsOfRunning ({ run, env, open }: Record<string, unknown>): string[] {
  if (env === undefined && open === undefined) return typeof run === 'function' ? [] : ['run must be a function']
  return [
    ...(env instanceof z.ZodObject ? [] : ['env must be a zod object of the variables it reads']),
    ...(typeof open === 'function' ? [] : ['open must be a function: with env, it makes the tool from their values']),
    ...(run === undefined ? [] : ['leave out run beside env and open: what open returns has it'])
  ]
}

const MAX_TIMEOUT_MS = 600_000

const filled = (field: string) => z.string(`${field} must be a text`).trim().min(1, `${field} must not be empty`)
const hint = (field: string) =>
  z.boolean(`annotations.${field} must be true or false: a client that finds none treats the tool as a dangerous write`)
const method = (field: string) => z.custom((value) => typeof value === 'function', `${field} must be a function`)
const NAME = /^[A-Za-z0-9_-]{1,64}$/
const NAME_RULE = 'must be 1 to 64 letters, digits, _ or -'
const SCOPES = 'scopes must name at least one of mcp:read and mcp:write, and nothing else'
const ALIASES = `aliases must be a list of names, and each ${NAME_RULE}`
const ICONS = 'icons must be a list of { src, mimeType?, sizes? }, and each src an https or data URL'
const TIMEOUT = `timeout must be milliseconds, from 1 to ${MAX_TIMEOUT_MS}`

const about = {
  name: z.string('name must be a text').regex(NAME, `name ${NAME_RULE}`),
  title: filled('title'),
  description: filled('description'),
  icons: z
    .array(z.looseObject({ src: z.string(ICONS).regex(/^(?:https:\/\/|data:image\/)/, ICONS) }, ICONS), ICONS)
    .optional(),
  scopes: z.array(z.enum(['mcp:read', 'mcp:write'], SCOPES), SCOPES).min(1, SCOPES)
}

const schema = (field: string) => z.instanceof(z.ZodObject, { error: `${field} must be a zod object` })

const tool = z.object(
  {
    ...about,
    input: schema('input').superRefine(asJsonSchema('input')).superRefine(checkHeaders),
    output: schema('output').superRefine(asJsonSchema('output')).optional(),
    annotations: z.object(
      {
        readOnlyHint: hint('readOnlyHint'),
        destructiveHint: hint('destructiveHint'),
        openWorldHint: hint('openWorldHint'),
        idempotentHint: hint('idempotentHint').optional()
      },
      'annotations must be an object with readOnlyHint, destructiveHint and openWorldHint'
    ),
    noauth: z.boolean('noauth must be true or false').optional(),
    aliases: z.array(z.string(ALIASES).regex(NAME, ALIASES), ALIASES).optional(),
    timeout: z.number(TIMEOUT).int(TIMEOUT).min(1, TIMEOUT).max(MAX_TIMEOUT_MS, TIMEOUT).optional()
  },
  'the default export must be made with defineTool(), defineResource() or definePrompt()'
)

const resource = z.object({
  ...about,
  uri: filled('uri').superRefine((uri, context) => {
    for (const problem of checkTemplate(uri)) context.addIssue(problem)
  }),
  mimeType: filled('mimeType').optional(),
  ttl: z
    .number('ttl must be milliseconds')
    .int('ttl must be whole milliseconds')
    .min(0, 'ttl must not be negative')
    .optional(),
  read: method('read'),
  list: method('list').optional(),
  complete: z
    .record(
      z.string(),
      method('complete: each of its members'),
      'complete must be an object with a function for each variable'
    )
    .optional()
})

const prompt = z.object({
  ...about,
  arguments: schema('arguments').superRefine(areTexts),
  complete: z
    .record(
      z.string(),
      method('complete: each of its members'),
      'complete must be an object with a function for each argument'
    )
    .optional(),
  write: method('write')
})

const SOURCE_NAME = 'name must be 1 to 32 small letters, digits or -'

const source = z.object(
  {
    name: z
      .string(SOURCE_NAME)
      .regex(/^[a-z0-9-]{1,32}$/, SOURCE_NAME)
      .refine((name) => name !== 'note', 'the name note is taken by the notes of this server'),
    search: method('search'),
    fetch: method('fetch'),
    close: method('close').optional()
  },
  'the default export must be made with defineSource()'
)

const contracts: Record<Kind, z.ZodType> = { tool, resource, prompt, source }

function asJsonSchema (io: 'input' | 'output') {
  return (schema: z.ZodObject, context: z.RefinementCtx): void => {
    try {
      z.toJSONSchema(schema, { io })
    } catch (error) {
      context.addIssue(`${io} cannot be written as JSON Schema: ${(error as Error).message}`)
    }
  }
}

/** MCP "Prompts": arguments travel as texts. */
function areTexts (schema: z.ZodObject, context: z.RefinementCtx): void {
  for (const [name, field] of Object.entries(schema.shape)) {
    if (!z.safeParse(field as z.ZodType, 'a').success && !['string', 'enum'].includes(typeOf(field as z.ZodType))) { context.addIssue(`arguments.${name} must take a text: prompts have no other arguments`) }
  }
}

const typeOf = ({ def }: z.ZodType): string => ('innerType' in def ? typeOf(def.innerType as z.ZodType) : def.type)

const HEADER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** MCP "Custom Headers from Tool Parameters": clients leave out a tool that breaks these rules. */
function checkHeaders (schema: z.ZodObject, context: z.RefinementCtx): void {
  const seen = new Set<string>()
  for (const [name, field] of Object.entries(schema.shape)) {
    const header = (field as z.ZodType).meta()?.['x-mcp-header']
    if (header === undefined) continue
    if (typeof header !== 'string' || !HEADER.test(header)) { context.addIssue(`input.${name}: x-mcp-header must be a header name of letters, digits and -`) } else if (seen.has(header.toLowerCase())) { context.addIssue(`input.${name}: the x-mcp-header ${JSON.stringify(header)} is used twice`) } else seen.add(header.toLowerCase())
    const type = typeOf(field as z.ZodType)
    if (!['string', 'enum', 'boolean', 'literal'].includes(type) && !isInteger(field as z.ZodType)) { context.addIssue(`input.${name}: only a text, an integer or a boolean can have an x-mcp-header`) }
  }
}

const isInteger = (field: z.ZodType): boolean =>
  (z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as { type?: unknown }).type === 'integer'
