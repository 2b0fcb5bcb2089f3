// Serves MCP: makes a route scope speak JSON-RPC, checks each message before it runs, and hands it to a lane (MCP 2026-07-28 and 2025-11-25, Streamable HTTP).
import fp from 'fastify-plugin'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import manifest from '../../package.json' with { type: 'json' }
import type { Config } from '../../config.ts'
import { OAuthError } from '../../errors.ts'
import type { Tool } from '../../tools/define-tool.ts'
import { ofAccess } from '../audit/index.ts'
import { missingScope } from '../bearer.ts'
import type { Access } from '../grants/contract.ts'
import type { Library } from '../library/contract.ts'
import type { Notes } from '../notes/index.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import { readMessages, readText } from './body.ts'
import type { Meter } from './call.ts'
import { createCatalogue, type Catalogue } from './catalogue.ts'
import type { Answer, Exchange } from './contract.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, RpcRefusal } from './refusal.ts'
import { createSdkLane } from './sdk-lane.ts'

declare module 'fastify' {
  interface FastifyInstance { mcp: Mcp }
}

export interface Mcp {
  /** Gives a route scope the body parser, the body limit and the error voice of MCP. */
  prepare (scope: FastifyInstance): void
  /** An `onRequest` hook, for after authentication: refuses what no MCP message can be, before its body is read. */
  checkRequest (request: FastifyRequest): Promise<void>
  /** Speaks a refusal in the voice of MCP, for a route outside a prepared scope. */
  refuse (error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply
  /**
   * Answers a parsed POST.
   * @param access who is calling, or `null` without sign-in.
   * @param resourceMetadata the metadata URL for a challenge, if the token lacks a scope.
   */
  serve (request: FastifyRequest, reply: FastifyReply, access: Access | null, resourceMetadata: string): Promise<FastifyReply>
}

export interface McpOptions extends Pick<Config, 'publicUrl' | 'signIn'> {
  tools: readonly Tool[]
  library: Pick<Library, 'of'>
  notes: Pick<Notes, 'of'>
  /** Milliseconds a tool may run: below the 60 seconds after which ChatGPT gives up. */
  deadline?: number
}

export default fp(async function mcp (app: FastifyInstance, { tools, library, notes, publicUrl, signIn, deadline = 25_000 }: McpOptions) {
  const catalogue = createCatalogue(tools, signIn)
  const lane = createSdkLane({
    catalogue,
    house: { library, notes, workers: app.workers, deadline, meter: createMeter(app) },
    serverInfo: { name: manifest.name, title: 'MCP OAuth Server', version: manifest.version, websiteUrl: publicUrl },
    instructions: instructions(catalogue),
    shared: !signIn,
    onError: (error) => app.log.debug({ err: error }, 'mcp')
  })
  app.decorate('mcp', {
    prepare,
    checkRequest,
    refuse: answerError,
    async serve (request, reply, access, resourceMetadata) {
      const exchange = readExchange(request, reply, access)
      checkScopes(exchange, catalogue, resourceMetadata)
      noteFirstUse(app, exchange)
      return send(reply, await lane(exchange))
    }
  } satisfies Mcp)
}, { name: 'mcp', dependencies: ['audit', 'usage', 'workers'] })

const createMeter = (app: FastifyInstance): Meter => ({
  take: ({ access }, tool) => app.usage.take(access, tool),
  called ({ access, requestId }, call) {
    if (access) app.usage.called(access)
    app.audit.note('tool_call', { ...call, ...(access && ofAccess(access)) }, requestId)
  }
})

/** The end of an attempt to connect: the first look at the tools, or call of one. Nobody waits for it. */
function noteFirstUse (app: FastifyInstance, { access, body, requestId, log }: Exchange): void {
  if (!access || Array.isArray(body) || !body.method.startsWith('tools/')) return
  app.usage.isFirstUse(access).then((first) => {
    if (first) app.audit.note('connected', { ...ofAccess(access), attempt: access.attempt }, requestId)
  }).catch((error: unknown) => { log.warn({ err: error }, 'the first use could not be noted') })
}

/** Clients show the first 512 characters to the model, so the use comes first. */
function instructions (catalogue: Catalogue): string {
  const reads = catalogue.find('search') && catalogue.find('fetch')
  return [
    reads && 'This server holds a library of documents. To answer from it, call search with the words you look for, then fetch with the id of each result you need in full, and cite the url of what you used.',
    'Each tool says in its description when to use it. If a call is refused, the text of the result says what to change.'
  ].filter(Boolean).join(' ')
}

function prepare (scope: FastifyInstance): void {
  // Our own limits come first; Fastify's parser then refuses a key named __proto__.
  const parseJson = scope.getDefaultJsonParser('error', 'error')
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    try {
      parseJson(request, readText(bytes), done)
    } catch (error) {
      done(error as Error)
    }
  })
  scope.setErrorHandler(answerError)
}

