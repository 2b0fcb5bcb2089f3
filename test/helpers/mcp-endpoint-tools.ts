// The tools of a test endpoint: some answer, some fail, some wait; all record that they ran.
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { defineTool, ToolError, type Tool } from '../../authoring/tool.ts'

export const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

/** @returns the tools, the names of those that ran and of those that were aborted, and what ends the tool `held`. */
export function makeTools () {
  const ran: string[] = []
  const aborted: string[] = []
  const gate = Promise.withResolvers<void>()
  const wait = (signal: AbortSignal, name: string) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener(
        'abort',
        () => {
          aborted.push(name)
          reject(signal.reason)
        },
        { once: true }
      )
    })
  const tool = (
    name: string,
    scopes: Tool['scopes'],
    run: (context: Parameters<Tool['run']>[1], text: string) => Promise<unknown>
  ) =>
    defineTool({
      name,
      title: name,
      description: `Test tool ${name}.`,
      input: z.object({ text: z.string().default('') }),
      output: z.object({ text: z.string() }),
      annotations,
      scopes,
      run: async ({ text }, context) => {
        ran.push(name)
        return { text: (await run(context, text)) as string }
      }
    })
  const tools: Tool[] = [
    defineTool({
      name: 'search',
      title: 'Search',
      description: 'Finds documents.',
      input: z.object({ query: z.string(), limit: z.number().int().max(10).optional() }),
      output: z.object({ results: z.array(z.object({ id: z.string(), title: z.string(), url: z.string() })) }),
      annotations,
      scopes: ['mcp:read'],
      run: async ({ query }, context) => ({ results: await context.library.search(query) })
    }),
    tool('fetch', ['mcp:read'], async (_, text) => text),
    tool('long', ['mcp:read'], async (_, text) => {
      for (const began = performance.now(); performance.now() - began < 6;);
      return text
    }),
    tool('whoami', ['mcp:read'], async ({ user }, text) => {
      await delay(Math.random() * 20)
      return `${user?.id ?? 'nobody'}:${text}`
    }),
    tool('write', ['mcp:write'], async (_, text) => text),
    tool('both', ['mcp:read', 'mcp:write'], async (_, text) => text),
    tool('refuse', ['mcp:read'], async () => {
      throw new ToolError('No document of that name; call search first.')
    }),
    tool('crash', ['mcp:read'], async () => {
      throw new Error('password=hunter2 at /srv/secret')
    }),
    tool('mismatch', ['mcp:read'], async () => 42),
    tool('hang', ['mcp:read'], async ({ signal }) => wait(signal, 'hang')),
    tool('deaf', ['mcp:read'], () => new Promise(() => {})),
    tool('held', ['mcp:read'], async (_, text) => {
      await gate.promise
      return text
    })
  ]
  return { tools, ran, aborted, release: () => gate.resolve() }
}
