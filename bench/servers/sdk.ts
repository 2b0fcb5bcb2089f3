// What most people would write today: the handler of the official SDK (v2) on Fastify, with the same tools, and a check of the
// token in a map. It has no audit log, no limits, no sign-in.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import fastify from 'fastify'
import { answerOf, describe, offered } from './sdk-tools.ts'
import { ready } from './ready.ts'

// As the upstream of a proxy it is asked without a token.
const { TOKEN } = process.env
const tokens = new Map([[TOKEN, true]])

const handler = createMcpHandler(
  () => {
    const server = new McpServer({ name: 'sdk', version: '1.0.0' })
    for (const tool of offered) {
      server.registerTool(tool.name, describe(tool) as never, (async (input: unknown) => answerOf(tool, input)) as never)
    }
    return server
  },
  { legacy: 'stateless' }
)

const app = fastify()
app.post('/', async (request, reply) => {
  if (TOKEN !== undefined && !tokens.has(request.headers.authorization?.slice(7))) return reply.code(401).send()
  const response = await handler.fetch(
    new Request('http://localhost/', { method: 'POST', headers: request.headers as Record<string, string> }),
    { parsedBody: request.body }
  )
  reply.code(response.status).headers(Object.fromEntries(response.headers))
  return reply.send(response.body ? Readable.fromWeb(response.body as ReadableStream) : undefined)
})
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })
ready()
process.once('SIGTERM', () => process.exit(0))
