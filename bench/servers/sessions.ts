// An upstream on the official SDK of the first generation, with a session for each client and answers as events: what
// most existing servers are.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { ready } from './ready.ts'

const sessions = new Map<string, StreamableHTTPServerTransport>()

async function open (): Promise<StreamableHTTPServerTransport> {
  const server = new McpServer({ name: 'sessions', version: '1.0.0' })
  const greet = async ({ name }: { name: string }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] })
  const about = { inputSchema: { name: z.string() }, annotations: { readOnlyHint: true } }
  // Its types are those of another copy of zod.
  server.registerTool('greet', about as never, greet as never)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport)
    }
  })
  await server.connect(transport as never)
  return transport
}

createServer(async (request, response) => {
  const session = request.headers['mcp-session-id']
  const transport = session === undefined ? await open() : sessions.get(String(session))
  if (transport) await transport.handleRequest(request, response)
  else response.writeHead(404).end()
}).listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
