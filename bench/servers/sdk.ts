// What most people would write: the official SDK's handler mounted on Fastify, with the same tool and no sign-in at
// all.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import fastify from 'fastify'
import { trivialTool as tool } from '../tool.ts'
import { tellUsage } from './tell.ts'

const handler = createMcpHandler(
  () => {
    const server = new McpServer({ name: 'sdk', version: '1.0.0' })
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: tool.input,
        outputSchema: tool.output,
        annotations: tool.annotations
      },
      async ({ name }) => {
        const structuredContent = { greeting: `Hello, ${name}!` }
        return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
      }
    )
    return server
  },
  { legacy: 'stateless' }
)

const app = fastify()
app.post('/', async (request, reply) => {
  const response = await handler.fetch(
    new Request('http://localhost/', { method: 'POST', headers: request.headers as Record<string, string> }),
    { parsedBody: request.body }
  )
  reply.code(response.status).headers(Object.fromEntries(response.headers))
  return reply.send(response.body ? Readable.fromWeb(response.body as ReadableStream) : undefined)
})
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })
tellUsage()
process.once('SIGTERM', () => process.exit(0))
