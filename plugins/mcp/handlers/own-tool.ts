// A tool that an author wrote, ready to be listed and called: its schemas as JSON Schema, its arguments and its result
// checked (MCP "Tools").
// Tested in test/plugins/mcp/handlers/tools.test.ts and tool-call.test.ts.
import { isInputRequiredResult, type ContentBlock } from '@modelcontextprotocol/server'
import { z, type ZodError, type ZodObject } from 'zod'
import type { Tool, ToolContext } from '../../../authoring/tool.ts'
import { headersOf } from '../param-headers.ts'
import type { CallableTool, JsonObjectSchema, ListedTool } from './callable-tool.ts'
import { invoke } from './invoke.ts'
import { TIMED_OUT } from './timeout.ts'
import { describeIssues, failure, toResult } from './tool-result.ts'

/**
 * @param remark what the operator says of it beside its own description.
 * @returns the tool, and the same under each of its former names.
 * @throws Error for a schema that JSON Schema cannot express; it names the tool.
 */
export function ownTool (tool: Tool, remark?: string): CallableTool[] {
  const { name, annotations, scopes, noauth, timeout, aliases = [] } = tool
  // Refuses unknown arguments, so that a misspelled one is noticed.
  const input = tool.input.def.catchall ? tool.input : tool.input.strict()
  const inputSchema = jsonSchema(name, input, 'input')
  const usage = usageOf(inputSchema)
  const listed = describe(tool, inputSchema, remark)
  const callable = (formerName?: string): CallableTool => ({
    name,
    annotations,
    scopes,
    noauth,
    timeout,
    headers: headersOf(inputSchema),
    listed,
    ...(formerName !== undefined && { formerName }),
    async call ({ args, request, services, channel, log, timeout }) {
      const parsed = await input.safeParseAsync(args ?? {})
      if (!parsed.success) return failure(wrongArguments(name, usage, parsed.error, formerName))
      const shown: ContentBlock[] = []
      const invocation = {
        method: 'tools/call',
        params: [name, args],
        log,
        timeout,
        shown,
        run: (context: ToolContext) => tool.run(parsed.data, context) as Promise<unknown>
      }
      const outcome = await invoke(invocation, request, services, channel)
      return outcome === TIMED_OUT || isInputRequiredResult(outcome) ? outcome : await toResult(tool, outcome, shown)
    }
  })
  return [callable(), ...aliases.map(callable)]
}

function describe (tool: Tool, inputSchema: JsonObjectSchema, remark: string | undefined): ListedTool {
  return {
    name: tool.name,
    title: tool.title,
    description: remark === undefined ? tool.description : `${tool.description} ${remark}`,
    inputSchema,
    ...(tool.output && { outputSchema: jsonSchema(tool.name, tool.output, 'output') }),
    annotations: tool.annotations,
    ...(tool.icons && { icons: tool.icons })
  }
}

const wrongArguments = (name: string, usage: string, error: ZodError, formerName: string | undefined): string =>
  `The arguments of ${name} are not right.\n${describeIssues(error)}\n${usage} ` +
  `Correct them and call it again.${renamed(name, formerName)}`

const renamed = (name: string, formerName: string | undefined): string =>
  formerName === undefined
    ? ''
    : ` ${formerName} is called ${name} now, and may take other arguments: ask the person to refresh the list of tools ` +
      '(in ChatGPT, Refresh in the settings of this connector).'

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

function usageOf ({ properties = {}, required }: JsonObjectSchema): string {
  const names = Object.entries(properties).map(([name, schema]) => {
    const type = (schema as { type?: string }).type ?? 'see its schema'
    return `${name} (${type}${required?.includes(name) ? ', required' : ''})`
  })
  return names.length === 0 ? 'It takes no arguments.' : `Its arguments are: ${names.join(', ')}.`
}
