// The tools of this server, for the servers that are made with the official SDK alone: the same names, descriptions and
// schemas, of which the trivial one and `calculate` do their work.
import { loadConfig, readEnvironment } from '../../config/index.ts'
import type { ToolDefinition } from '../../authoring/tool.ts'
import { trivialTool } from '../tool.ts'

export type { ToolDefinition }
interface Runs {
  run(input: unknown, context: object): Promise<Record<string, unknown>>
}

const { tools } = await (await loadConfig(readEnvironment())).loadOffer()
export const offered: ToolDefinition[] = [trivialTool as ToolDefinition, ...tools]

/** @returns what a tool without a context answers, as this server gives it. */
export async function answerOf (tool: ToolDefinition, input: unknown) {
  const structuredContent = await (tool as unknown as Runs).run(input, {})
  return { content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }], structuredContent }
}

/** As `registerTool` of either generation wants it. */
export const describe = ({ title, description, input, output, annotations }: ToolDefinition) =>
  ({ title, description, inputSchema: input, outputSchema: output, annotations })
