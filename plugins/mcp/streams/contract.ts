// What is open for a client, and how much of it may be open: shared by the streams and their checks.
import type { Access } from '../../oauth/grants/contract.ts'

/** Something that stays open: a stream of changes, or a request of a session that is not answered yet. */
export interface OpenStream {
  /** `null` without sign-in: then only the bound for all holds. */
  access: Access | null
  /** When it ends by itself: for a stream of changes the end of its token. Seconds since the epoch. */
  until: number
  /** @param reason for the client, where it can still be sent. */
  end(reason: string): void
}

export interface OpenStreams {
  /** Whether one more can be served. */
  hasRoom(): boolean
  /**
   * Ends the oldest of the same connection or person beyond their bound: one that hangs must not keep out a new one.
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
