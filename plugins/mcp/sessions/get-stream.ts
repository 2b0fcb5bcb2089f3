// GET in a session: the stream that tells of changes, or the rest of a request's stream that broke (MCP 2025-11-25
// "Listening for Messages from the Server", "Resumability and Redelivery").
import { randomUUID } from 'node:crypto'
import { concerns, type ChangeLog, type NumberedChange } from '../streams/change-log.ts'
import type { McpResponse, RequestContext } from '../contract.ts'
import type { OpenStream, OpenStreams } from '../streams/open-streams.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import type { ResumableStreams } from './resumable-streams.ts'
import { SSE_HEADERS, knowsEmptyEvents, openSseConnection, type SseConnection } from './sse-connection.ts'
import type { SessionMessages } from './messages.ts'
import type { Session } from './store.ts'

interface GetStreamDeps {
  changes: ChangeLog
  streams: ResumableStreams
  notices: SessionMessages
  /** Those that are open on this instance. */
  open: OpenStreams
}

const CHANGE_ID = /^changes\.(\d{1,16})$/

/** @throws RpcRefusal 400 for a Last-Event-ID that leads nowhere, 503 when too much is open here. */
export async function openGetStream (
  session: Session,
  { lastEventId = '', access }: RequestContext,
  { changes, streams, notices, open }: GetStreamDeps
): Promise<McpResponse> {
  if (!open.hasRoom()) {
    throw new JsonRpcError(503, INTERNAL_ERROR, 'Too many streams are open: try again later', {
      headers: { 'retry-after': '60' }
    })
  }
  let close = () => {}
  const client = openSseConnection(() => {
    open.remove(stream)
    close()
  })
  // A stream is no way around the end of a token.
  const stream: OpenStream = { access, until: access?.expiresAt ?? Infinity, end: client.end }
  const number = CHANGE_ID.exec(lastEventId)?.[1]
  const stop =
    lastEventId === '' || number !== undefined
      ? await followChanges(session, client, number === undefined ? undefined : Number(number), changes, notices)
      : await streams.resume(session.key, lastEventId, client)
  if (!stop) {
    client.readable.destroy()
    throw new JsonRpcError(400, INVALID_REQUEST, 'Invalid Request: there is no event of this Last-Event-ID any more')
  }
  close = stop
  if (client.readable.destroyed) close()
  else open.add(stream)
  return { status: 200, headers: SSE_HEADERS, body: client.readable }
}

/** @param after the number of the last change the client knows of. @returns ends it. */
async function followChanges (
  session: Session,
  client: SseConnection,
  after: number | undefined,
  changes: ChangeLog,
  { hear, tell }: SessionMessages
): Promise<() => void> {
  const stream = randomUUID()
  const wanted = new Set(session.record.uris)
  const send = ({ number, change }: NumberedChange) => {
    if (!concerns(change, session.record.user)) return
    if (change.kind === 'resource_updated' && !wanted.has(change.uri)) return
    const message =
      change.kind === 'resource_updated'
        ? { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: change.uri } }
        : { jsonrpc: '2.0', method: `notifications/${change.kind.replace('_list', '/list')}` }
    client.write(`changes.${number}`, JSON.stringify(message))
  }
  // Heard, but not told yet: first comes what was missed.
  let early: NumberedChange[] | undefined = []
  const deafToChanges = changes.subscribe((change) => {
    if (early) early.push(change)
    else send(change)
  })
  const deafToSession = hear(session, (notice) => {
    if (notice.kind === 'uris') {
      wanted.clear()
      for (const uri of notice.uris) wanted.add(uri)
    } else if (notice.kind === 'ended' || (notice.kind === 'listening' && notice.stream !== stream)) client.end()
  })
  // A message goes to one stream only, so the newest takes over from one that may hang.
  tell(session, { kind: 'listening', stream })
  const newest = await changes.newest()
  const missed = after === undefined ? [] : ((await changes.since(after)) ?? everything(session, newest))
  if (knowsEmptyEvents(session.record.version)) client.write(`changes.${after === undefined ? newest : after}`, '')
  for (const change of [
    ...missed,
    ...early.filter(({ number }) => number === 0 || number > Math.max(after ?? newest, missed.at(-1)?.number ?? 0))
  ]) { send(change) }
  early = undefined
  return () => {
    deafToChanges()
    deafToSession()
  }
}

/** When nobody knows any more what was missed, all of it may have changed. */
const everything = ({ record }: Session, number: number): NumberedChange[] => [
  ...(['tools', 'prompts', 'resources'] as const).map((list) => ({
    number,
    change: { kind: `${list}_list_changed` as const }
  })),
  ...record.uris.map((uri) => ({ number, change: { kind: 'resource_updated' as const, uri } }))
]
