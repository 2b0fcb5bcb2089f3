// Upstreams over HTTP: transports of the official client whose requests are ours.
// This room owns the requests to upstreams: what they carry (the SDK's own headers, those of mcp.json and who is calling;
// nothing of our caller's request), their connections, their bounds and their errors. It hands transports to connections/.
import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Transport } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamCaller } from '../contract.ts'
import { createSharedBudget } from '../shared-budget.ts'
import type { Agents } from './exchange.ts'
import { createFetch } from './fetch.ts'
import { createIdentityHeaders, type IdentityDeps } from './identity.ts'
import { createLargeAnswers } from './large-answers.ts'
import { createLookup } from './lookup.ts'
import { createMessagePlaces } from './message-places.ts'
import { SseTransport } from './sse-transport.ts'
import { StreamableTransport } from './streamable-transport.ts'

/** Requests that one upstream has at a time; others wait within their timeout. */
export const MAX_SOCKETS = 64
/** Streams that one upstream has open at a time. */
const MAX_STREAMS = 256
/** Connections of 2024-11-05, each of which is a stream: while one that gives way ends, there are some more. */
export const MAX_SSE_CONNECTIONS = MAX_STREAMS - 16
/** Most servers close a connection that was idle for 5 s; a request that crosses that would be lost. */
const IDLE_MS = 4000

export interface Http {
  /**
   * A transport of the official client to this upstream.
   * @param caller `undefined` for this server itself. Every request of the transport is made for them.
   * @throws TypeError if the upstream is a command.
   */
  open(settings: UpstreamSettings, caller: UpstreamCaller | undefined, kind: 'streamable' | 'sse'): Transport
  /** Ends the connections that are kept alive. */
  close(): Promise<void>
}

export function createHttp (deps: IdentityDeps): Http {
  const identityHeaders = createIdentityHeaders(deps)
  const agents = new Map<string, Agents>()
  const lookup = createLookup()

  const agentsOf = ({ name }: UpstreamSettings, { protocol }: URL): Agents => {
    const key = `${protocol}${name}`
    const known = agents.get(key)
    if (known) return known
    const Kind = protocol === 'https:' ? HttpsAgent : Agent
    const kept = { keepAlive: true, timeout: IDLE_MS, lookup }
    const made = {
      requests: new Kind({ ...kept, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS }),
      streams: new Kind({ maxSockets: MAX_STREAMS, lookup }),
      large: createLargeAnswers(),
      said: createSharedBudget(),
      messages: createMessagePlaces()
    }
    agents.set(key, made)
    return made
  }

  return {
    open (settings, caller, kind) {
      if (settings.target.kind !== 'http') throw new TypeError(`${settings.name} is a command`)
      const url = new URL(settings.target.url)
      const fetching = createFetch({
        settings,
        url,
        kind,
        agents: agentsOf(settings, url),
        identityHeaders: () => identityHeaders(settings, caller),
        onFailure: (id, error) =>
          transport.onmessage?.({ jsonrpc: '2.0', id, error: { code: -32000, message: error.message, data: error } }),
        onEnd: () => {
          transport.close().catch(() => {})
        }
      })
      const transport: Transport = kind === 'sse'
        ? new SseTransport(url, settings, fetching.fetch)
        : new StreamableTransport(url, fetching)
      return transport
    },
    async close () {
      for (const { requests, streams } of agents.values()) {
        requests.destroy()
        streams.destroy()
      }
      agents.clear()
    }
  }
}
