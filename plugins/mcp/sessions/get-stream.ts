// GET in a session: the stream of changes, or the rest of a request's stream that broke (MCP 2025-11-25 "Listening for
// Messages from the Server", "Resumability and Redelivery").
import { randomUUID } from 'node:crypto'
import type { Rights } from '../../access-rules/contract.ts'
import { createTurns } from '../../in-turns.ts'
import { concerns, LIST_CHANGES, type ChangeLog, type NumberedChange, type Recipient } from '../streams/change-log.ts'
import type { Follower, McpResponse, RequestContext } from '../contract.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import { knowsEmptyEvents } from '../protocol-versions.ts'
import type { OpenStream, OpenStreams } from '../streams/contract.ts'
import { notificationOf } from '../streams/notification.ts'
import { openSseConnection, SSE_HEADERS, type SseConnection } from '../streams/sse.ts'
import type { ResumableStreams } from './resumable-streams.ts'
import type { SessionMessage, SessionMessages } from './messages.ts'
import type { Session } from './store.ts'

interface GetStreamDeps {
  changes: ChangeLog
  streams: ResumableStreams
  messages: SessionMessages
  /** The streams of changes that are open on this instance. */
  open: OpenStreams
  rightsOf(access: RequestContext['access']): Rights
  /** See `Resources.follow`. */
  follow(uri: string, follower: Follower): Promise<void>
}

const CHANGE_ID = /^changes\.(\d{1,16})$/

/** @throws JsonRpcError 400 for a Last-Event-ID that leads nowhere, 503 when too much is open here. */
export async function openGetStream (
  session: Session,
  { lastEventId = '', access, address, log, requestId }: RequestContext,
  { changes, streams, messages, open, rightsOf, follow: followResource }: GetStreamDeps
): Promise<McpResponse> {
  if (!open.hasRoom({ access, address })) {
    throw new JsonRpcError(503, INTERNAL_ERROR, 'Too many streams are open: try again later', {
      headers: { 'retry-after': '60' }
    })
  }
  let stop = () => {}
  const connection = openSseConnection(() => {
    open.remove(stream)
    stop()
  })
  // The stream ends with its token.
  const onRightsChange = () => {
    for (const change of LIST_CHANGES) connection.write(JSON.stringify(notificationOf(change)))
  }
  const until = access?.expiresAt ?? Infinity
  const stream: OpenStream = { access, address, until, end: connection.end, onRightsChange }
  const recipient: Recipient = { user: session.record.user, rights: () => rightsOf(access) }
  const number = CHANGE_ID.exec(lastEventId)?.[1]
  const after = number === undefined ? undefined : Number(number)
  const follow = () => followChanges(session, recipient, connection, after, changes, messages)
  const isOfChanges = lastEventId === '' || number !== undefined
  const start = isOfChanges ? follow : () => streams.resume(session.key, lastEventId, connection)
  let stopped
  try {
    stopped = await start()
  } finally {
    // Nobody reads it, and only its end ends what keeps it alive.
    if (!stopped) connection.readable.destroy()
  }
  if (!stopped) {
    throw new JsonRpcError(400, INVALID_REQUEST, 'Invalid Request: the event of this Last-Event-ID is no longer stored')
  }
  stop = stopped
  if (connection.readable.destroyed) stop()
  else open.add(stream)
  if (isOfChanges) {
    const { signal } = new AbortController()
    const followed = (uri: string) => followResource(uri, { access, address, log, requestId, signal, rights: rightsOf(access) })
    followAgain(session, connection, followed, (err) => log.debug({ err }, 'a resource is not followed'))
  }
  return { status: 200, headers: SSE_HEADERS, body: connection.readable }
}

/** This instance, or what it asks, may have begun since the client subscribed. One after the other, as long as there is a client. */
async function followAgain (
  { record }: Session,
  { readable }: SseConnection,
  follow: (uri: string) => Promise<void>,
  onFault: (err: unknown) => void
): Promise<void> {
  const turn = createTurns()
  for (const uri of record.uris) {
    await turn()
    if (readable.destroyed) return
    try {
      await follow(uri)
    } catch (err) {
      onFault(err)
    }
  }
}

/**
 * Sends the changes that the client missed, and then each new one.
 * @param after the number of the last change the client has.
 * @returns what stops it.
 */
async function followChanges (
  session: Session,
  recipient: Recipient,
  connection: SseConnection,
  after: number | undefined,
  changes: ChangeLog,
  messages: SessionMessages
): Promise<() => void> {
  const { record } = session
  const id = randomUUID()
  const uris = new Set(record.uris)
  const send = ({ number, change }: NumberedChange) => {
    if ((change.kind === 'resource_updated' && !uris.has(change.uri)) || !concerns(change, recipient)) return
    connection.write(JSON.stringify(notificationOf(change)), `changes.${number}`)
  }
  // What happens meanwhile waits until the client has what it missed.
  let waiting: NumberedChange[] | undefined = []
  const unsubscribeChanges = changes.subscribe((change) => {
    if (waiting) waiting.push(change)
    else send(change)
  })
  const unsubscribeSession = messages.subscribe(session, (message) => {
    if (message.kind === 'uris') replaceAll(uris, message.uris)
    else if (endsStream(message, id)) connection.end()
  })
  const stop = () => {
    unsubscribeChanges()
    unsubscribeSession()
  }
  // A message goes to one stream only, so the newest takes over from one that may hang.
  messages.publish(session, { kind: 'listening', stream: id })
  const { newest, missed } = await readMissed(session, after, changes).catch((error: unknown) => {
    stop()
    throw error
  })
  if (knowsEmptyEvents(record.version)) connection.write('', `changes.${after ?? newest}`)
  const last = Math.max(after ?? newest, missed.at(-1)?.number ?? 0)
  for (const change of [...missed, ...waiting.filter(({ number }) => number === 0 || number > last)]) send(change)
  waiting = undefined
  return stop
}

async function readMissed (session: Session, after: number | undefined, changes: Pick<ChangeLog, 'newest' | 'since'>) {
  const newest = await changes.newest()
  return { newest, missed: after === undefined ? [] : ((await changes.since(after)) ?? everything(session, newest)) }
}

const endsStream = (message: SessionMessage, id: string): boolean =>
  message.kind === 'ended' || (message.kind === 'listening' && message.stream !== id)

function replaceAll (set: Set<string>, values: readonly string[]): void {
  set.clear()
  for (const value of values) set.add(value)
}

/** When it is no longer known what the client missed, all of it may have changed. */
const everything = ({ record }: Session, number: number): NumberedChange[] => [
  ...LIST_CHANGES.map((change) => ({ number, change })),
  ...record.uris.map((uri) => ({ number, change: { kind: 'resource_updated' as const, uri } }))
]
