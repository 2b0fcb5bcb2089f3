// Serves MCP: makes a route scope speak JSON-RPC, checks each message before it runs, and hands it to a lane (MCP
// 2026-07-28 and 2025-11-25, Streamable HTTP).
import fp from 'fastify-plugin'
import { isJSONRPCResponse } from '@modelcontextprotocol/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as server from '../../version.ts'
import type { Config } from '../../config/index.ts'
import { OAuthError } from '../../errors.ts'
import type { Prompt } from '../../authoring/prompt.ts'
import type { Resource } from '../../authoring/resource.ts'
import type { Tool } from '../../authoring/tool.ts'
import { ofAccess } from '../observability/audit/index.ts'
import type { Access } from '../oauth/grants/contract.ts'
import type { Library } from '../library/contract.ts'
import type { Notes } from '../notes/index.ts'
import { createOnBehalfOf } from './handlers/on-behalf-of.ts'
import { readMessages } from './json-rpc.ts'
import { connectEventBus, createLocalEventBus, type EventBus } from './streams/event-bus.ts'
import type { Meter } from './handlers/contract.ts'
import { createToolRegistry, type ToolRegistry } from './handlers/tools.ts'
import { createChangeLog, type Change, type ChangeLog } from './streams/change-log.ts'
import { callerOf, type McpResponse, type McpRequest } from './contract.ts'
import { createRequestStateCodec } from './handlers/input-required.ts'
import { checkAccess } from './scope-challenge.ts'
import { sendError, checkRequest, prepare, readRequest, send } from './http.ts'
import { createSubscriptions, STREAM_BOUNDS } from './streams/subscriptions.ts'
import { createMessageLimit } from './message-limit.ts'
import { createOpenStreams } from './streams/open-streams.ts'
import { createPrompts } from './handlers/prompts.ts'
import { createResources } from './handlers/resources.ts'
import { createSdkHandler } from './sdk/handler.ts'
import { createFactory, type Offered } from './sdk/server.ts'
import { createSessions } from './sessions/index.ts'
import { REQUEST_BOUNDS } from './sessions/request.ts'
import { createFastPath } from './fast-path.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mcp: Mcp
  }
}

