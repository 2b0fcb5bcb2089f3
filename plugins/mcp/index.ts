// Serves MCP over Streamable HTTP, in both protocol eras (MCP 2026-07-28 and 2025-11-25).
//
// A request passes these states, and a refusal may end it in each:
//
//   head    pipeline.ts          origin -> token -> form of the request -> flood limit
//   body    json-rpc.ts          depth, number of members -> JSON -> messages
//   ready   pipeline.ts          the token once more: it may have been revoked meanwhile
//   counted answer.ts            message limit -> scopes (scope-challenge.ts)
//   served  fast-path.ts         nearly every request: one JSON object
//           sessions/            GET, DELETE, and POSTs of clients that can be asked back
//           sdk/                 everything else, by the official SDK
//   open    streams/             subscriptions, and changes from all instances
//
// handlers/ runs tools, resources and prompts for all three; endpoint.ts builds the parts. The room offers `app.mcp`,
// and uses the tokens, notes, library, audit log and quotas of others. It knows no URL.
// Tested in test/plugins/mcp/pipeline.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { ALL_RIGHTS } from '../access-rules/contract.ts'
import { rightsOfAccess } from '../access-rules/principal.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { createAnswer } from './answer.ts'
import type { MayGoOn, McpOptions, Offer } from './contract.ts'
import { buildEndpoint } from './endpoint.ts'
import { createPrompts } from './handlers/prompts.ts'
import { createResources } from './handlers/resources.ts'
import { createToolRegistry, type ToolRegistry } from './handlers/tools.ts'
import { prepare } from './http.ts'
import { LargeBodies } from './large-bodies.ts'
import { createMessageLimit } from './message-limit.ts'
import { noteFirstUse } from './metering.ts'
import { createPipeline, type McpPipeline } from './pipeline.ts'
import { createRelayed } from './relay/index.ts'
import { isThere } from './scope-challenge.ts'
import type { Offered } from './sdk/contract.ts'
import { createChangeLog, LIST_CHANGES, type Change } from './streams/change-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mcp: Mcp
  }
}

export interface Mcp {
  /** Gives a route scope the body parser and the error handler of MCP. */
  prepare(scope: FastifyInstance): void
  /** How requests to one URL of the endpoint are served. @param resourceMetadata the metadata URL for challenges. */
  pipeline(resourceMetadata: string): McpPipeline
  /**
   * Offers these from now on, and notifies open streams.
   * @throws for a schema that JSON Schema cannot express; nothing has changed then.
   */
  offer(offer: Offer): void
  /** Notifies the streams that may know of the changes, on every instance. */
  announce(changes: readonly Change[]): Promise<void>
  /** The tools as a client of this caller sees them now. */
  toolsFor: ToolRegistry['listedFor']
}

export default fp(
  async function mcp (app: FastifyInstance, options: McpOptions) {
    const { signIn } = options
    const relayed = options.upstreams && createRelayed(options.upstreams, { ...options, log: app.log })
    const own = {
      resources: createResources(options.resources ?? [], signIn),
      prompts: createPrompts(options.prompts ?? [], signIn)
    }
    const offered: Offered = {
      tools: createToolRegistry(options.tools, signIn, {
        remarks: { search: options.libraryDescription && `The library holds: ${options.libraryDescription}` },
        relayed: relayed?.tools
      }),
      ...(relayed?.join(own) ?? own)
    }
    app.accessRules.checkResources((options.resources ?? []).flatMap(({ name, uri }) => [name, uri]))
    const { bus } = app
    const changes = createChangeLog(bus, app.storage, app.now, app.log)
    const onError = (error: Error) => app.log.debug({ err: error }, 'mcp')
    /** A tool that was left out under a former name is the one that has another name now. */
    const currentName = (tool: string) => offered.tools.find(tool, ALL_RIGHTS)?.name ?? tool
    const rightsOf = (access: Access | null) =>
      rightsOfAccess(app.accessRules, access?.without ? { ...access, without: access.without.map(currentName) } : access)
    const mayGoOn: MayGoOn = (body, access) => isThere(body, offered, rightsOf(access))
    const endpoint = buildEndpoint({ app, options, offered, relayed, bus, changes, rightsOf, mayGoOn, onError })
    app.accessRules.onChange(endpoint.fastPath.forget)
    relayed?.onChange((changed, isOffer) => {
      if (isOffer) {
        offered.tools.replace()
        endpoint.fastPath.forget()
      }
      changes.announce(changed).catch(onError)
    })
    const messageLimit = createMessageLimit(app)
    const largeBodies = new LargeBodies()
    const answer = createAnswer({
      ...endpoint,
      messageLimit,
      offered,
      signIn,
      noteFirstUse: (mcpRequest) => noteFirstUse(app, mcpRequest)
    })
    const { calls } = endpoint
    const isOpen = () => offered.tools.isOpenFor(rightsOf(null))
    const deps = { answer, messageLimit, largeBodies, signIn, rightsOf, mayGoOn, calls, isOpen }

    app.decorate('mcp', {
      prepare: (scope) => prepare(scope, messageLimit, largeBodies),
      pipeline: (resourceMetadata) => createPipeline(app, resourceMetadata, deps),
      offer ({ tools, resources = [], prompts = [] }) {
        offered.tools.replace(tools)
        offered.resources.replace(resources)
        offered.prompts.replace(prompts)
        endpoint.fastPath.forget()
        changes.announce(LIST_CHANGES).catch(onError)
      },
      announce: changes.announce,
      toolsFor: offered.tools.listedFor
    } satisfies Mcp)
  },
  { name: 'mcp', dependencies: ['caller-turns', 'event-bus', 'access-rules', 'storage', 'audit', 'usage', 'workers'] }
)
