// What the tutorial makes: the official SDK's first generation on Express, with its own check of the bearer token (against a
// map), the same tools, and a server and transport for each session, which is what calls cost it least with. It has no audit
// log, no limits, no sign-in.
import { randomUUID } from 'node:crypto'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { ready } from './ready.ts'
import { answerOf, describe, offered, type ToolDefinition } from './sdk-tools.ts'

const tokens = new Map([[process.env['TOKEN']!, { token: '', clientId: 'bench', scopes: ['mcp:read'], expiresAt: Date.now() / 1000 + 86_400 }]])
const verifier = {
  async verifyAccessToken (token: string) {
    const known = tokens.get(token)
    if (!known) throw new Error('unknown token')
    return known
  }
}

function createServer (): McpServer {
  const server = new McpServer({ name: 'sdk1', version: '1.0.0' })
  for (const tool of offered) register(server, tool)
  return server
}

/** Its types are those of another copy of zod. */
function register (server: McpServer, tool: ToolDefinition): void {
  server.registerTool(tool.name, describe(tool) as never, (async (input: unknown) => answerOf(tool, input)) as never)
}

const sessions = new Map<string, StreamableHTTPServerTransport>()

async function begin (): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    enableJsonResponse: true,
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id: string) => { sessions.set(id, transport) }
  } as never)
  await createServer().connect(transport as never)
  return transport
}

const app = createMcpExpressApp()
app.post('/', requireBearerAuth({ verifier }), async (request, response) => {
  const transport = sessions.get(String(request.headers['mcp-session-id'])) ?? (await begin())
  await transport.handleRequest(request, response, request.body)
})
app.listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
