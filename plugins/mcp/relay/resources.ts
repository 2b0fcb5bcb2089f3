// Resources of upstreams beside ours: listed for each caller,
// found by their URI, read and followed (MCP "Resources").
import { isInputRequiredResult, ProtocolError, ResourceNotFoundError, type ReadResourceResult } from '@modelcontextprotocol/server'
import type { Rights } from '../../access-rules/contract.ts'
import type { Upstream } from '../../upstreams/contract.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import { maySee, type Resources } from '../handlers/resources.ts'
import { NOTHING, relayCompletion } from './complete.ts'
import type { Relay } from './contract.ts'
import { siteOfCaller, upstreamCaller } from './exchange.ts'
import { relayedError } from './faults.ts'
import { relayGuarded, toProtocolError } from './guarded.ts'
import { completedFor, hasArgument, withoutHidden } from './hidden-resources.ts'
import type { Owners } from './owners.ts'
import { READING } from './prompts.ts'
import { listOf } from './resource-list.ts'
import { readResult } from './results.ts'

/** @param own ours; a resource of an upstream never takes the place of one of them. */
export function withRelayedResources (own: Resources, relay: Relay, owners: Owners, signIn: boolean): Resources {
  const sees = ({ request: { access } }: { request: Pick<Caller['request'], 'access'> }) => maySee(READING, access, signIn)
  const ownerOf = (uri: string, rights: Rights) =>
    own.owns(uri) ? undefined : owners.ownerOf(uri, rights)
  const mayList = ({ request: { rights } }: Caller) => (upstream: string, uri: string) =>
    !own.owns(uri) && owners.mayRead(upstream, uri, rights)
  const templatesOf = ({ settings, catalogue }: Upstream, rights: Rights) =>
    catalogue.templates.filter(({ name, uriTemplate }) =>
      !own.owns(uriTemplate) && rights.mayOf(settings.name, 'resources', name, uriTemplate))
  const hasTemplate = (uri: string, rights: Rights) => (one: Upstream) => templatesOf(one, rights).some(isTemplate(uri))

  return {
    ...own,
    find: (uri, rights) => own.find(uri, rights) ?? (ownerOf(uri, rights) === undefined ? undefined : READING),
    completes: (uri, rights) => own.completes(uri, rights) || relay.upstreams.all.some(hasTemplate(uri, rights)),
    list (cursor, caller) {
      const having = sees(caller) ? relay.upstreams.all.filter((upstream) => mayAsk(upstream, caller.request.rights)) : []
      return own.list(cursor, caller, having.map((upstream) => listOf(upstream, caller, relay, mayList(caller))))
    },
    templates (caller) {
      const having = sees(caller) ? relay.upstreams.all : []
      const theirs = having.flatMap((upstream) => templatesOf(upstream, caller.request.rights))
      return { resourceTemplates: [...own.templates(caller).resourceTemplates, ...theirs] }
    },
    async read (uri, caller) {
      const upstream = ownerOf(uri, caller.request.rights)
      if (upstream === undefined) return own.read(uri, caller)
      const asked = {
        upstream,
        method: 'resources/read' as const,
        params: { uri },
        asked: [uri],
        timeoutMs: relay.settingsOf(upstream).timeoutMs
      }
      const read = await relayGuarded(relay, asked, caller, 'The resource', (result) => readContents(upstream, result))
      if (isInputRequiredResult(read)) return read
      return { ...read, contents: await withoutHidden(read.contents, upstream, uri, caller.request.rights, owners) }
    },
    async complete (uri, argument, caller, context) {
      const { rights } = caller.request
      const having = sees(caller) ? relay.upstreams.all : []
      const upstream = having.find(hasTemplate(uri, rights))
      if (!upstream) return own.complete(uri, argument, caller)
      if (!hasArgument(uri, argument.name)) return NOTHING
      const completed = { ref: { type: 'ref/resource' as const, uri }, argument, context }
      const { name } = upstream.settings
      return completedFor(await relayCompletion(relay, name, completed, caller, 'The resource'), completed, name, rights, owners)
    },
    async follow (uri, { request, services }) {
      // The token that a session's stream comes with may allow less than the one that subscribed.
      const name = sees({ request }) ? ownerOf(uri, request.rights) : undefined
      if (name === undefined) return own.follow(uri, { request, services })
      const upstream = relay.upstreams.find(name)
      if (!upstream) throw new ResourceNotFoundError(uri)
      try {
        await upstream.subscribe(uri, upstreamCaller(request, services), siteOfCaller(request), mayStill(request, services))
      } catch (error) {
        throw toProtocolError(relayed(error, upstream), 'resources/subscribe', { request }, 'The resource')
      }
    }
  }
}

/** Others of theirs may come first, for a minute: who has been locked or disconnected meanwhile gets no connection for it. */
const mayStill = ({ access }: Pick<Caller['request'], 'access'>, { stillAllows }: Caller['services']) =>
  async (): Promise<boolean> => access === null || stillAllows(access)

function readContents (upstream: string, result: Record<string, unknown>): ReadResourceResult & { ttlMs?: number } {
  const { contents, ttlMs, _meta } = readResult(upstream, 'ReadResourceResult', result, ['contents', 'ttlMs'])
  const isTtl = Number.isSafeInteger(ttlMs) && (ttlMs as number) >= 0
  return { contents, ...(isTtl && { ttlMs }), ...(_meta !== undefined && { _meta }) } as ReadResourceResult
}

const isTemplate = (uri: string) => ({ uriTemplate }: { uriTemplate: string }): boolean => uriTemplate === uri

/** One of which somebody may have nothing does not learn of them. */
const mayAsk = ({ settings, catalogue }: Upstream, rights: Rights): boolean =>
  catalogue.hasResources && rights.mayAnyOf(settings.name, 'resources')

const relayed = (error: unknown, { settings: { secrets } }: Upstream): unknown =>
  error instanceof ProtocolError ? relayedError(error, 'The resource', secrets) : error
