// One request of a session: run by a server that is told what the session knows, answered on a stream if it may take a while, and asked back through it.
import type { JSONRPCMessage, JSONRPCRequest, McpServerFactory } from '@modelcontextprotocol/server'
import type { Answer, Exchange } from '../contract.ts'
import { authInfo, type SessionState } from '../server.ts'
import { EVENTS, knowsEmptyEvents, openLine, type RequestStreams } from './events.ts'
import type { Notices } from './notices.ts'
import type { Session, SessionRecords } from './record.ts'
import { SessionTransport } from './transport.ts'

/** What the endpoint lends to each request. */
export interface Means {
  factory: McpServerFactory
  records: SessionRecords
  streams: RequestStreams
  notices: Notices
  log: { warn (details: object, message: string): void }
}

/** Those that can ask questions, or take long enough to tell of progress. */
const STREAMED = new Set(['tools/call', 'prompts/get', 'resources/read'])

/** Runs it to its end, also when the client is gone: it may come back for the answer. */
export async function runInSession (session: Session, exchange: Exchange, request: JSONRPCRequest, means: Means): Promise<Answer> {
  const stop = new AbortController()
  const server = await means.factory({ era: 'legacy', authInfo: authInfo({ ...exchange, log: exchange.log, signal: stop.signal }, stateOf(session, means)) })
  const client = STREAMED.has(request.method) && exchange.acceptsEvents ? openLine(() => {}) : undefined
  const stream = client && means.streams.open(session.key, client, knowsEmptyEvents(session.record.version))
  const { promise: answered, resolve } = Promise.withResolvers<JSONRPCMessage | undefined>()
  const transport = new SessionTransport((message) => {
    stream?.send(message)
    if ('id' in message && message.id === request.id && !('method' in message)) resolve(message)
  })
  const deaf = means.notices.hear(session, (notice) => {
    if (notice.kind === 'answer') transport.answer(notice.response)
    else if (notice.kind === 'ended' || (notice.kind === 'cancelled' && notice.requestId === request.id)) resolve(undefined)
  })
  const over = answered.then(async (message) => {
    deaf()
    if (message === undefined) stop.abort(new DOMException('The client cancelled the request', 'AbortError'))
    else if (request.method === 'logging/setLevel' && 'result' in message) await means.records.setLevel(session, String(request.params?.['level']))
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
    return { status: 200, headers: EVENTS, body: client.readable }
  }
  const message = await over
  return message === undefined
    ? { status: 202, headers: {}, body: undefined }
    : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) }
}

function stateOf (session: Session, { records, notices }: Means): SessionState {
  const set = async (uri: string, wanted: boolean) => notices.tell(session, { kind: 'uris', uris: await records.setUri(session, uri, wanted) })
  return { logs: session.record.level !== undefined, subscribe: (uri) => set(uri, true), unsubscribe: (uri) => set(uri, false) }
}
