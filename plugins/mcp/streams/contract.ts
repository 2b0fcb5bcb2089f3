// What is open for a client, and how much of it may be open: shared by the streams and their checks.
// This room owns streams of changes: who holds how many, what they are told, and when they end, on every instance. It
// hands events to sessions and subscriptions.
import type { McpRequest } from '../contract.ts'

/**
 * Something that stays open: a stream of changes, or a request of a session that is not answered yet. Without sign-in it
 * counts for its address, which has no separate bound: many people may share one.
 */
export interface OpenStream extends Pick<McpRequest, 'access' | 'address'> {
  /** When it expires: for a stream of changes, when its token does. Seconds since the epoch. */
  until: number
  /** Called when the caller may use other things than before. */
  onRightsChange?(): void
  /** @param reason for the client, where it can still be sent. */
  end(reason: string): void
}

export interface OpenStreams {
  /** Whether one more of this caller can be served: where all is full, if another caller holds more. */
  hasRoom(caller: Pick<OpenStream, 'access' | 'address'>): boolean
  /**
   * Ends the oldest of the same connection or person beyond their bound: one that hangs must not keep out a new one. Beyond
   * the bound for all, ends the oldest of the caller who holds most: a few people do not keep out the others.
   */
  add(stream: OpenStream): void
  remove(stream: OpenStream): void
  /** Ends all of them, and the checks. */
  close(): void
}

export interface Bounds {
  perGrant: number
  perPerson: number
  inAll: number
}
