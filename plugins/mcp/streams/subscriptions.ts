// The streams of subscriptions/listen. Thousands of them are open at once and silent most of the time, so each is no
// more than its connection and a small record (MCP 2026-07-28 "Subscriptions").
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
  type Implementation,
  type RequestId,
  type SubscriptionFilter
} from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Rights } from '../../access-rules/contract.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { whenClosed } from '../../when-closed.ts'
import { orEnd } from './checks.ts'
import { concerns, LIST_CHANGES, type Change, type ChangeLog, type Recipient } from './change-log.ts'
import type { OpenStream, OpenStreams } from './contract.ts'
import { notificationOf } from './notification.ts'
import { createOpenStreams } from './open-streams.ts'
import { KEEP_ALIVE_MS, SseWriter } from './sse.ts'

/** What one stream subscribes to, and whom it counts for. */
export interface Subscription extends Pick<OpenStream, 'access' | 'address'> {
  id: RequestId
  filter: SubscriptionFilter
}

export interface Subscriptions {
  hasRoom: OpenStreams['hasRoom']
  /** Confirms the subscription, and serves it until either side ends it. The response is its own from now on. */
  open(raw: ServerResponse, subscription: Subscription): void
  /** Ends all of them with their last message. */
  close(): void
}

/** Streams of changes that are open on an instance, of either era. */
export const STREAM_BOUNDS = { perGrant: 20, perPerson: 50, inAll: 20_000 }
const CLOSE_WITHIN_MS = 30_000
/** Streams that are told of a change in one turn of the event loop. */
const MAX_PER_TURN = 500

interface Subscriber extends OpenStream, Recipient {
  id: RequestId
  filter: SubscriptionFilter
  uris: ReadonlySet<string>
  writer: SseWriter
}

export function createSubscriptions (
  changes: ChangeLog,
  serverInfo: Implementation,
  now: Clock,
  rightsOf: (access: Access | null) => Rights,
  streams: OpenStreams = createOpenStreams(STREAM_BOUNDS, now)
): Subscriptions {
  const open = new Map<ServerResponse, Subscriber>()
  const followers = createFollowers()
  const remove = (raw: ServerResponse): Subscriber | undefined => {
    const subscriber = open.get(raw)
    open.delete(raw)
    if (subscriber) followers.remove(subscriber)
    return subscriber
  }
  const forget = (raw: ServerResponse) => {
    const subscriber = remove(raw)
    if (subscriber) streams.remove(subscriber)
  }
  let told = Promise.resolve()
  const unsubscribe = changes.subscribe(({ change }) => {
    told = told.then(() =>
      tellAll(change.kind === 'resource_updated' ? followers.of(change.uri) : open.values(), change))
  })
  const end = (raw: ServerResponse) => {
    const subscriber = remove(raw)
    if (!subscriber) return
    const { id, writer } = subscriber
    const _meta = { [SUBSCRIPTION_ID_META_KEY]: id, [SERVER_INFO_META_KEY]: serverInfo }
    writer.write(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } }))
    writer.end(CLOSE_WITHIN_MS)
  }
  const timer = setInterval(() => {
    for (const { writer } of open.values()) writer.keepAlive()
  }, KEEP_ALIVE_MS).unref()

  return {
    hasRoom: streams.hasRoom,
    open (raw, subscription) {
      const subscriber: Subscriber = {
        ...subscriberOf(raw, subscription),
        rights: () => rightsOf(subscription.access),
        end: () => end(raw),
        onRightsChange: () => LIST_CHANGES.forEach((change) => tell(subscriber, change))
      }
      open.set(raw, subscriber)
      followers.add(subscriber)
      streams.add(subscriber)
      whenClosed(raw, () => forget(raw))
      subscriber.writer.write(acknowledgement(subscription))
      if (Object.keys(subscription.filter).length > 0) return
      streams.remove(subscriber)
      end(raw)
    },
    close () {
      clearInterval(timer)
      unsubscribe()
      streams.close()
    }
  }
}

const subscriberOf = (raw: ServerResponse, { id, filter, access, address }: Subscription) => ({
  id,
  filter,
  uris: new Set(filter.resourceSubscriptions),
  user: access?.user.id ?? null,
  writer: new SseWriter(raw),
  access,
  address,
  until: access?.expiresAt ?? Infinity
})

/** By resource: a folder may change as a whole while thousands of streams are open. */
function createFollowers () {
  const byUri = new Map<string, Set<Subscriber>>()
  return {
    of: (uri: string): Iterable<Subscriber> => byUri.get(uri) ?? [],
    add (subscriber: Subscriber): void {
      for (const uri of subscriber.uris) byUri.set(uri, (byUri.get(uri) ?? new Set()).add(subscriber))
    },
    remove (subscriber: Subscriber): void {
      for (const uri of subscriber.uris) {
        const set = byUri.get(uri)
        set?.delete(subscriber)
        if (set?.size === 0) byUri.delete(uri)
      }
    }
  }
}

/** In turns with other requests. To one that has ended meanwhile nothing is written. */
async function tellAll (subscribers: Iterable<Subscriber>, change: Change): Promise<void> {
  for (const [index, subscriber] of [...subscribers].entries()) {
    if (index % MAX_PER_TURN === MAX_PER_TURN - 1) await nextTurn()
    orEnd(() => tell(subscriber, change), subscriber.end)
  }
}

function tell (subscriber: Subscriber, change: Change): void {
  const { id, filter, uris, writer } = subscriber
  if (!matches(filter, uris, change) || !concerns(change, subscriber)) return
  writer.write(JSON.stringify(notificationOf(change, { [SUBSCRIPTION_ID_META_KEY]: id })))
}

const acknowledgement = ({ id, filter }: Subscription): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: filter, _meta: { [SUBSCRIPTION_ID_META_KEY]: id } }
  })

function matches (filter: SubscriptionFilter, uris: ReadonlySet<string>, change: Change): boolean {
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
