// Finds the tools: every file of a folder whose default export is one. Whatever is wrong with any of them is said in one message, before anything is served.
import { readdir } from 'node:fs/promises'
import { z } from 'zod'
import type { Tool } from './define-tool.ts'

/**
 * @param folder files in it without a default export are helpers; folders in it are not looked at.
 * @returns the tools, sorted by name.
 * @throws Error that lists everything wrong with every file.
 */
export async function loadTools (folder: URL): Promise<Tool[]> {
  const problems: string[] = []
  const files = new Map<string, string>()
  const tools: Tool[] = []
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort()) {
    const candidate = await importDefault(new URL(encodeURIComponent(file), asFolder(folder)), file, problems)
    if (candidate === undefined) continue
    const wrong = problemsOf(candidate)
    problems.push(...wrong.map((problem) => `${file}: ${problem}`))
    const { name } = Object(candidate) as Partial<Tool>
    if (typeof name !== 'string') continue
    const other = files.get(name)
    if (other === undefined) files.set(name, file)
    else problems.push(`${file}: the name ${JSON.stringify(name)} is taken by ${other}`)
    if (wrong.length === 0) tools.push(candidate as Tool)
  }
  if (problems.length > 0) throw new Error(`These tools cannot be served:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
  return tools.sort((a, b) => a.name < b.name ? -1 : 1)
}

const asFolder = (folder: URL): URL => folder.pathname.endsWith('/') ? folder : new URL(`${folder.href}/`)

async function importDefault (url: URL, file: string, problems: string[]): Promise<unknown> {
  try {
    return (await import(url.href)).default
  } catch (error) {
    problems.push(`${file}: it could not be loaded: ${(error as Error).message}`)
    return undefined
  }
}

const filled = (field: string) => z.string(`${field} must be a text`).trim().min(1, `${field} must not be empty`)
const hint = (field: string) => z.boolean(`annotations.${field} must be true or false: a client that finds none treats the tool as a dangerous write`)
const SCOPES = 'scopes must name at least one of mcp:read and mcp:write, and nothing else'

/** The contract of define-tool.ts, for what no type checker has seen. */
const contract = z.object({
  name: z.string('name must be a text').regex(/^[A-Za-z0-9_-]{1,64}$/, 'name must be 1 to 64 letters, digits, _ or -'),
  title: filled('title'),
  description: filled('description'),
  input: z.instanceof(z.ZodObject, { error: 'input must be a zod object' }).superRefine(asJsonSchema('input')),
  output: z.instanceof(z.ZodObject, { error: 'output must be a zod object' }).superRefine(asJsonSchema('output')),
  annotations: z.object({
    readOnlyHint: hint('readOnlyHint'),
    destructiveHint: hint('destructiveHint'),
    openWorldHint: hint('openWorldHint'),
    idempotentHint: hint('idempotentHint').optional()
  }, 'annotations must be an object with readOnlyHint, destructiveHint and openWorldHint'),
  scopes: z.array(z.enum(['mcp:read', 'mcp:write'], SCOPES), SCOPES).min(1, SCOPES),
  run: z.custom((run) => typeof run === 'function', 'run must be a function')
}, 'the default export must be a tool made with defineTool()')

const problemsOf = (candidate: unknown): string[] => [...new Set(contract.safeParse(candidate).error?.issues.map(({ message }) => message))]

function asJsonSchema (io: 'input' | 'output') {
  return (schema: z.ZodObject, context: z.RefinementCtx): void => {
    try {
      z.toJSONSchema(schema, { io })
    } catch (error) {
      context.addIssue(`${io} cannot be written as JSON Schema: ${(error as Error).message}`)
    }
  }
}
