// An upstream on the official SDK that is started as a process and spoken to over its standard input and output.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { trivialTool as tool } from '../tool.ts'

serveStdio(() => {
  const server = new McpServer({ name: 'stdio', version: '1.0.0' })
  server.registerTool(
    tool.name,
    { inputSchema: tool.input, outputSchema: tool.output, annotations: tool.annotations },
    async ({ name }) => {
      const structuredContent = { greeting: `Hello, ${name}!` }
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
    }
  )
  return server
})
