// The tools as clients see them, each caller those that they may use: in one order, with their schemas and the scopes they
// need (MCP "Tools"; OpenAI `securitySchemes`).
import type { Tool as ListedSchemas } from '@modelcontextprotocol/server'
import { z, type ZodObject } from 'zod'
import type { Tool } from '../../../authoring/tool.ts'
import type { Rights } from '../../access-rules/contract.ts'

/** A tool with its schemas built, ready to be called. */
export interface CallableTool {
  tool: Tool
  /** Refuses unknown arguments, so that a misspelled one is noticed. */
  input: ZodObject
  /** One line for a model that got the arguments wrong. */
  usage: string
  /**
   * The arguments that are repeated in a header (MCP "Custom Headers from Tool Parameters"), by header in lower case.
   */
  headers: ReadonlyMap<string, string>
  /** The former name it was called by, if so. */
  formerName?: string
}

export interface ToolRegistry {
  /** By its name, or by one it had before. */
  find(name: string, rights: Rights): CallableTool | undefined
  /** The `tools` of a tools/list result. */
  listedFor(rights: Rights): ListedTool[]
  /** Whether some tool can be called without a sign-in. @param rights of a caller who has not signed in. */
  isOpenFor(rights: Rights): boolean
  /**
   * Offers these tools instead of the previous ones.
   * @throws Error as {@link createToolRegistry} does; nothing has changed then.
   */
  replace(tools: readonly Tool[]): void
}

export interface ListedTool extends Pick<Tool, 'name' | 'title' | 'description' | 'annotations' | 'icons'> {
  inputSchema: JsonObjectSchema
  outputSchema?: JsonObjectSchema
  securitySchemes?: SecurityScheme[]
  _meta?: { securitySchemes: SecurityScheme[] }
}

type SecurityScheme = { type: 'oauth2'; scopes: string[] } | { type: 'noauth' }
type JsonObjectSchema = ListedSchemas['inputSchema']

/** What the operator says of a tool beside its own description, by its name. */
type Remarks = Readonly<Record<string, string | undefined>>

/**
 * @param signIn whether calls need a token: only then the scopes are listed.
 * @throws Error for a schema that JSON Schema cannot express; it names the tool.
 */
export function createToolRegistry (tools: readonly Tool[], signIn: boolean, remarks: Remarks = {}): ToolRegistry {
  let current = build(tools, signIn, remarks)
  return {
    find (name, rights) {
      const found = current.byName.get(name)
      return found && rights.may('tools', found.tool.name) ? found : undefined
    },
    listedFor: (rights) => current.listed.filter(({ name }) => rights.may('tools', name)),
    isOpenFor: (rights) => current.open.some((name) => rights.may('tools', name)),
    replace (tools) {
      current = build(tools, signIn, remarks)
    }
  }
}

function build (tools: readonly Tool[], signIn: boolean, remarks: Remarks) {
  const byName = new Map<string, CallableTool>()
  const listed: ListedTool[] = []
  for (const tool of tools) {
    const input = tool.input.def.catchall ? tool.input : tool.input.strict()
    const inputSchema = jsonSchema(tool.name, input, 'input')
    const callable: CallableTool = { tool, input, usage: usageOf(inputSchema), headers: headersOf(inputSchema) }
    byName.set(tool.name, callable)
    for (const formerName of tool.aliases ?? []) byName.set(formerName, { ...callable, formerName })
    const securitySchemes: SecurityScheme[] = [
      ...(tool.noauth ? [{ type: 'noauth' as const }] : []),
      { type: 'oauth2', scopes: tool.scopes }
    ]
    listed.push({
      name: tool.name,
      title: tool.title,
      description: [tool.description, remarks[tool.name] ?? []].flat().join(' '),
      inputSchema,
      ...(tool.output && { outputSchema: jsonSchema(tool.name, tool.output, 'output') }),
      annotations: tool.annotations,
      ...(tool.icons && { icons: tool.icons }),
      // ChatGPT reads the top level; clients that drop unknown members keep _meta.
      ...(signIn && { securitySchemes, _meta: { securitySchemes } })
    })
  }
  return { byName, listed, open: tools.filter(({ noauth }) => noauth).map(({ name }) => name) }
}

function jsonSchema (tool: string, schema: ZodObject, io: 'input' | 'output'): JsonObjectSchema {
  try {
    // Without $schema, unless the author wrote one: MCP's default dialect is 2020-12, and validators of older clients
    // refuse a dialect they do not know.
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: ({ jsonSchema }) => shorten(jsonSchema, io) })
    const dialect = schema.meta()?.['$schema']
    return { ...(typeof dialect === 'string' && { $schema: dialect }), ...rest } as JsonObjectSchema
  } catch (cause) {
    throw new Error(
      `The ${io} schema of the tool ${tool} cannot be written as JSON Schema: ${(cause as Error).message}`,
      { cause }
    )
  }
}

/**
 * Leaves out what fills every model's context without informing it: the limits of a double, and whether a result
 * has other members.
 */
function shorten (
  schema: { minimum?: number; maximum?: number; additionalProperties?: unknown },
  io: 'input' | 'output'
): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  const others = schema.additionalProperties
  const saysNothing = others === false || (typeof others === 'object' && others !== null && Object.keys(others).length === 0)
  if (io === 'output' && saysNothing) delete schema.additionalProperties
}

function headersOf ({ properties = {} }: JsonObjectSchema): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [argument, schema] of Object.entries(properties)) {
    const header = (schema as { 'x-mcp-header'?: unknown })['x-mcp-header']
    if (typeof header === 'string') headers.set(`mcp-param-${header.toLowerCase()}`, argument)
  }
  return headers
}

function usageOf ({ properties = {}, required }: JsonObjectSchema): string {
  const names = Object.entries(properties).map(([name, schema]) => {
    const type = (schema as { type?: string }).type ?? 'see its schema'
    return `${name} (${type}${required?.includes(name) ? ', required' : ''})`
  })
  return names.length === 0 ? 'It takes no arguments.' : `Its arguments are: ${names.join(', ')}.`
}
