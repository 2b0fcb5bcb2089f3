// One HTTP request to an upstream over node:http, up to the head of its answer. It costs half the processor time of the
// global fetch.
import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamError } from '../contract.ts'
import type { SharedBudget } from '../shared-budget.ts'
import { brokenConnection, failure } from './failures.ts'
import type { LargeAnswers } from './large-answers.ts'

const MAX_CONNECT_MS = 10_000

/** For requests, and for streams, so that these cannot keep a request waiting; and what all of them share. */
export interface Agents {
  requests: Agent
  streams: Agent
  large: LargeAnswers
  said: SharedBudget
}

export interface OutgoingRequest {
  settings: Pick<UpstreamSettings, 'name' | 'secrets' | 'timeoutMs'>
  url: URL
  method: string
  headers: Readonly<Record<string, string>>
  body: string | undefined
  agent: Agent
  signal: AbortSignal | undefined
  /** Whether the head may take as long as it likes: of a stream that has nothing to say yet. */
  mayWait: boolean
  /** Called before anything is sent. */
  onOpen: (request: ClientRequest) => void
}

/** How far a request has come: until `sent`, nothing of it has reached the upstream. */
type Progress = 'waiting' | 'connecting' | 'sent'

/**
 * @returns the head of the answer has arrived, its body has not.
 * @throws UpstreamError; the reason of the signal.
 */
export function exchange (outgoing: OutgoingRequest): Promise<IncomingMessage> {
  const { settings, url, signal, mayWait } = outgoing
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = open(outgoing)
    let progress: Progress = 'waiting'
    let connecting: NodeJS.Timeout | undefined
    let isSettled = false
    const abort = () => request.destroy()
    const settle = () => {
      clearTimeout(connecting)
      clearTimeout(answering)
      isSettled = true
    }
    const fail = (make: () => UpstreamError) => {
      if (isSettled) return
      settle()
      reject(signal?.aborted ? signal.reason : make())
      request.destroy()
    }
    const giveUp = () => fail(() => tooSlow(settings, progress, url.origin))
    const answering = mayWait ? undefined : setTimeout(giveUp, settings.timeoutMs)

    request.once('socket', (socket) => {
      progress = request.reusedSocket ? 'sent' : 'connecting'
      if (progress === 'sent' || isSettled) return
      connecting = setTimeout(giveUp, Math.min(MAX_CONNECT_MS, settings.timeoutMs))
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        progress = 'sent'
        clearTimeout(connecting)
      })
    })
    request.once('response', (answer) => {
      settle()
      resolve(answer)
    })
    request.on('error', (error) => fail(() => brokenConnection(settings, error, progress === 'sent', url.origin)))
    request.once('close', () => {
      signal?.removeEventListener('abort', abort)
      fail(() => brokenConnection(settings, new Error('closed'), progress === 'sent', url.origin))
    })
    signal?.addEventListener('abort', abort)
    outgoing.onOpen(request)
    request.end(outgoing.body)
  })
}

function open ({ url, method, headers, body, agent }: OutgoingRequest): ClientRequest {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  // A list is sent as it is, which is cheaper than one header at a time.
  const list = ['host', headers['host'] ?? url.host]
  for (const name in headers) if (name !== 'host') list.push(name, headers[name]!)
  if (body !== undefined) list.push('content-length', String(Buffer.byteLength(body)))
  const { hostname, port, pathname, search } = url
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return send({ host, port, path: pathname + search, method, agent, headers: list })
}

function tooSlow (settings: OutgoingRequest['settings'], progress: Progress, origin: string): UpstreamError {
  const { timeoutMs } = settings
  if (progress === 'sent') return failure(settings, 'timeout', `did not answer within ${timeoutMs} ms`)
  const notSent = { wasSent: false }
  if (progress === 'connecting') return failure(settings, 'unreachable', `no connection to ${origin} in time`, notSent)
  return failure(settings, 'busy', `has as many requests as it may have, and none ended within ${timeoutMs} ms`, notSent)
}
