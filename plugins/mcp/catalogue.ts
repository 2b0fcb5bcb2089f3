// The tools as clients see them: listed once at the start, in one order, with their schemas and the scopes they need (MCP "Tools"; OpenAI `securitySchemes`).
import type { Tool as ListedSchemas } from '@modelcontextprotocol/server'
import { z, type ZodObject } from 'zod'
import type { Tool } from '../../tools/define-tool.ts'

/** A tool ready to be called: its schemas are built. */
export interface CallableTool {
  tool: Tool
  /** Refuses unknown arguments, so that a misspelt one is noticed. */
  input: ZodObject
  /** One line for a model that got the arguments wrong. */
  usage: string
}

export interface Catalogue {
  find (name: string): CallableTool | undefined
  /** The `tools` of a tools/list result. */
  readonly listed: ListedTool[]
}

export interface ListedTool extends Pick<Tool, 'name' | 'title' | 'description' | 'annotations'> {
  inputSchema: JsonObjectSchema
  outputSchema: JsonObjectSchema
  securitySchemes?: SecurityScheme[]
  _meta?: { securitySchemes: SecurityScheme[] }
}

interface SecurityScheme { type: 'oauth2', scopes: string[] }
type JsonObjectSchema = ListedSchemas['inputSchema']

/** @param signIn whether calls need a token: only then the scopes are listed. Throws for a schema that JSON Schema cannot say. */
export function createCatalogue (tools: readonly Tool[], signIn: boolean): Catalogue {
  const callable = new Map<string, CallableTool>()
  const listed: ListedTool[] = []
  for (const tool of tools) {
    const input = tool.input.def.catchall ? tool.input : tool.input.strict()
    const inputSchema = jsonSchema(tool.name, input, 'input')
    callable.set(tool.name, { tool, input, usage: usage(inputSchema) })
    const securitySchemes: SecurityScheme[] = [{ type: 'oauth2', scopes: tool.scopes }]
    listed.push({
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema,
      outputSchema: jsonSchema(tool.name, tool.output, 'output'),
      annotations: tool.annotations,
      // ChatGPT reads the top level; clients that drop unknown members keep _meta.
      ...(signIn && { securitySchemes, _meta: { securitySchemes } })
    })
  }
  return { find: (name) => callable.get(name), listed }
}

function jsonSchema (tool: string, schema: ZodObject, io: 'input' | 'output'): JsonObjectSchema {
  try {
    // Without $schema: MCP's default dialect is 2020-12, and older clients' validators refuse a dialect they do not know.
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
    return rest as JsonObjectSchema
  } catch (cause) {
    throw new Error(`The ${io} schema of the tool ${tool} cannot be written as JSON Schema: ${(cause as Error).message}`, { cause })
  }
}

function usage ({ properties = {}, required }: JsonObjectSchema): string {
  const names = Object.entries(properties).map(([name, schema]) => {
    const type = (schema as { type?: string }).type ?? 'see its schema'
    return `${name} (${type}${required?.includes(name) ? ', required' : ''})`
  })
  return names.length === 0 ? 'It takes no arguments.' : `Its arguments are: ${names.join(', ')}.`
}
