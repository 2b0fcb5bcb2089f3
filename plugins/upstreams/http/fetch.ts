// The requests of one connection to an upstream: the `fetch` of the SDK's transports, and a shorter way for ours.
import type { IncomingMessage } from 'node:http'
import type { FetchLike, RequestId } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamError } from '../contract.ts'
import { toResponse } from './answer.ts'
import { readStream } from './event-stream.ts'
import { exchange, type Agents, type Opened, type OutgoingRequest } from './exchange.ts'
import { failure, failureOf } from './failures.ts'

/** What the SDK writes itself: MCP's own headers, and those of content negotiation. */
const OWN_HEADERS = /^(?:accept|content-type|last-event-id|mcp-[!#$%&'*+.^_`|~\da-z-]+)$/
/** That an upstream is told something is canceled: what hangs answers neither, and each has a socket. */
const CANCEL_MS = 1_000
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

/** One request whose answer is waited for. */
interface Post {
  id: RequestId
  body: string
  /** Those of MCP and of content negotiation alone. */
  headers: Headers
  signal: AbortSignal | undefined
}

/** Two ways to the same requests: as the SDK makes them, and a shorter one for those that are made here. */
export interface Fetching {
  fetch: FetchLike
  post(request: Post): Promise<Response>
  /** Ends the requests that are not answered. */
  end(): void
}

export function createFetch (options: FetchOptions): Fetching {
  const { settings, url, kind, agents, onEnd } = options
  const read = createReader(options)
  const { send, find, end } = createSender(options)

  const fetch: FetchLike = async (input, init = {}) => {
    const target = input instanceof URL ? input : new URL(input)
    if (target.origin !== url.origin) throw failure(settings, 'failed', `names an address at ${target.origin}, which is another server`)
    const { method = 'GET', signal } = init
    const body = typeof init.body === 'string' ? init.body : undefined
    const message = body === undefined ? {} : (JSON.parse(body) as Sent)
    const isStream = method === 'GET' || message.method === 'subscriptions/listen'
    const id = message.method === undefined ? undefined : message.id
    const headers = ownHeaders(init)
    const isCancel = message.method === 'notifications/cancelled'
    const canceled = () => (isCancel ? find(message.params?.requestId ?? '') : undefined)
    if (canceled()?.isWaiting) {
      canceled()?.end()
      // Of what was not sent there is nothing to tell.
      return new Response(null, { status: 202 })
    }
    const answer = await send(id, {
      url: target,
      method,
      headers,
      agent: isStream ? agents.streams : agents.requests,
      signal: signal ?? undefined,
      mayWait: method === 'GET' && kind === 'streamable',
      ...(isCancel && { maxMs: CANCEL_MS })
    }, body).finally(() => {
      // Nobody waits for its answer any more.
      canceled()?.end()
    })
    if (method === 'GET' && kind === 'sse') answer.once('close', onEnd)
    return await read(answer, id, 'mcp-session-id' in headers)
  }

  async function post ({ id, body, headers, signal }: Post): Promise<Response> {
    const outgoing = { url, method: 'POST', headers, agent: agents.requests, signal, mayWait: false }
    return await read(await send(id, outgoing, body), id, 'mcp-session-id' in headers)
  }

  return { fetch, post, end }
}

/** Sends requests, and knows those that have no answer yet by their ids. */
function createSender ({ settings, agents: { messages }, identityHeaders }: FetchOptions) {
  const operators = operatorHeaders(settings)
  const inFlight = new Map<RequestId, Opened>()
  let hasEnded = false

  type Sending = Omit<OutgoingRequest, 'settings' | 'onOpen'>
  /** An upstream may have itself answered without an end. What is canceled was asked by people, and has little time. */
  async function sendMessage (outgoing: Omit<OutgoingRequest, 'onOpen'>, body: string | undefined): Promise<IncomingMessage> {
    const isFree = body === undefined || outgoing.maxMs !== undefined
    const leave = isFree ? () => {} : messages()
    if (!leave) throw failure(settings, 'busy', 'does not take the messages that it is sent', { wasSent: false })
    try {
      const answer = await exchange({ ...outgoing, onOpen () {} }, body)
      answer.once('close', leave)
      return answer
    } catch (error) {
      leave()
      throw error
    }
  }

  async function send (id: RequestId | undefined, outgoing: Sending, body: string | undefined): Promise<IncomingMessage> {
    const identity = await identityHeaders()
    if (hasEnded && id !== undefined) throw failure(settings, 'ended', 'the connection was closed', { wasSent: false })
    // A compressed answer could be small on the wire and endless when it is unpacked.
    const headers = { ...operators, ...outgoing.headers, 'accept-encoding': 'identity', ...identity }
    if (id === undefined) return await sendMessage({ ...outgoing, settings, headers }, body)
    const forget = () => inFlight.delete(id)
    try {
      const answer = await exchange({ ...outgoing, settings, headers, onOpen: (opened) => inFlight.set(id, opened) }, body)
      answer.once('close', forget)
      return answer
    } catch (error) {
      forget()
      throw error
    }
  }

  return {
    send,
    find: (id: RequestId) => inFlight.get(id),
    end () {
      hasEnded = true
      for (const opened of inFlight.values()) opened.end()
    }
  }
}

/** @returns what reads an answer whose head has arrived. It throws UpstreamError for one that is none. */
function createReader ({ settings, url, kind, agents: { large, said }, onFailure }: FetchOptions) {
  return async function read (answer: IncomingMessage, id: RequestId | undefined, session: boolean): Promise<Response> {
    const { statusCode: status = 0, headers } = answer
    const fault = failureOf(settings, status, headers, { session, url }) ?? misunderstood(answer, id)
    if (fault) {
      answer.destroy()
      throw fault
    }
    // Of what is not an answer to a request nobody waits for the end.
    const maxMs = id === undefined || kind === 'sse' ? settings.timeoutMs : undefined
    if (status !== 200 || !isEvents(headers['content-type'])) return toResponse(answer, settings, url, { id, large, maxMs })
    const streamed = await readStream(answer, { settings, id, large, said, onFailure: (error, of = id!) => onFailure(of, error) })
    return toResponse(answer, settings, url, 'stream' in streamed
      ? { ...streamed, maxMs }
      : { contentType: 'application/json', json: streamed.message })
  }

  function misunderstood ({ statusCode, headers }: IncomingMessage, id: RequestId | undefined): UpstreamError | undefined {
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      return failure(settings, 'malformed', `answered in the encoding ${encoding}, which it was not asked for`)
    }
    if (id === undefined || kind === 'sse') return undefined
    // A request is answered where it was sent, or not at all (MCP "Streamable HTTP").
    if (statusCode === 202) return failure(settings, 'malformed', 'accepted a request instead of answering it')
    if (statusCode !== 200) return undefined
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
