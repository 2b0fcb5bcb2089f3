// One HTTP request to an upstream over node:http, up to the head of its answer. It costs half the processor time of the
// global fetch.
import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamError } from '../contract.ts'
import { boundInformational } from '../../informational.ts'
import type { SharedBudget } from '../shared-budget.ts'
import { brokenConnection, failure } from './failures.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { MessagePlaces } from './message-places.ts'

const MAX_CONNECT_MS = 10_000

/** A request that has no answer yet. */
export interface Opened {
  /** Whether it waits for others to end: nothing of it has been sent. */
  readonly isWaiting: boolean
  /** Gives it up, also while it waits. */
  end(): void
}

/** For requests, and for streams, so that these cannot keep a request waiting; and what all of them share. */
export interface Agents {
  requests: Agent
  streams: Agent
  large: LargeAnswers
  said: SharedBudget
  /** Messages that are no requests, such as answers to what the upstream asks without an end. */
  messages: MessagePlaces
}

export interface OutgoingRequest {
  settings: Pick<UpstreamSettings, 'name' | 'secrets' | 'timeoutMs'>
  url: URL
  method: string
  headers: Readonly<Record<string, string>>
  agent: Agent
  signal: AbortSignal | undefined
  /** Whether the head may take as long as it likes: of a stream that has nothing to say yet. */
  mayWait: boolean
  /** Of `settings.timeoutMs`, what this request takes at most. */
  maxMs?: number
  /** Called before anything is sent. */
  onOpen: (opened: Opened) => void
}

/** How far a request has come: until `sent`, nothing of it has reached the upstream. */
type Progress = 'waiting' | 'connecting' | 'sent'

/**
 * @param body of the request; undefined for none.
 * @returns the head of the answer has arrived, its body has not.
 * @throws UpstreamError; the reason of the signal.
 */
export function exchange (outgoing: OutgoingRequest, body?: string): Promise<IncomingMessage> {
  const { settings, url, signal, mayWait } = outgoing
  const timeoutMs = Math.min(settings.timeoutMs, outgoing.maxMs ?? Infinity)
  // A request that is given up while it waits stays with its agent until there is a socket for it: its body does not.
  let unsent = body
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = open(outgoing, unsent)
    let progress: Progress = 'waiting'
    let connecting: NodeJS.Timeout | undefined
    let isSettled = false
    const settle = () => {
      clearTimeout(connecting)
      clearTimeout(answering)
      unsent = undefined
      isSettled = true
    }
    const fail = (make: () => UpstreamError) => {
      if (isSettled) return
      settle()
      reject(signal?.aborted ? signal.reason : make())
      request.destroy()
    }
    const broken = (error: Error) => () => brokenConnection(settings, error, progress === 'sent', url.origin)
    const giveUp = () => fail(() => tooSlow(settings, timeoutMs, progress, url.origin))
    const end = () => {
      fail(broken(new Error('closed')))
      request.destroy()
    }
    const answering = mayWait ? undefined : setTimeout(giveUp, timeoutMs)

    request.once('socket', (socket) => {
      if (isSettled) return
      progress = request.reusedSocket ? 'sent' : 'connecting'
      request.end(unsent)
      if (progress === 'sent') return
      connecting = setTimeout(giveUp, Math.min(MAX_CONNECT_MS, timeoutMs))
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        progress = 'sent'
        clearTimeout(connecting)
      })
    })
    request.once('response', (answer) => {
      settle()
      resolve(answer)
    })
    boundInformational(request, () => fail(() => failure(settings, 'malformed', 'has informational answers without an end')))
    request.on('error', (error) => fail(broken(error)))
    request.once('close', () => {
      signal?.removeEventListener('abort', end)
      fail(broken(new Error('closed')))
    })
    signal?.addEventListener('abort', end)
    outgoing.onOpen({ get isWaiting () { return progress === 'waiting' }, end })
  })
}

function open ({ url, method, headers, agent }: OutgoingRequest, body: string | undefined): ClientRequest {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  // A list is sent as it is, which is cheaper than one header at a time.
  const list = ['host', headers['host'] ?? url.host]
  for (const name in headers) if (name !== 'host') list.push(name, headers[name]!)
  if (body !== undefined) list.push('content-length', String(Buffer.byteLength(body)))
  const { hostname, port, pathname, search } = url
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return send({ host, port, path: pathname + search, method, agent, headers: list })
}

function tooSlow (settings: OutgoingRequest['settings'], timeoutMs: number, progress: Progress, origin: string): UpstreamError {
  if (progress === 'sent') return failure(settings, 'timeout', `did not answer within ${timeoutMs} ms`)
  const notSent = { wasSent: false }
  if (progress === 'connecting') return failure(settings, 'unreachable', `no connection to ${origin} in time`, notSent)
  return failure(settings, 'busy', `has as many requests as it may have, and none ended within ${timeoutMs} ms`, notSent)
}
