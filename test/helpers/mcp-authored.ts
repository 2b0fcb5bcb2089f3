// A server without sign-in that offers what a test has written, asked in both protocol eras.
import type { Test } from 'tap'
import { z } from 'zod'
import { defineTool, type Tool, type ToolContext } from '../../authoring/tool.ts'
import { mcpClient } from './mcp.ts'
import { type ServerOptions, startServer } from './server.ts'

export const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

export const about = (name: string) => ({
  name,
  title: name,
  description: `For this test: ${name}.`,
  scopes: ['mcp:read' as const]
})

export const tool = (name: string, run: (context: ToolContext, text: string) => unknown, more: Partial<Tool> = {}): Tool => ({
  ...defineTool({
    ...about(name),
    input: z.object({ text: z.string().default('') }),
    annotations,
    async run ({ text }, context) {
      await run(context, text)
    }
  }),
  ...more
})

export async function open (t: Test, tools: Tool[], more: Partial<NonNullable<ServerOptions['offer']>> = {}) {
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    offer: { tools, resources: [], prompts: [], ...more }
  })
  const client = mcpClient(url)
  return {
    url,
    ...client,
    eras: [
      ['legacy', client.legacy],
      ['modern', client.modern]
    ] as const
  }
}
