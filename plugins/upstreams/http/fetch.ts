// The `fetch` that the SDK's transports use for one connection to an upstream.
import type { IncomingMessage } from 'node:http'
import type { FetchLike, RequestId } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamError } from '../contract.ts'
import { toResponse } from './answer.ts'
import { readStream } from './event-stream.ts'
import { exchange, type Agents } from './exchange.ts'
import { failure, failureOf } from './failures.ts'

/** What the SDK writes itself: MCP's own headers, and those of content negotiation. */
const OWN_HEADERS = /^(?:accept|content-type|last-event-id|mcp-[a-z0-9-]+)$/
const IDENTITY_HEADERS = ['x-forwarded-user', 'x-forwarded-email', 'x-forwarded-name', 'x-forwarded-groups']

type Headers = Readonly<Record<string, string>>

export interface FetchOptions {
  settings: UpstreamSettings
  url: URL
  kind: 'streamable' | 'sse'
  agents: Agents
  identityHeaders: () => Headers | Promise<Headers>
  /** A request whose stream failed: nothing else would tell before its timeout. */
  onFailure: (id: RequestId, error: UpstreamError) => void
  /** The stream of a connection of the `sse` kind has ended, and with it the connection. */
  onEnd: () => void
}

interface Sent {
  id?: RequestId
  method?: string
  params?: { requestId?: RequestId }
}

export function createFetch (options: FetchOptions): FetchLike {
  const { settings, url, kind, agents, identityHeaders, onFailure, onEnd } = options
  const operators = operatorHeaders(settings)
  const inFlight = new Map<RequestId, { destroy(): void }>()

  return async (input, init = {}) => {
    const target = input instanceof URL ? input : new URL(input)
    if (target.origin !== url.origin) throw failure(settings, 'failed', `names an address at ${target.origin}, which is another server`)
    const { method = 'GET', signal } = init
    const body = typeof init.body === 'string' ? init.body : undefined
    const message = body === undefined ? {} : (JSON.parse(body) as Sent)
    const isStream = method === 'GET' || message.method === 'subscriptions/listen'
    // A compressed answer could be small on the wire and endless when it is unpacked.
    const headers = { ...operators, ...ownHeaders(init), 'accept-encoding': 'identity', ...(await identityHeaders()) }
    const id = message.method === undefined ? undefined : message.id
    const answer = await exchange({
      settings,
      url: target,
      method,
      headers,
      body,
      agent: isStream ? agents.streams : agents.requests,
      signal: signal ?? undefined,
      mayWait: method === 'GET' && kind === 'streamable',
      onOpen: (request) => {
        if (id === undefined) return
        inFlight.set(id, request)
        request.once('close', () => inFlight.delete(id))
      }
    }).finally(() => {
      // Nobody waits for its answer any more.
      if (message.method === 'notifications/cancelled') inFlight.get(message.params?.requestId ?? '')?.destroy()
    })
    if (method === 'GET' && kind === 'sse') answer.once('close', onEnd)
    return await read(answer, id, 'mcp-session-id' in headers)
  }

  async function read (answer: IncomingMessage, id: RequestId | undefined, session: boolean): Promise<Response> {
    const { statusCode: status = 0, headers } = answer
    const fault = failureOf(settings, status, headers, { session, url }) ?? misunderstood(answer, id)
    if (fault) {
      answer.destroy()
      throw fault
    }
    if (status !== 200 || !isEvents(headers['content-type'])) return toResponse(answer, settings, url)
    const streamed = await readStream(answer, { settings, id, onFailure: (error) => onFailure(id!, error) })
    return toResponse(answer, settings, url, 'stream' in streamed
      ? streamed
      : { contentType: 'application/json', json: streamed.message })
  }

  function misunderstood ({ statusCode, headers }: IncomingMessage, id: RequestId | undefined): UpstreamError | undefined {
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      return failure(settings, 'malformed', `answered in the encoding ${encoding}, which it was not asked for`)
    }
    if (id === undefined || statusCode !== 200 || kind === 'sse') return undefined
    if (type === 'application/json' || isEvents(type)) return undefined
    return failure(settings, 'malformed', `answered ${type ?? 'without a type'}: is \`url\` the address of its MCP endpoint?`)
  }
}

const isEvents = (type: string | undefined) => type?.toLowerCase().startsWith('text/event-stream') === true

function ownHeaders ({ headers }: RequestInit): Record<string, string> {
  const own: Record<string, string> = {}
  const given = headers instanceof Headers ? headers : new Headers(headers)
  given.forEach((value, name) => {
    if (OWN_HEADERS.test(name)) own[name] = value
  })
  return own
}

/** Without what would speak for the caller. */
function operatorHeaders ({ target, identity }: UpstreamSettings): Headers {
  const headers = target.kind === 'http' ? target.headers : {}
  const reserved = identity === 'headers' ? IDENTITY_HEADERS : []
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !reserved.includes(name)))
}
