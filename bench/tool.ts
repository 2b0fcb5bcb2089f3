// The tool of the bench: as little work as a tool can do, so that what is measured is the way to it and back.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

export const trivialTool = defineTool({
  name: 'greet',
  title: 'Greet',
  description: 'Says hello to somebody.',
  input: z.object({ name: z.string() }),
  output: z.object({ greeting: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  scopes: ['mcp:read'],
  run: async ({ name }) => ({ greeting: `Hello, ${name}!` })
})
