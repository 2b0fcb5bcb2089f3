// Servers that nobody here wrote, and small ones on libraries that nobody here wrote, to be named in mcp.json.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { McpServer as V1Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { FastMCP } from 'fastmcp'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { z } from 'zod'
import { childEnvironment } from '../../helpers/child-environment.ts'
import { freePort } from '../../helpers/ports.ts'
import { startServer, type ServerOptions, type TestServer } from '../../helpers/server.ts'
import type { Start } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'

interface Teardown {
  teardown(work: () => unknown): void
}

const MODULES = new URL('../../../node_modules/@modelcontextprotocol/', import.meta.url).pathname
const FIXTURES = new URL('../../fixtures/upstreams/', import.meta.url).pathname
const programOf = (name: string) => `${MODULES}${name}/dist/index.js`

const command = (...args: string[]) => ({
  command: process.execPath,
  args,
  env: { NODE_COMPILE_CACHE: childEnvironment()['NODE_COMPILE_CACHE'] ?? '' }
})

export async function newFolder (t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upstreams-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const everything = { ...command(programOf('server-everything')), process: 'per-user' }
export const filesystem = (folder: string) => command(programOf('server-filesystem'), folder)
/** A process for each person, and a file for each person in this folder. */
export const memory = (folder: string) => ({ ...command(`${FIXTURES}memory-of-person.ts`, folder), process: 'per-user' })

/** server-everything over Streamable HTTP, with sessions. */
export async function startEverything (t: Teardown): Promise<{ url: string }> {
  const port = await freePort()
  const child = spawn(process.execPath, [programOf('server-everything'), 'streamableHttp'], {
    env: childEnvironment({ PORT: String(port) }),
    stdio: 'ignore'
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const url = `http://127.0.0.1:${port}/mcp`
  await until(() => fetch(url).then(() => true, () => false))
  return { url }
}

/** FastMCP for TypeScript. */
export async function startFastMcp (t: Teardown): Promise<{ url: string }> {
  const quiet = { debug () {}, error () {}, info () {}, log () {}, warn () {} }
  const server = new FastMCP({ name: 'fast', version: '1.0.0', logger: quiet })
  server.addTool({
    name: 'add',
    description: 'Adds two numbers.',
    parameters: z.object({ a: z.number(), b: z.number() }),
    annotations: { readOnlyHint: true },
    execute: async ({ a, b }) => String(a + b)
  })
  server.addTool({
    name: 'count',
    description: 'Reports as it goes.',
    annotations: { readOnlyHint: true },
    async execute (_args, { log, reportProgress }) {
      log.info('counting')
      await reportProgress({ progress: 1, total: 2 })
      return { content: [{ type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }] }
    }
  })
  const port = await freePort()
  await server.start({ transportType: 'httpStream', httpStream: { port, host: '127.0.0.1' } })
  t.teardown(() => server.stop())
  return { url: `http://127.0.0.1:${port}/mcp` }
}

const text = (text: string) => ({ content: [{ type: 'text' as const, text }] })

export async function listen (t: Teardown, listener: RequestListener): Promise<{ url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` }
}

const forwarded = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-forwarded-')))

/** On SDK v1, with sessions: says who calls by its headers, and learns a tool while it runs, which it tells. */
export async function startV1 (t: Teardown) {
  const sessions = new Map<string, { server: V1Server; transport: StreamableHTTPServerTransport }>()
  const learn = (server: V1Server) => server.registerTool('learned', {}, async () => text('learned'))
  const started = await listen(t, async (request, response) => {
    const known = sessions.get(request.headers['mcp-session-id'] as string)
    if (known) return await known.transport.handleRequest(request, response)
    const server = new V1Server({ name: 'v1', version: '1' })
    server.registerTool('whoami', { annotations: { readOnlyHint: true } }, async () =>
      text(JSON.stringify(forwarded(request))))
    server.registerTool('by_request', {}, async ({ requestInfo }: any) =>
      text(JSON.stringify(Object.fromEntries(Object.entries(requestInfo.headers).filter(([name]) => name.startsWith('x-forwarded-'))))))
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => { sessions.set(id, { server, transport }) }
    })
    await server.connect(transport as never)
    return await transport.handleRequest(request, response)
  })
  return { ...started, learn: () => sessions.forEach(({ server }) => learn(server)) }
}

/** On SDK v2, of 2026-07-28 alone: whoever calls has a token of our server, which it checks against the keys there. */
export async function startV2 (t: Teardown, known: string | Promise<string>) {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined
  let url = ''
  const handler = createMcpHandler(({ authInfo }) => {
    const server = new McpServer({ name: 'v2', version: '1' }, { capabilities: { logging: {} } })
    server.registerTool('whoami', { annotations: { readOnlyHint: true } }, async (ctx) => {
      await ctx.mcpReq.log('info', 'checking the token')
      return text(JSON.stringify(authInfo?.extra))
    })
    return server
  }, { legacy: 'reject' })
  ;({ url } = await listen(t, async (request, response) => {
    const issuer = await known
    keys ??= createRemoteJWKSet(new URL(`${issuer}/jwks`))
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    const verified = await jwtVerify(token, keys, { issuer, audience: url, typ: 'mcp-upstream+jwt' }).catch(() => undefined)
    if (!verified) return response.writeHead(401).end()
    const chunks = await request.toArray()
    const asked = new Request(url, {
      method: request.method!,
      headers: request.headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) })
    })
    const authInfo = { token, clientId: '', scopes: [], extra: verified.payload }
    const answer = await handler.fetch(asked, { authInfo })
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    return response.end(await answer.text())
  }))
  t.teardown(() => handler.close())
  return { url, identity: 'token' }
}

/** @returns the path of the file. */
export async function writeMcpJson (t: Teardown, mcpServers: Record<string, object>): Promise<string> {
  const file = join(await newFolder(t), 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  return file
}

/** A server with these behind it, once what each offers is there. */
export async function startBefore (
  t: Teardown,
  mcpServers: Record<string, object>,
  { env, ...options }: ServerOptions = {},
  start: Start = (options) => startServer(t, options)
): Promise<TestServer> {
  const file = await writeMcpJson(t, mcpServers)
  const server = await start({ ...options, env: { AUTH_BACKEND: 'local', UPSTREAMS: file, ...env } })
  const isThere = await until(() => server.app.upstreams.all.every(({ catalogue }) => catalogue.tools.length > 0))
  if (!isThere) {
    throw new Error(JSON.stringify(server.app.upstreams.all.map((upstream) => upstream.status())))
  }
  return server
}
