// One request of a session: run by a server that is told what the session knows, answered on a stream if it may take a
// while, and asked back through it.
import type { JSONRPCMessage, JSONRPCRequest, McpServerFactory } from '@modelcontextprotocol/server'
import { callerOf, type McpResponse, type McpRequest } from '../contract.ts'
import type { OpenStream, OpenStreams } from '../streams/open-streams.ts'
import { INTERNAL_ERROR, JsonRpcError } from '../json-rpc-error.ts'
import { authInfo, type SessionState } from '../sdk/server.ts'
import type { ResumableStreams } from './resumable-streams.ts'
import { SSE_HEADERS, knowsEmptyEvents, openSseConnection } from './sse-connection.ts'
import type { SessionMessages } from './messages.ts'
import type { Session, SessionStore } from './store.ts'
import { SessionTransport } from './transport.ts'

/** What the endpoint lends to each request. */
export interface SessionDeps {
  factory: McpServerFactory
  records: SessionStore
  streams: ResumableStreams
  notices: SessionMessages
  /** Those that are not answered yet, on this instance. */
  open: OpenStreams
  log: { warn(details: object, message: string): void }
}

/** Requests of sessions that are not answered yet, on an instance: nearly all of them wait for a person's answer. */
export const REQUEST_BOUNDS = { perGrant: 50, perPerson: 100, inAll: 5_000 }
/** Those that can ask questions, or take long enough to tell of progress. */
const STREAMED = new Set(['tools/call', 'prompts/get', 'resources/read'])

/**
 * Runs it to its end, also when the client is gone: it may come back for the answer.
 * @throws RpcRefusal 503 when too much is open here.
 */
export async function runInSession (
  session: Session,
  exchange: McpRequest,
  request: JSONRPCRequest,
  means: SessionDeps
): Promise<McpResponse> {
  if (!means.open.hasRoom()) {
    throw new JsonRpcError(503, INTERNAL_ERROR, 'Too many requests are open: try again later', {
      id: request.id,
      headers: { 'retry-after': '60' }
    })
  }
  const stop = new AbortController()
  const server = await means.factory({
    era: 'legacy',
    authInfo: authInfo({ ...exchange, log: exchange.log, signal: stop.signal }, stateOf(session, means))
  })
  const client = STREAMED.has(request.method) && exchange.acceptsEvents ? openSseConnection(() => {}) : undefined
  const stream =
    client && means.streams.open(session.key, callerOf(exchange), client, knowsEmptyEvents(session.record.version))
  // An answer, or undefined if it was cancelled: what comes first counts.
  const { promise: answered, resolve: settle } = Promise.withResolvers<JSONRPCMessage | undefined>()
  const transport = new SessionTransport((message) => {
    if (stop.signal.aborted) return
    stream?.send(message)
    if ('id' in message && message.id === request.id && !('method' in message)) settle(message)
  })
  const cancel = () => {
    stop.abort(new DOMException('The client cancelled the request', 'AbortError'))
    settle(undefined)
  }
  const stopHearing = means.notices.hear(session, (notice) => {
    if (notice.kind === 'answer') transport.answer(notice.response)
    else if (notice.kind === 'ended' || (notice.kind === 'cancelled' && notice.requestId === request.id)) cancel()
  })
  const task: OpenStream = {
    access: exchange.access,
    until: Infinity,
    end (reason) {
      const refusal: JSONRPCMessage = {
        jsonrpc: '2.0',
        id: request.id,
        error: { code: INTERNAL_ERROR, message: `The request was stopped: ${reason}` }
      }
      stream?.send(refusal)
      settle(refusal)
      cancel()
    }
  }
  means.open.add(task)
  const over = answered.then(async (message) => {
    stopHearing()
    means.open.remove(task)
    if (message && request.method === 'logging/setLevel' && 'result' in message) { await means.records.setLevel(session, String(request.params?.['level'])) }
    stream?.end()
    await server.close()
    return message
  })
  await server.connect(transport)
  await transport.replay('initialize', session.record.initialize as JSONRPCRequest['params'])
  if (session.record.level !== undefined) await transport.replay('logging/setLevel', { level: session.record.level })
  transport.onmessage?.(request)
  if (client) {
    over.catch((err: unknown) => means.log.warn({ err }, 'a request of a session did not end well'))
    return { status: 200, headers: SSE_HEADERS, body: client.readable, onClose: (isSent) => stream?.closed(isSent) }
  }
  const message = await over
  return message === undefined
    ? { status: 202, headers: {}, body: undefined }
    : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) }
}

function stateOf (session: Session, { records, notices }: SessionDeps): SessionState {
  const set = async (uri: string, wanted: boolean) =>
    notices.tell(session, { kind: 'uris', uris: await records.setUri(session, uri, wanted) })
  return {
    logs: session.record.level !== undefined,
    subscribe: (uri) => set(uri, true),
    unsubscribe: (uri) => set(uri, false)
  }
}
