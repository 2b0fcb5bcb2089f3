// One HTTP request to an upstream over node:http, up to the head of its answer. It costs a third of the processor time of
// the global fetch.
import { request as requestHttp, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { brokenConnection, failure } from './failures.ts'

const MAX_CONNECT_MS = 10_000

/** For requests, and for streams, so that these cannot keep a request waiting. */
export interface Agents {
  requests: Agent
  streams: Agent
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

/**
 * @returns the head of the answer has arrived, its body has not.
 * @throws UpstreamError; the reason of the signal.
 */
export async function exchange (outgoing: OutgoingRequest): Promise<IncomingMessage> {
  const { url, method, headers, body, agent, signal } = outgoing
  signal?.throwIfAborted()
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const request = send(url, { method, agent, headers: { ...headers, ...length } })
  const abort = () => request.destroy()
  signal?.addEventListener('abort', abort)
  request.once('close', () => signal?.removeEventListener('abort', abort))
  outgoing.onOpen(request)
  request.end(body)
  return await headOf(request, outgoing)
}

function headOf (request: ClientRequest, { settings, url, signal, mayWait }: OutgoingRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let progress: 'waiting' | 'connecting' | 'sent' = 'waiting'
    const giveUp = () => {
      reject(tooSlow(settings, progress, url.origin))
      request.destroy()
    }
    const connecting = setTimeout(() => {
      if (progress === 'connecting') giveUp()
    }, Math.min(MAX_CONNECT_MS, settings.timeoutMs))
    const answering = mayWait ? undefined : setTimeout(giveUp, settings.timeoutMs)
    const settle = () => {
      clearTimeout(connecting)
      clearTimeout(answering)
    }
    request.once('socket', (socket) => {
      if (request.reusedSocket) {
        progress = 'sent'
        return
      }
      progress = 'connecting'
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        progress = 'sent'
        clearTimeout(connecting)
      })
    })
    request.once('response', (answer) => {
      settle()
      resolve(answer)
    })
    request.on('error', (error) => {
      settle()
      reject(signal?.aborted ? signal.reason : brokenConnection(settings, error, progress === 'sent', url.origin))
    })
    request.once('close', () => {
      settle()
      reject(signal?.aborted ? signal.reason : brokenConnection(settings, new Error('closed'), progress === 'sent', url.origin))
    })
  })
}

function tooSlow (
  settings: OutgoingRequest['settings'],
  progress: 'waiting' | 'connecting' | 'sent',
  origin: string
) {
  const { timeoutMs } = settings
  if (progress === 'sent') return failure(settings, 'timeout', `did not answer within ${timeoutMs} ms`)
  if (progress === 'connecting') {
    return failure(settings, 'unreachable', `no connection to ${origin} in time`, { wasSent: false })
  }
  const message = `has as many requests as it may have at once, and none ended within ${timeoutMs} ms`
  return failure(settings, 'busy', message, { wasSent: false })
}
