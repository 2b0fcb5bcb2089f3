// What an upstream learns of a caller and may reach of them while it works on a request: who they are, their `_meta`,
// their progress and their log lines; never their token (MCP "Progress", "Logging", `_meta`).
import { BAGGAGE_META_KEY, TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server'
import { siteOf } from '../../client-address.ts'
import type { Exchange, UpstreamCaller } from '../../upstreams/contract.ts'
import { IDENTITY_META_KEY } from '../../upstreams/identity-meta.ts'
import type { CallServices } from '../handlers/contract.ts'
import type { createReporter } from '../handlers/progress.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import { traceOf } from '../handlers/trace.ts'
import type { McpRequest } from '../contract.ts'

/** Log lines that reach the client in one call; a flood would only load its connection. */
const MAX_LOG_LINES = 200
const MAX_TEXT = 2_000

/** @returns undefined for a caller without sign-in. */
export function upstreamCaller (
  { access }: Pick<McpRequest, 'access'>,
  { groupsOf }: Pick<CallServices, 'groupsOf'>
): UpstreamCaller | undefined {
  if (access === null) return undefined
  const { clientId, user } = access
  return {
    id: user.id,
    email: user.emailVerified ? user.email : undefined,
    name: user.name,
    groups: groupsOf(user),
    clientId
  }
}

/** @returns undefined for a person. One holder has many networks of IPv6, and one share. */
export const siteOfCaller = ({ access, address = '' }: Pick<McpRequest, 'access' | 'address'>): string | undefined =>
  access === null ? siteOf(address) : undefined

/** @param signal aborted when the answer is no longer waited for. */
export function exchangeOf (
  { request, services, channel }: Caller,
  signal: AbortSignal,
  reporter: ReturnType<typeof createReporter>
): Exchange {
  const { notifyProgress, log, meta, capabilities } = channel
  let lines = 0
  return {
    caller: upstreamCaller(request, services),
    site: siteOfCaller(request),
    large: request.large,
    signal,
    meta: relayedMeta(meta),
    capabilities,
    ...(request.whileAllowed && { whileAllowed: (end) => request.whileAllowed!(end) }),
    ...(notifyProgress && meta['progressToken'] !== undefined && {
      progress: ({ progress, total, message }) => reporter.progress(progress, total, message?.slice(0, MAX_TEXT))
    }),
    ...(log && {
      log: (level, message) => {
        if (lines++ < MAX_LOG_LINES) reporter.log(level, message.slice(0, MAX_TEXT))
      }
    })
  }
}

/** MCP `_meta`: prefixes whose second label is one of these are of the protocol. */
const RESERVED = /^(?:[^/.]+\.)?(?:modelcontextprotocol|mcp)[./]/
/** Who the caller is, this server alone says. */
const BETWEEN_NEIGHBOURS = new Set([
  'progressToken',
  IDENTITY_META_KEY,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
  BAGGAGE_META_KEY
])

/** Whether a member of `_meta` is between two neighbours, and is not passed on in either direction. */
export const isReservedMeta = (key: string): boolean => BETWEEN_NEIGHBOURS.has(key) || RESERVED.test(key)

/** `_meta` of a caller's request as an upstream gets it: what it says besides the protocol, and the trace it belongs to. */
function relayedMeta (meta: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const passed: Record<string, unknown> = { ...traceOf(meta) }
  for (const key in meta) {
    if (!isReservedMeta(key)) passed[key] = meta[key]
  }
  return passed
}
