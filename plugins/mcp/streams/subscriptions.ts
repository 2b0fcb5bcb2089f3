// The streams of subscriptions/listen. Thousands of them are open at once and say nothing most of the time, so each is
// no more than its connection and a small record (MCP 2026-07-28 "Subscriptions").
import type { ServerResponse } from 'node:http'
import {
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
  type Implementation,
  type RequestId,
  type SubscriptionFilter
} from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { concerns, type Change, type ChangeLog } from './change-log.ts'
import { createOpenStreams, type OpenStream, type OpenStreams } from './open-streams.ts'

/** What one stream wants to hear of, and what its token allowed; `null` without sign-in. */
export interface Subscription {
  id: RequestId
  filter: SubscriptionFilter
  access: Access | null
}

export interface Subscriptions {
  /** Whether one more can be served. */
  hasRoom(): boolean
  /** Confirms the subscription, and serves it until either side ends it. The response is its own from now on. */
  open(raw: ServerResponse, subscription: Subscription): void
  /** Ends all of them with their last message. */
  close(): void
}

/** Streams of changes that are open on an instance, of either era. */
export const STREAM_BOUNDS = { perGrant: 20, perPerson: 50, inAll: 20_000 }
/** Milliseconds between two signs of life; proxies close what is silent. */
const KEEP_ALIVE_MS = 15_000
/** Bytes that a client may be behind; one that does not read is let go. */
const MAX_UNREAD_BYTES = 256 * 1024
const CLOSE_WITHIN_MS = 30_000

interface Listener extends OpenStream {
  id: RequestId
  filter: SubscriptionFilter
  uris: ReadonlySet<string>
  user: string | null
}

export function createSubscriptions (
  changes: ChangeLog,
  serverInfo: Implementation,
  now: Clock,
  streams: OpenStreams = createOpenStreams(STREAM_BOUNDS, now)
): Subscriptions {
  const open = new Map<ServerResponse, Listener>()
  const forget = function (this: ServerResponse) {
    const listener = open.get(this)
    open.delete(this)
    if (listener) streams.remove(listener)
  }
  const send = (raw: ServerResponse, message: object) => {
    if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy()
    else raw.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
  }
  const deaf = changes.subscribe(({ change }) => {
    for (const [raw, listener] of open) { if (concerns(change, listener.user) && wants(listener, change)) send(raw, notification(change, listener.id)) }
  })
  const end = (raw: ServerResponse, id: RequestId) => {
    if (!open.delete(raw)) return
    send(raw, {
      id,
      result: { resultType: 'complete', _meta: { [SUBSCRIPTION_ID_META_KEY]: id, [SERVER_INFO_META_KEY]: serverInfo } }
    })
    raw.end()
    // One that does not even read its end is not waited for.
    setTimeout(() => {
      if (!raw.writableFinished) raw.destroy()
    }, CLOSE_WITHIN_MS).unref()
  }
  const timer = setInterval(() => {
    for (const raw of open.keys()) raw.write(': keep-alive\n\n')
  }, KEEP_ALIVE_MS).unref()

  return {
    hasRoom: streams.hasRoom,
    open (raw, { id, filter, access }) {
      const uris = new Set(filter.resourceSubscriptions)
      const listener: Listener = {
        id,
        filter,
        uris,
        user: access?.user.id ?? null,
        access,
        until: access?.expiresAt ?? Infinity,
        end: () => end(raw, id)
      }
      open.set(raw, listener)
      streams.add(listener)
      raw.once('close', forget)
      send(raw, {
        method: 'notifications/subscriptions/acknowledged',
        params: { notifications: filter, _meta: { [SUBSCRIPTION_ID_META_KEY]: id } }
      })
      if (Object.keys(filter).length > 0) return
      streams.remove(listener)
      listener.end('Nothing was asked for')
    },
    close () {
      clearInterval(timer)
      deaf()
      streams.close()
    }
  }
}

function wants ({ filter, uris }: Listener, change: Change): boolean {
  switch (change.kind) {
    case 'tools_list_changed':
      return filter.toolsListChanged === true
    case 'prompts_list_changed':
      return filter.promptsListChanged === true
    case 'resources_list_changed':
      return filter.resourcesListChanged === true
    case 'resource_updated':
      return uris.has(change.uri)
  }
}

function notification (change: Change, id: RequestId) {
  const _meta = { [SUBSCRIPTION_ID_META_KEY]: id }
  return change.kind === 'resource_updated'
    ? { method: 'notifications/resources/updated', params: { uri: change.uri, _meta } }
    : { method: `notifications/${change.kind.replace('_list', '/list')}`, params: { _meta } }
}
