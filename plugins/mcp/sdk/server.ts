// The SDK's server for one request, in either protocol era: which methods it answers, and with what (MCP 2026-07-28 and
// 2025-11-25).
import type {
  AuthInfo,
  McpServerFactory,
  ServerCapabilities,
  ServerContext,
  ServerOptions
} from '@modelcontextprotocol/server'
import type { McpRequest } from '../contract.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import type { FactoryOptions, SessionState } from './contract.ts'
import { answerPrompts, answerResources, answerSession, answerTools, channelOf, type Call } from './methods.ts'
import { StrictServer } from './strict-server.ts'

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
        ...(saysInstructions(request) && { instructions: instructions(request) }),
        cacheHints
      },
      request
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
    if (session) answerSession(call, options, session)
    return server
  }
}

const SAYING = new Set(['initialize', 'server/discover'])

/** To make them, rules are asked about all that existing servers offer. */
const saysInstructions = ({ body }: McpRequest): boolean => [body].flat().some(({ method }) => SAYING.has(method))

/** @param canNotify whether this client can be notified of changes. */
function capabilitiesOf (
  { canChange, extensions }: FactoryOptions,
  canNotify: boolean
): ServerCapabilities {
  const list = canNotify && canChange() ? { listChanged: true } : {}
  return {
    tools: list,
    prompts: list,
    resources: canNotify ? { listChanged: true, subscribe: true } : {},
    completions: {},
    ...(canNotify && { logging: {} }),
    ...(extensions && { extensions })
  }
}
