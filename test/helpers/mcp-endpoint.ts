// The MCP endpoint alone, over real HTTP, with tools that do what a
// test needs and tokens that are names: without
// people, clients or documents.
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Test } from 'tap'
import type { ToolLibrary } from '../../authoring/tool.ts'
import type { RuleFile } from '../../config/access-rules.ts'
import type { AccessKeys } from '../../plugins/access-keys/contract.ts'
import accessRules from '../../plugins/access-rules/index.ts'
import { monotonicClock } from '../../clock.ts'
import callerTurns from '../../plugins/caller-turns.ts'
import eventBus from '../../plugins/event-bus.ts'
import identity from '../../plugins/identity.ts'
import usage from '../../plugins/limits/usage.ts'
import mcpPlugin from '../../plugins/mcp/index.ts'
import bearer from '../../plugins/oauth/bearer.ts'
import type { Clients } from '../../plugins/oauth/clients/index.ts'
import type { Access } from '../../plugins/oauth/grants/contract.ts'
import type { Grants } from '../../plugins/oauth/grants/index.ts'
import audit from '../../plugins/observability/audit/index.ts'
import origin from '../../plugins/origin.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import storage from '../../plugins/storage/index.ts'
import type { Upstreams } from '../../plugins/upstreams/contract.ts'
import workersPlugin from '../../plugins/workers.ts'
import { createEndpoints } from '../../paths.ts'
import mcpRoutes from '../../routes/mcp.ts'
import { identityOf } from './identity.ts'
import { makeTools } from './mcp-endpoint-tools.ts'
import { MODERN, modernBody } from './mcp.ts'

export { MODERN }

export const PUBLIC = 'https://mcp.example.com'

const library: ToolLibrary = {
  search: async (query) => [{ id: 'a.md', title: query, url: `${PUBLIC}/a`, snippet: 'found' }],
  fetch: async () => undefined,
  read: async () => undefined,
  list: async () => ({ documents: [], more: false })
}

const access = (id: string, scopes: string[]): Access => ({
  grantId: `g-${id}`,
  clientId: 'client',
  user: { id, email: `${id}@example.com`, emailVerified: true },
  scopes,
  resource: PUBLIC,
  expiresAt: 4_000_000_000,
  clientName: 'An app',
  backend: 'local',
  attempt: 'story'
})

const tokens = new Map([
  ['alice', access('alice', ['mcp:read', 'mcp:write'])],
  ['bob', access('bob', ['mcp:read', 'mcp:write'])],
  ['reader', access('reader', ['mcp:read'])],
  ['nothing', access('nothing', [])]
])

interface Options {
  signIn?: boolean
  local?: boolean
  timeout?: number
  forceClose?: boolean
  upstreams?: Upstreams
  /** What access.json says; without it, everybody may use everything. */
  rules?: RuleFile
}

export async function start (t: Test, { signIn = true, local = false, timeout, forceClose = true, upstreams, rules }: Options = {}) {
  const logged: string[] = []
  const app: FastifyInstance = Fastify({
    forceCloseConnections: forceClose ? true : 'idle',
    logger: {
      level: 'info',
      stream: {
        write: (line: string) => {
          logged.push(line)
        }
      }
    }
  })
  const { tools, ran, aborted, release } = makeTools()
  app.register(
    fp(
      async function grants (app: FastifyInstance) {
        app.decorate('grants', {
          async verifyAccessToken (token: string) {
            if (token === 'storage-away') throw new StorageUnavailable('connect ECONNREFUSED 10.0.0.7:6379')
            return tokens.get(token)
          },
          stillAllows: () => true
        } as Partial<Grants> as Grants)
      },
      { name: 'grants' }
    )
  )
  const noKeys = { verify: () => undefined, stillAllows: () => false, noteUse () {} } as Partial<AccessKeys> as AccessKeys
  app.register(
    fp(async (app: FastifyInstance) => { app.decorate('accessKeys', noKeys) }, { name: 'access-keys' })
  )
  app.decorate('clients', { grantTypes: [] } as Partial<Clients> as Clients)
  const endpoints = createEndpoints(PUBLIC, '/')
  const config = { publicUrl: PUBLIC, mcpUrl: PUBLIC, endpoints, corsOrigins: ['https://chatgpt.com'], local, signIn }
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-endpoint-'))
  app.register(identity, { identity: identityOf() })
  const accessFile = join(dataDir, 'access.json')
  if (rules) await writeFile(accessFile, JSON.stringify(rules))
  app.register(
    accessRules, { accessFile, readAccessRules: () => rules ? { rules, lines: [] } : { problems: [] } }
  )
  app.register(
    storage, { dataDir, redisUrl: undefined, secretKeys: [], now: monotonicClock, steady: monotonicClock }
  )
  app.register(audit)
  app.register(usage, { rateLimits: null, refreshTokenTtl: 60 })
  app.register(origin, config)
  if (signIn) app.register(bearer)
  app.register(workersPlugin)
  app.register(eventBus)
  app.register(callerTurns)
  app.register(mcpPlugin, {
    ...config,
    tools,
    iconUrl: `${PUBLIC}/icon.png`,
    library: { of: () => library },
    notes: { of: () => ({}) as never },
    upstreams,
    ...(timeout !== undefined && { timeout })
  })
  app.register(mcpRoutes, config)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await app.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  const send = async (init: RequestInit & { path?: string } = {}) => {
    const response = await fetch(url + (init.path ?? '/'), { method: 'POST', ...init })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
    }
  }
  const post = (body: unknown, headers: Record<string, string> = {}, path = '/') =>
    send({
      path,
      headers: {
        authorization: 'Bearer alice',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers
      },
      body: typeof body === 'string' ? body : JSON.stringify(body)
    })
  /** A request of 2025-11-25 and before. */
  const legacy = (method: string, params?: object, headers: Record<string, string> = {}) =>
    post({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) }, headers)
  /** A request of 2026-07-28. */
  const modern = (method: string, params: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    post(
      modernBody(method, params),
      {
        'mcp-protocol-version': MODERN,
        'mcp-method': method,
        ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
        ...(typeof params['uri'] === 'string' && { 'mcp-name': params['uri'] }),
        ...headers
      }
    )
  const eras = [
    ['legacy', legacy],
    ['modern', modern]
  ] as const
  return { app, url, port, send, post, legacy, modern, eras, ran, aborted, release, logged }
}

/** Writes bytes as they are, for requests that no HTTP client would send, and returns what comes back. */
export async function raw (port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  return answer
}

export const rawPost = (headers: string[], body = '{"jsonrpc":"2.0","id":1,"method":"ping"}') =>
  ['POST / HTTP/1.1', 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join(
    '\r\n'
  )

export const JSON_HEADERS = ['Host: mcp.example.com', 'Content-Type: application/json']
