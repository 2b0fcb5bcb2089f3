// The streams of subscriptions/listen. Thousands of them are open at once and say nothing most of the time, so each is no more than its connection and a small record (MCP 2026-07-28 "Subscriptions").
import type { ServerResponse } from 'node:http'
import { SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY, type Implementation, type RequestId, type SubscriptionFilter } from '@modelcontextprotocol/server'
import type { Clock } from '../../clock.ts'
import { concerns, type Change, type Changes } from './changes.ts'

/** What one stream wants to hear of, whose it is, and until when its token is good (seconds since the epoch). */
export interface Subscription { id: RequestId, filter: SubscriptionFilter, user: string | null, until: number }

export interface Subscriptions {
  /** Whether one more can be served. */
  hasRoom (): boolean
  /** Confirms the subscription, and serves it until either side ends it. The response is its own from now on. */
  open (raw: ServerResponse, subscription: Subscription): void
  /** Ends all of them with their last message. */
  close (): void
}

const MOST = 20_000
/** Milliseconds between two looks at all of them, and how many of those pass between two signs of life. */
const LOOK = 5_000
const KEEP_ALIVE = 3
/** Bytes that a client may be behind; one that does not read is let go. */
const MOST_UNREAD = 256 * 1024

export function createSubscriptions (changes: Changes, serverInfo: Implementation, now: Clock): Subscriptions {
  const open = new Map<ServerResponse, Subscription>()
  const forget = function (this: ServerResponse) { open.delete(this) }
  const send = (raw: ServerResponse, message: object) => {
    if (raw.writableLength > MOST_UNREAD) raw.destroy()
    else raw.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
  }
  const deaf = changes.subscribe(({ change }) => {
    for (const [raw, { id, filter, user }] of open) if (concerns(change, user) && wants(filter, change)) send(raw, notification(change, id))
  })
  const end = (raw: ServerResponse, { id }: Subscription) => {
    open.delete(raw)
    send(raw, { id, result: { resultType: 'complete', _meta: { [SUBSCRIPTION_ID_META_KEY]: id, [SERVER_INFO_META_KEY]: serverInfo } } })
    raw.end()
  }
  let looks = 0
  const timer = setInterval(() => {
    looks++
    for (const [raw, subscription] of open) {
      // A stream is no way around the end of a token.
      if (subscription.until <= now()) end(raw, subscription)
      else if (looks % KEEP_ALIVE === 0) raw.write(': keep-alive\n\n')
    }
  }, LOOK).unref()

  return {
    hasRoom: () => open.size < MOST,
    open (raw, subscription) {
      open.set(raw, subscription)
      raw.once('close', forget)
      const { id, filter } = subscription
      send(raw, { method: 'notifications/subscriptions/acknowledged', params: { notifications: filter, _meta: { [SUBSCRIPTION_ID_META_KEY]: id } } })
      if (Object.keys(filter).length === 0) end(raw, subscription)
    },
    close () {
      clearInterval(timer)
      deaf()
      for (const [raw, subscription] of open) end(raw, subscription)
    }
  }
}

function wants (filter: SubscriptionFilter, change: Change): boolean {
  switch (change.kind) {
    case 'tools_list_changed': return filter.toolsListChanged === true
    case 'prompts_list_changed': return filter.promptsListChanged === true
    case 'resources_list_changed': return filter.resourcesListChanged === true
    case 'resource_updated': return filter.resourceSubscriptions?.includes(change.uri) === true
  }
}

function notification (change: Change, id: RequestId) {
  const _meta = { [SUBSCRIPTION_ID_META_KEY]: id }
  return change.kind === 'resource_updated'
    ? { method: 'notifications/resources/updated', params: { uri: change.uri, _meta } }
    : { method: `notifications/${change.kind.replace('_list', '/list')}`, params: { _meta } }
}