export interface Mcp {
  /** Gives a route scope the body parser, the body limit and the error voice of MCP. */
  prepare(scope: FastifyInstance): void
  /** For after authentication: refuses what no MCP message can be, before its body is read. @throws RpcRefusal. */
  checkRequest(request: FastifyRequest): void
  /** Speaks a refusal in the voice of MCP, for a route outside a prepared scope. */
  refuse(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply
  /** Whether some tool may be called without a sign-in: then the endpoint also takes requests without a token. */
  isOpen(): boolean
  /**
   * Answers a parsed POST, and a GET or DELETE of a session.
   * @param access who is calling, or `null` without sign-in.
   * @param resourceMetadata the metadata URL for a challenge, if the token lacks a scope.
   */
  serve(
    request: FastifyRequest,
    reply: FastifyReply,
    access: Access | null,
    resourceMetadata: string
  ): Promise<FastifyReply>
  /**
   * Offers these from now on, and tells open streams.
   * @throws for a schema that cannot be told to clients; nothing has changed then.
   */
  offer(offer: Offer): void
  /** Tells everybody who wants to know, on every instance. */
  announce(changes: readonly Change[]): Promise<void>
  /** The tools as clients see them now. */
  readonly tools: ToolRegistry['listed']
}

export interface Offer {
  tools: readonly Tool[]
  resources?: readonly Resource[]
  prompts?: readonly Prompt[]
}

export interface McpOptions extends Offer, Pick<Config, 'publicUrl' | 'signIn'> {
  library: Pick<Library, 'of'>
  notes: Pick<Notes, 'of'>
  /** Several instances tell each other through it. */
  redisUrl?: string | undefined
  /** Milliseconds a tool may run: below the 60 seconds after which ChatGPT gives up. */
  timeout?: number
  /** Whether {@link Mcp.offer} will be called while the server runs: clients are then told that lists can change. */
  reloads?: boolean
  /** The absolute URL of this server's picture. */
  iconUrl?: string
}

export default fp(
  async function mcp (app: FastifyInstance, options: McpOptions) {
    const { signIn } = options
    const offered: Offered = {
      catalogue: createToolRegistry(options.tools, signIn),
      resources: createResources(options.resources ?? [], signIn),
      prompts: createPrompts(options.prompts ?? [], signIn)
    }
    const bus =
      options.redisUrl === undefined
        ? createLocalEventBus(app.log)
        : await connectEventBus(options.redisUrl, app.sealing.mac('mcp bus', 'channel').slice(0, 22), app.log)
    const changes = createChangeLog(bus, app.storage, app.now, app.log)
    const onError = (error: Error) => app.log.debug({ err: error }, 'mcp')
    const { sessions, straight, lane } = createLanes(app, options, offered, { bus, changes, onError })
    const messageLimit = createMessageLimit(app)
    const answer = async (
      request: FastifyRequest,
      visit: ReturnType<typeof readRequest>,
      resourceMetadata: string
    ): Promise<McpResponse> => {
      const refused = messageLimit.take(request, visit)
      if (refused) return refused
      if (request.method === 'GET') return sessions.listen(visit)
      if (request.method === 'DELETE') return sessions.end(visit)
      if (visit.headers['mcp-session-id'] !== undefined && isJSONRPCResponse(request.body)) { return sessions.take(visit, request.body) }
      const exchange = visit.with(readMessages(request.body, visit.headers['mcp-protocol-version']))
      const challenge = signIn ? checkAccess(exchange, offered, resourceMetadata) : undefined
      noteFirstUse(app, exchange)
      return challenge ?? straight.serve(exchange) ?? lane(exchange)
    }
    app.decorate('mcp', {
      prepare,
      checkRequest (request) {
        checkRequest(request)
        messageLimit.check(request)
      },
      refuse: sendError,
      isOpen: () => offered.catalogue.open,
      async serve (request, reply, access, resourceMetadata) {
        try {
          return send(reply, await answer(request, readRequest(request, reply, access, signIn), resourceMetadata))
        } catch (error) {
          if (error instanceof OAuthError && error.code === 'unauthorized') { app.audit.recordOnce(request, 'challenge', { reason: error.code }) }
          throw error
        }
      },
      offer ({ tools, resources = [], prompts = [] }) {
        offered.catalogue.replace(tools)
        offered.resources.replace(resources)
        offered.prompts.replace(prompts)
        straight.forget()
        changes
          .announce((['tools', 'resources', 'prompts'] as const).map((list) => ({ kind: `${list}_list_changed` })))
          .catch(onError)
      },
      announce: changes.announce,
      get tools () {
        return offered.catalogue.listed
      }
    } satisfies Mcp)
  },
  { name: 'mcp', dependencies: ['storage', 'audit', 'usage', 'workers'] }
)

interface Wires {
  bus: EventBus
  changes: ChangeLog
  onError(error: Error): void
}

/**
 * What answers: the straight lane, the SDK's behind it, and the sessions. What stays open there ends with the server.
 */
function createLanes (app: FastifyInstance, options: McpOptions, offered: Offered, { bus, changes, onError }: Wires) {
  const { signIn } = options
  const house = createCallServices(app, options)
  const described = describeServer(options, offered.catalogue)
  const factory = createFactory({
    ...offered,
    ...described,
    house,
    shared: !signIn,
    reloads: options.reloads === true,
    onError
  })
  const stillAllows = signIn ? app.grants.stillAllows : undefined
  const open = {
    streams: createOpenStreams(STREAM_BOUNDS, app.now, stillAllows),
    requests: createOpenStreams(REQUEST_BOUNDS, app.now, stillAllows)
  }
  const sessions = createSessions({
    storage: app.storage,
    sealing: app.sealing,
    now: app.now,
    bus,
    changes,
    factory,
    open,
    log: app.log
  })
  const subscriptions = createSubscriptions(changes, described.serverInfo, app.now, open.streams)
  const lane = createSdkHandler({
    factory,
    catalogue: offered.catalogue,
    subscriptions,
    sessions: sessions.serve,
    onError
  })
  const straight = createFastPath({
    catalogue: offered.catalogue,
    house,
    serverInfo: described.serverInfo,
    sdkLane: lane
  })
  // Before the server stops listening: an open stream would keep it from ending.
  app.addHook('preClose', async () => subscriptions.close())
  app.addHook('onClose', async () => {
    open.requests.close()
    bus.close()
  })
  return { sessions, straight, lane }
}

const createCallServices = (app: FastifyInstance, { library, notes, timeout = 25_000 }: McpOptions) => ({
  library,
  notes,
  workers: app.workers,
  timeout,
  meter: createMeter(app),
  onBehalfOf: createOnBehalfOf(app),
  claimsOf: createOnBehalfOf(app, 'claims'),
  states: createRequestStateCodec(app.sealing, app.now)
})

const describeServer = ({ publicUrl, iconUrl }: McpOptions, catalogue: ToolRegistry) => ({
  serverInfo: {
    name: server.name,
    title: 'MCP OAuth Server',
    version: server.version,
    websiteUrl: publicUrl,
    ...(iconUrl !== undefined && { icons: [{ src: iconUrl, mimeType: 'image/png', sizes: ['128x128'] }] })
  },
  instructions: () => instructions(catalogue)
})

const createMeter = (app: FastifyInstance): Meter => ({
  take: (exchange, tool) => app.usage.take(callerOf(exchange), exchange.access, tool),
  called ({ access, requestId }, call) {
    if (access) app.usage.called(access)
    app.audit.note('tool_call', { ...call, ...(access && ofAccess(access)) }, requestId)
  }
})

/** The end of an attempt to connect: the first look at the tools, or call of one. Nobody waits for it. */
function noteFirstUse (app: FastifyInstance, { access, body, requestId, log }: McpRequest): void {
  if (!access || Array.isArray(body) || !body.method.startsWith('tools/')) return
  app.usage
    .isFirstUse(access)
    .then((first) => {
      if (first) app.audit.note('connected', { ...ofAccess(access), attempt: access.attempt }, requestId)
    })
    .catch((error: unknown) => {
      log.warn({ err: error }, 'the first use could not be noted')
    })
}

/** Clients show the first 512 characters to the model, so the use comes first. */
function instructions (catalogue: ToolRegistry): string {
  const reads = catalogue.find('search') && catalogue.find('fetch')
  return [
    reads &&
      'This server holds a library of documents. To answer from it, call search with the words you look for, then fetch with the id of each result you need in full, and cite the url of what you used.',
    'Each tool says in its description when to use it. If a call is refused, the text of the result says what to change.'
  ]
    .filter(Boolean)
    .join(' ')
}
