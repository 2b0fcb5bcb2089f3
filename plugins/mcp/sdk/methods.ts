// The methods that the server answers for tools, resources, prompts and sessions.
import { ProtocolError, ProtocolErrorCode, type Server, type ServerContext } from '@modelcontextprotocol/server'
import type { McpRequest } from '../contract.ts'
import type { ClientChannel } from '../handlers/contract.ts'
import { noSuchPage } from '../handlers/cursor.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import { callTool } from '../handlers/tool-call.ts'
import type { FactoryOptions, SessionState } from './contract.ts'

export interface Call {
  server: Server
  request: McpRequest
  logs: boolean
  onError(error: Error): void
}

export function answerTools (call: Call, { tools, services }: FactoryOptions): void {
  const { server, request } = call
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return { tools: tools.listedFor(request.rights) }
  })
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const callable = tools.find(params.name, request.rights)
    if (!callable) throw unknownTool(params.name)
    return callTool(callable, params.arguments, request, services, channelOf(call, context, params.name))
  })
}

const unknownTool = (name: string) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool named ${JSON.stringify(name.slice(0, 64))}. Use one of tools/list. If an earlier list had it, ` +
    'refresh the list (in ChatGPT, press Refresh in the settings of this connector)'
  )

type CallerOf = (context: ServerContext) => Caller

export function answerResources (server: Server, { resources, prompts }: FactoryOptions, era: string, callerOf: CallerOf): void {
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
  server.setRequestHandler('completion/complete', ({ params: { ref, argument, context: others } }, context) =>
    ref.type === 'ref/prompt'
      ? prompts.complete(ref.name, argument, callerOf(context), others)
      : resources.complete(ref.uri, argument, callerOf(context), others)
  )
}

export function answerPrompts (server: Server, { prompts }: FactoryOptions, callerOf: CallerOf): void {
  server.setRequestHandler('prompts/list', ({ params }, context) => {
    if (params?.cursor !== undefined) throw noSuchPage()
    return prompts.list(callerOf(context))
  })
  server.setRequestHandler('prompts/get', ({ params }, context) =>
    prompts.get(params.name, params.arguments, callerOf(context))
  )
}

export function answerSession (
  { server, request }: Call,
  { resources, services }: FactoryOptions,
  session: SessionState
): void {
  server.setRequestHandler('resources/subscribe', async ({ params }) => {
    await resources.follow(params.uri, { request, services })
    await session.subscribe(params.uri)
    return {}
  })
  server.setRequestHandler('resources/unsubscribe', async ({ params }) => {
    await session.unsubscribe(params.uri)
    return {}
  })
}

/** The SDK takes the client's capabilities from the envelope or from `initialize`, so they are read in one way here. */
export function channelOf ({ server, logs, onError }: Call, { mcpReq }: ServerContext, logger?: string): ClientChannel {
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
