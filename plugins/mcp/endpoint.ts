// Builds what answers MCP requests (the fast path, the SDK's handler behind it, the sessions, the open streams) and ends
// with the server what is still open.
// Tested in test/plugins/mcp/pipeline.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Rights } from '../access-rules/contract.ts'
import { principalOfUser } from '../access-rules/principal.ts'
import type { Access } from '../oauth/grants/contract.ts'
import type { Follower, MayGoOn, McpHandler, McpOptions } from './contract.ts'
import { createFastPath, type FastPath } from './fast-path.ts'
import type { CallServices } from './handlers/contract.ts'
import { createOnBehalfOf } from './handlers/on-behalf-of.ts'
import { createRequestStateCodec } from './handlers/request-state.ts'
import { createMeter } from './metering.ts'
import type { OpenCalls } from './request-context.ts'
import type { Relayed } from './relay/index.ts'
import type { Offered } from './sdk/contract.ts'
import { createSdkHandler } from './sdk/handler.ts'
import { createFactory } from './sdk/server.ts'
import { instructionsFor, serverInfoOf } from './server-info.ts'
import { createSessions, type Sessions } from './sessions/index.ts'
import { REQUEST_BOUNDS } from './sessions/request.ts'
import type { ChangeLog } from './streams/change-log.ts'
import type { EventBus } from '../event-bus.ts'
import { extensionsOf } from './extensions.ts'
import type { Bounds } from './streams/contract.ts'
import { createOpenStreams } from './streams/open-streams.ts'
import { createSubscriptions, STREAM_BOUNDS } from './streams/subscriptions.ts'

const UNBOUNDED = { perGrant: Infinity, perPerson: Infinity, inAll: Infinity }

export interface EndpointDeps {
  app: FastifyInstance
  options: McpOptions
  offered: Offered
  /** What upstreams offer; absent without any. */
  relayed?: Relayed | undefined
  bus: EventBus
  changes: ChangeLog
  /** What a caller may use now. */
  rightsOf(access: Access | null): Rights
  mayGoOn: MayGoOn
  /** Gets what the SDK refused or could not do. */
  onError(error: Error): void
}

export interface Endpoint {
  sessions: Sessions
  fastPath: FastPath
  sdkHandler: McpHandler
  calls: OpenCalls
}

export function buildEndpoint ({ app, options, offered, relayed, bus, changes, rightsOf, mayGoOn, onError }: EndpointDeps): Endpoint {
  const { tools } = offered
  const stillAllows = options.signIn ? app.stillAllows : () => true
  const services = createCallServices(app, options, stillAllows)
  const serverInfo = serverInfoOf(options, app.identity)
  const factory = createFactory({
    ...offered,
    services,
    serverInfo,
    instructions: ({ rights }) => {
      const leftOut = options.library.of(null, rights.documents).unread?.()
      const own = instructionsFor((name) => tools.find(name, rights), app.identity.instructions, options.libraryDescription, leftOut)
      return [own, relayed?.instructionsFor(rights) ?? []].flat().join('\n\n')
    },
    isPublic: !options.signIn,
    canChange: () => options.reloads === true || relayed !== undefined || app.accessRules.isOn,
    extensions: options.signIn ? extensionsOf(app.clients) : undefined,
    onError
  })
  const openOf = (bounds: Bounds) => createOpenStreams(bounds, app.now, stillAllows, (access) => rightsOf(access).key)
  // Of calls each is a message that was counted, and ends in time.
  const open = { streams: openOf(STREAM_BOUNDS), requests: openOf(REQUEST_BOUNDS), calls: openOf(UNBOUNDED) }
  const { storage, sealing, now, log } = app
  const follow = (uri: string, request: Follower) => offered.resources.follow(uri, { request, services })
  const sessions = createSessions({ storage, sealing, now, log, bus, changes, factory, open, rightsOf, mayGoOn, follow })
  const subscriptions = createSubscriptions(changes, serverInfo, now, rightsOf, open.streams)
  const sdkHandler = createSdkHandler({ factory, ...offered, services, subscriptions, sessions: sessions.serve, onError })
  const fastPath = createFastPath({ tools, services, serverInfo, sdkHandler })
  // Before the server stops listening: an open stream would keep it from closing.
  app.addHook('preClose', async () => subscriptions.close())
  app.addHook('onClose', async () => {
    open.requests.close()
    open.calls.close()
  })
  return { sessions, fastPath, sdkHandler, calls: open.calls }
}

function createCallServices (
  app: FastifyInstance,
  { library, notes, timeout = 25_000 }: McpOptions,
  stillAllows: (access: Access) => boolean | Promise<boolean>
): CallServices {
  return {
    library,
    notes,
    workers: app.workers,
    timeout,
    meter: createMeter(app, stillAllows),
    stillAllows,
    groupsOf: (user) => app.accessRules.groupsOf(principalOfUser(user)),
    onBehalfOf: createOnBehalfOf(app),
    claims: createOnBehalfOf(app, 'claims'),
    states: createRequestStateCodec(app.sealing, app.now)
  }
}
