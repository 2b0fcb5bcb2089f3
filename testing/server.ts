// A whole server for a test: in this process, on a free port, with storage
// of its own that is deleted afterwards, and a client whose person has
// signed in.
// Tested in test/packaging/tarball.test.ts.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import type { ContentBlock } from '../authoring/content.ts'
import type { ToolScope } from '../authoring/context.ts'
import { parseEmail } from '../auth-backends/contract.ts'
import { loadConfig } from '../config/index.ts'

export interface TestServerOptions {
  /**
   * The project whose tools/, docs/ and so on are served. The current
   * folder if absent.
   */
  folder?: string
  /**
   * Variables, as in .env. That file itself is not read, and neither is the
   * environment.
   */
  env?: Readonly<Record<string, string>>
  /** The person who has signed in. */
  user?: { id: string; email?: string; name?: string; groups?: readonly string[] }
  /** What they have allowed. Both if absent. */
  scopes?: readonly ToolScope[]
}

type Person = NonNullable<TestServerOptions['user']>

/** The result of a tool call (MCP "CallToolResult"). */
export interface CallResult {
  content: ContentBlock[]
  structuredContent?: unknown
  isError?: boolean
}

export interface TestServer {
  /** The URL to paste into a client. */
  url: string
  /**
   * An access token of the signed-in person, for a client of your own.
   * Valid for an hour.
   */
  token: string
  /**
   * @throws Error with the server's message when the call was refused. A
   * tool that failed has `isError`.
   */
  call(tool: string, args?: Readonly<Record<string, unknown>>): Promise<CallResult>
  /**
   * Any request of MCP 2026-07-28, such as `tools/list`.
   * @throws Error with the server's message.
   */
  request(method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): Promise<void>
}

const PROTOCOL_VERSION = '2026-07-28'

/**
 * @throws what a start throws: an invalid variable, a tool that cannot be
 * served.
 */
export async function startServer ({
  folder = process.cwd(),
  env = {},
  user = { id: 'test-user', email: 'ann@example.com', name: 'Ann' },
  scopes = ['mcp:read', 'mcp:write']
}: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-oauth-server-test-'))
  const settings = { PORT: String(await freePort()), LOG_LEVEL: 'silent', RATE_LIMITS: 'off', ...env, DATA_DIR: dataDir }
  const config = await loadConfig({ AUTH_BACKEND: 'demo', ...settings }, folder)
  // A busy build machine is no fault of the tool.
  const app = await buildApp(config, { maxEventLoopDelayMs: Infinity })
  const close = async () => {
    await app.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await app.listen({ port: config.port, host: config.host })
    await app.library.ready
    const token = await signIn(app, { user, scopes: [...scopes], backend: config.backends[0]!.id, resource: config.mcpUrl })
    const request = (method: string, params = {}) => send(config.mcpUrl, token, method, params)
    return {
      url: config.mcpUrl,
      token,
      request,
      call: async (name, args = {}) => (await request('tools/call', { name, arguments: args })) as CallResult,
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** As their first sign-in would. The address counts as proven. */
async function createPerson (
  app: FastifyInstance, { id, email, name, groups }: Person,
  backend: string
): Promise<void> {
  const now = app.now()
  await app.userStore.records.put(id, {
    id,
    identities: [{ backend, subject: id }],
    backend,
    ...(email !== undefined && { email: parseEmail(email), emailVerified: true }),
    ...(name !== undefined && { name }),
    ...(groups && { groups: [...groups] }),
    createdAt: now,
    lastSignInAt: now
  }, null)
}

/** What the consent page and the token endpoint do, without a browser. */
async function signIn (
  app: FastifyInstance,
  { user, scopes, backend, resource }: { user: Person; scopes: string[]; backend: string; resource: string }
): Promise<string> {
  await createPerson(app, user, backend)
  const verifier = randomBytes(32).toString('base64url')
  const code = await app.grants.issueCode({
    clientId: 'test-client',
    clientName: 'Test client',
    user: { id: user.id },
    backend,
    scopes,
    resource,
    redirectUri: 'http://127.0.0.1/callback',
    redirectUriGiven: true,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    attempt: 'test',
    isStillSignedIn: async () => true
  })
  return (await app.grants.redeem(code, () => undefined, { withRefresh: false })).accessToken
}

/** MCP 2026-07-28 "Streamable HTTP": one request, without a session. */
async function send (
  url: string,
  token: string,
  method: string,
  params: Readonly<Record<string, unknown>>
): Promise<unknown> {
  const name = params['name'] ?? params['uri']
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': PROTOCOL_VERSION,
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name })
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': PROTOCOL_VERSION,
          'io.modelcontextprotocol/clientCapabilities': {}
        }
      }
    })
  })
  const text = await response.text()
  const { result, error } = JSON.parse(response.headers.get('content-type')?.startsWith('text/event-stream') ? lastEvent(text) : text)
  if (error) throw new Error(`${method}: ${typeof error === 'string' ? error : error.message}`)
  return result
}

/** The answer comes last, after progress and log messages. */
const lastEvent = (text: string): string =>
  text.split('\n').filter((line) => line.startsWith('data: {')).at(-1)!.slice('data: '.length)