/** Parameters other than the one charset JSON has are refused too: nobody needs them, and odd ones have slipped past parsers (CVE-2026-25223). */
const JSON_TYPE = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i

async function checkRequest ({ method, headers }: FastifyRequest): Promise<void> {
  if (method !== 'POST') throw new RpcRefusal(405, INVALID_REQUEST, 'Method Not Allowed: send each message as a POST', { headers: { allow: 'POST' } })
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new RpcRefusal(415, INVALID_REQUEST, 'Unsupported Media Type: send application/json, not compressed')
  }
}

function readExchange (request: FastifyRequest, reply: FastifyReply, access: Access | null): Exchange {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith('mcp-') && value !== undefined) headers[name] = String(value)
  }
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return { body: readMessages(request.body, headers['mcp-protocol-version']), headers, access, requestId: request.id, signal: gone.signal, log: request.log }
}

/** MCP "Scope Challenge Handling": everything the request needs is asked for in one challenge, before anything runs. */
function checkScopes ({ body, access }: Exchange, catalogue: Catalogue, resourceMetadata: string): void {
  if (!access) return
  const needed = new Set<string>()
  for (const message of [body].flat()) {
    const name = message.method === 'tools/call' ? message.params?.['name'] : undefined
    const callable = typeof name === 'string' ? catalogue.find(name) : undefined
    for (const scope of callable?.tool.scopes ?? []) needed.add(scope)
  }
  if (!needed.isSubsetOf(new Set(access.scopes))) throw missingScope(resourceMetadata, [...needed])
}

const send = (reply: FastifyReply, { status, headers, body }: Answer): FastifyReply => reply.code(status).headers(headers).send(body)

/** Refusals of the protocol are JSON-RPC errors; those of authorization are what the SDK's own servers send, and clients look only at their headers. */
function answerError (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof OAuthError) {
    return reply.code(error.statusCode).headers(error.headers).send({ error: error.code, error_description: error.message })
  }
  const refusal = error instanceof RpcRefusal ? error : toRefusal(error, request)
  return reply.code(refusal.statusCode).headers(refusal.headers).send(refusal.body)
}

function toRefusal (error: FastifyError | Error, request: FastifyRequest): RpcRefusal {
  if (error instanceof StorageUnavailable) {
    request.log.warn({ err: error }, 'storage unavailable')
    return new RpcRefusal(503, INTERNAL_ERROR, 'Service Unavailable: try again in a few seconds', { headers: { 'retry-after': '5' } })
  }
  const { code, statusCode = 500 } = error as FastifyError
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new RpcRefusal(413, INVALID_REQUEST, 'Content Too Large: send less at once')
  if (code?.startsWith('FST_ERR_CTP_')) return new RpcRefusal(400, PARSE_ERROR, 'Parse error: the body is not JSON, or has a key named __proto__')
  if (statusCode < 500) return new RpcRefusal(statusCode, INVALID_REQUEST, error.message)
  request.log.error({ err: error }, 'mcp request failed')
  return new RpcRefusal(500, INTERNAL_ERROR, `Internal error: whoever runs the server finds it in the log as ${request.id}`)
}
