// The SDK's server for one request, in either protocol era: which methods it answers, and with what (MCP 2026-07-28 and
// 2025-11-25).
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
  tools: ToolRegistry
  resources: Resources
  prompts: Prompts
}

/** What a session of the `initialize` era does for its requests. */
export interface SessionState {
  subscribe(uri: string): Promise<void>
  unsubscribe(uri: string): Promise<void>
  /** Whether the client asked for log lines. */
  logs: boolean
}

export interface FactoryOptions extends Offered {
  services: CallServices
  serverInfo: Implementation
  instructions: () => string
  /** Whether the lists may be stored by caches that several people share. */
  isPublic: boolean
  /** Whether tools and prompts can change while the server runs. */
  reloads: boolean
  /** Gets what the SDK refused or could not do; the client has its answer already. */
  onError(error: Error): void
}

/** For how long a client may cache a list. */
const LIST_TTL_MS = 300_000
/** Of what follows the folder of documents; an open stream announces changes at once. */
const RESOURCES_TTL_MS = 30_000

/** The SDK's channel for identity. The token itself goes no further than its check. */
export const authInfo = (request: McpRequest, session?: SessionState): AuthInfo => ({
  token: '',
  clientId: request.access?.clientId ?? '',
  scopes: request.access?.scopes ?? [],
  extra: { request, session }
})

/** A new server for each request, so that no answer can reach another client; what is costly is built once. */
export function createFactory (options: FactoryOptions): McpServerFactory {
  const { serverInfo, instructions, isPublic, onError } = options
  const cacheScope = isPublic ? 'public' : 'private'
  const stable = { ttlMs: LIST_TTL_MS, cacheScope } as const
  const changing = { ttlMs: RESOURCES_TTL_MS, cacheScope } as const
  const cacheHints: ServerOptions['cacheHints'] = {
    'tools/list': stable,
    'server/discover': stable,
    'prompts/list': stable,
    'resources/templates/list': stable,
    'resources/list': changing,
    'resources/read': { ttlMs: 0, cacheScope }
  }
  return ({ era, authInfo }) => {
    const { request, session } = authInfo!.extra as { request: McpRequest; session?: SessionState }
    const server = new StrictServer(
      serverInfo,
      {
        capabilities: capabilitiesOf(options, era === 'modern' || session !== undefined),
        instructions: instructions(),
        cacheHints
      },
      request.batch
    )
    server.onerror = onError
    const call: Call = { server, request, logs: era === 'modern' || session?.logs === true, onError }
    const callerOf = (context: ServerContext): Caller => ({
      request,
      services: options.services,
      channel: channelOf(call, context)
    })
    answerTools(call, options)
    answerResources(server, options, era, callerOf)
    answerPrompts(server, options, callerOf)
    if (session) answerSession(server, options, session)
    return server
  }
}

interface Call {
  server: Server
  request: McpRequest
  logs: boolean
  onError(error: Error): void
}

/** @param canNotify whether this client can be notified of changes. */
function capabilitiesOf ({ reloads }: FactoryOptions, canNotify: boolean): ServerCapabilities {
  const list = canNotify && reloads ? { listChanged: true } : {}
  return {
    tools: list,
    prompts: list,
    resources: canNotify ? { listChanged: true, subscribe: true } : {},
    completions: {},
    ...(canNotify && { logging: {} })
  }
}

function answerTools (call: Call, { tools, services }: FactoryOptions): void {
  const { server, request } = call
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return { tools: tools.listed }
  })
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const callable = tools.find(params.name)
    if (!callable) throw unknownTool(params.name)
    return callTool(callable, params.arguments, request, services, channelOf(call, context, params.name))
  })
}

const unknownTool = (name: string) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool named ${JSON.stringify(name.slice(0, 64))}. The list of tools has changed: refresh it ` +
    '(in ChatGPT, press Refresh in the settings of this connector)'
  )

type CallerOf = (context: ServerContext) => Caller

function answerResources (server: Server, { resources, prompts }: FactoryOptions, era: string, callerOf: CallerOf): void {
  server.setRequestHandler('resources/list', ({ params }, context) => resources.list(params?.cursor, callerOf(context)))
  server.setRequestHandler('resources/templates/list', ({ params }, context) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return resources.templates(callerOf(context))
  })
  server.setRequestHandler('resources/read', async ({ params }, context) => {
    const result = await resources.read(params.uri, callerOf(context))
    // Only 2026-07-28 has the hint.
    if (era === 'modern') return result
    const { ttlMs: _, ...rest } = result
    return rest
  })
  server.setRequestHandler('completion/complete', ({ params: { ref, argument } }, context) =>
    ref.type === 'ref/prompt'
      ? prompts.complete(ref.name, argument, callerOf(context))
      : resources.complete(ref.uri, argument, callerOf(context))
  )
}

function answerPrompts (server: Server, { prompts }: FactoryOptions, callerOf: CallerOf): void {
  server.setRequestHandler('prompts/list', ({ params }, context) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return prompts.list(callerOf(context))
  })
  server.setRequestHandler('prompts/get', ({ params }, context) =>
    prompts.get(params.name, params.arguments, callerOf(context))
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

/** The SDK takes the client's capabilities from the envelope or from `initialize`, so they are read in one way here. */
function channelOf ({ server, logs, onError }: Call, { mcpReq }: ServerContext, logger?: string): ClientChannel {
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
