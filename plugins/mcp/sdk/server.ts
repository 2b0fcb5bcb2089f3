// The SDK's server for one exchange, in either protocol era: which methods it answers, and with what (MCP 2026-07-28
// and 2025-11-25).
import {
  ProtocolError,
  ProtocolErrorCode,
  type AuthInfo,
  type Implementation,
  type McpServerFactory,
  type Server,
  type ServerCapabilities,
  type ServerContext,
  type ServerOptions
} from '@modelcontextprotocol/server'
import { callTool } from '../handlers/tool-call.ts'
import type { ToolRegistry } from '../handlers/tools.ts'
import type { McpRequest } from '../contract.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import { noSuchPage } from '../handlers/cursor.ts'
import type { Prompts } from '../handlers/prompts.ts'
import type { Resources } from '../handlers/resources.ts'
import type { ClientChannel, CallServices } from '../handlers/contract.ts'
import { StrictServer } from './strict-server.ts'

/** All that is offered. What changes while the server runs changes inside of these. */
export interface Offered {
  catalogue: ToolRegistry
  resources: Resources
  prompts: Prompts
}

/** What a session of the `initialize` era remembers for its exchanges. */
export interface SessionState {
  subscribe(uri: string): Promise<void>
  unsubscribe(uri: string): Promise<void>
  /** Whether the client asked for log lines. */
  logs: boolean
}

export interface FactoryOptions extends Offered {
  house: CallServices
  serverInfo: Implementation
  instructions: () => string
  /** Whether the lists may be kept by caches that several people share. */
  shared: boolean
  /** Whether tools and prompts can change while the server runs. */
  reloads: boolean
  /** Told what the SDK refused or could not do; the client has its answer already. */
  onError(error: Error): void
}

/** Milliseconds a client may keep a list before it asks again. */
const LIST_TTL_MS = 300_000
/** Of what follows the folder of documents; a stream that is open tells of changes at once. */
const RESOURCES_TTL_MS = 30_000

/** The SDK's channel for identity. The token itself goes no further than its check. */
export const authInfo = (exchange: McpRequest, session?: SessionState): AuthInfo => ({
  token: '',
  clientId: exchange.access?.clientId ?? '',
  scopes: exchange.access?.scopes ?? [],
  extra: { exchange, session }
})

/** A fresh server for each exchange, so that no answer can reach another client; what is costly is built once. */
export function createFactory (options: FactoryOptions): McpServerFactory {
  const { serverInfo, instructions, shared, onError } = options
  const cacheScope = shared ? 'public' : 'private'
  const fixed = { ttlMs: LIST_TTL_MS, cacheScope } as const
  const moving = { ttlMs: RESOURCES_TTL_MS, cacheScope } as const
  const cacheHints: ServerOptions['cacheHints'] = {
    'tools/list': fixed,
    'server/discover': fixed,
    'prompts/list': fixed,
    'resources/templates/list': fixed,
    'resources/list': moving,
    'resources/read': { ttlMs: 0, cacheScope }
  }
  return ({ era, authInfo }) => {
    const { exchange, session } = authInfo!.extra as { exchange: McpRequest; session?: SessionState }
    const server = new StrictServer(serverInfo, {
      capabilities: capabilities(options, era === 'modern' || session !== undefined),
      instructions: instructions(),
      cacheHints
    })
    server.onerror = onError
    const call: Call = { server, exchange, logs: era === 'modern' || session?.logs === true, onError }
    answerTools(call, options)
    answerResources(call, options, era)
    answerPrompts(call, options)
    if (session) answerSession(server, options, session)
    return server
  }
}

interface Call {
  server: Server
  exchange: McpRequest
  logs: boolean
  onError(error: Error): void
}

/** @param told whether there is a way to tell this client of changes. */
function capabilities ({ reloads }: FactoryOptions, told: boolean): ServerCapabilities {
  const list = told && reloads ? { listChanged: true } : {}
  return {
    tools: list,
    prompts: list,
    resources: told ? { listChanged: true, subscribe: true } : {},
    completions: {},
    ...(told && { logging: {} })
  }
}

function answerTools (call: Call, { catalogue, house }: FactoryOptions): void {
  const { server, exchange } = call
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return { tools: catalogue.listed }
  })
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const callable = catalogue.find(params.name)
    if (!callable) throw unknownTool(params.name)
    return callTool(callable, params.arguments, exchange, house, conversation(call, context, params.name))
  })
}

const unknownTool = (name: string) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool named ${JSON.stringify(name.slice(0, 64))}. The list of tools has changed: refresh it (in ChatGPT, press Refresh in the settings of this connector)`
  )

function answerResources (call: Call, { resources, prompts, house }: FactoryOptions, era: string): void {
  const { server } = call
  const caller = (context: ServerContext): Caller => ({
    exchange: call.exchange,
    house,
    conversation: conversation(call, context)
  })
  server.setRequestHandler('resources/list', ({ params }, context) => resources.list(params?.cursor, caller(context)))
  server.setRequestHandler('resources/templates/list', ({ params }, context) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return resources.templates(caller(context))
  })
  server.setRequestHandler('resources/read', async ({ params }, context) => {
    const result = await resources.read(params.uri, caller(context))
    // Only 2026-07-28 has the hint.
    if (era === 'modern') return result
    const { ttlMs: _, ...rest } = result
    return rest
  })
  server.setRequestHandler('completion/complete', ({ params: { ref, argument } }, context) =>
    ref.type === 'ref/prompt'
      ? prompts.complete(ref.name, argument, caller(context))
      : resources.complete(ref.uri, argument, caller(context))
  )
}

function answerPrompts (call: Call, { prompts, house }: FactoryOptions): void {
  const { server } = call
  const caller = (context: ServerContext): Caller => ({
    exchange: call.exchange,
    house,
    conversation: conversation(call, context)
  })
  server.setRequestHandler('prompts/list', ({ params }, context) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return prompts.list(caller(context))
  })
  server.setRequestHandler('prompts/get', ({ params }, context) =>
    prompts.get(params.name, params.arguments, caller(context))
  )
}

function answerSession (server: Server, { resources }: FactoryOptions, session: SessionState): void {
  server.setRequestHandler('resources/subscribe', async ({ params }) => {
    if (!resources.find(params.uri)) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        'There is no such resource: take a uri from the list of resources',
        { uri: params.uri }
      )
    }
    await session.subscribe(params.uri)
    return {}
  })
  server.setRequestHandler('resources/unsubscribe', async ({ params }) => {
    await session.unsubscribe(params.uri)
    return {}
  })
}

/**
 * The accessor for the client's capabilities serves both eras: the SDK fills it from the envelope or from `initialize`.
 */
function conversation ({ server, logs, onError }: Call, { mcpReq }: ServerContext, logger?: string): ClientChannel {
  return {
    capabilities: server.getClientCapabilities(),
    meta: { ...mcpReq.envelope, ...mcpReq._meta },
    inputResponses: mcpReq.inputResponses,
    requestState: mcpReq.requestState<string>(),
    notifyProgress: (params) => {
      mcpReq.notify({ method: 'notifications/progress', params }).catch(onError)
    },
    ...(logs && {
      log: (level, message) => {
        mcpReq.log(level, message, logger).catch(onError)
      }
    })
  }
}
