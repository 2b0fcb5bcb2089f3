// What is open for clients on this instance: how much of it one connection and one person may hold, and its end as soon
// as what allowed it has ended (MCP "Subscriptions"; 2025-11-25 "Listening for Messages from the Server").
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import type { Access } from '../../oauth/grants/contract.ts'

/** Something that stays open: a stream of changes, or a request of a session that is not answered yet. */
export interface OpenStream {
  /** `null` where nobody has signed in: then only the bound for all holds. */
  access: Access | null
  /** When it ends by itself: for a stream of changes the end of its token. Seconds since the epoch. */
  until: number
  /** @param reason for the client, where something can still be said. */
  end(reason: string): void
}

export interface OpenStreams {
  /** Whether one more can be served. */
  hasRoom(): boolean
  /**
   * Ends the oldest of the same connection or person that is beyond their bound: one that hangs must not keep out a new
   * one.
   */
  add(stream: OpenStream): void
  remove(stream: OpenStream): void
  /** Ends all of them, and the looks. */
  close(): void
}

export interface Bounds {
  perGrant: number
  perPerson: number
  inAll: number
}

/** Milliseconds between two looks at what is open. */
const LOOK_MS = 1_000
/** Streams that are looked at in one turn of the event loop. */
const MAX_A_TURN = 200
/** Seconds for which a stream goes on while storage cannot say whether it may. */
const MAX_UNVERIFIED_SECONDS = 10

/** @param stillAllows whether what a token allowed still stands. It may throw while storage is away. */
export function createOpenStreams (
  bounds: Bounds,
  now: Clock,
  stillAllows: (access: Access) => boolean | Promise<boolean> = () => true
): OpenStreams {
  /** With the last second at which each was known to be allowed; oldest first. */
  const open = new Map<OpenStream, number>()
  const holders = createHolders(bounds)

  function remove (stream: OpenStream): void {
    open.delete(stream)
    holders.remove(stream)
  }
  function end (stream: OpenStream, reason: string): void {
    remove(stream)
    stream.end(reason)
  }

  function settle (stream: OpenStream, isAllowed: boolean): void {
    if (!open.has(stream)) return
    if (isAllowed) open.set(stream, now())
    else end(stream, 'The connection of this app has ended')
  }
  function doubt (stream: OpenStream): void {
    const verifiedAt = open.get(stream)
    if (verifiedAt !== undefined && now() - verifiedAt > MAX_UNVERIFIED_SECONDS) { end(stream, 'The storage of this server does not answer') }
  }
  /** @returns undefined where nothing has to be waited for: most of what is open is looked up in memory. */
  function check (stream: OpenStream): Promise<void> | undefined {
    if (stream.until <= now()) end(stream, 'The access token has expired')
    if (!open.has(stream) || stream.access === null) return undefined
    try {
      const allowed = stillAllows(stream.access)
      if (allowed instanceof Promise) {
        return allowed.then(
          (isAllowed) => settle(stream, isAllowed),
          () => doubt(stream)
        )
      }
      settle(stream, allowed)
    } catch {
      doubt(stream)
    }
    return undefined
  }

  async function look (): Promise<void> {
    const streams = [...open.keys()]
    for (let first = 0; first < streams.length; first += MAX_A_TURN) {
      await Promise.all(
        streams
          .slice(first, first + MAX_A_TURN)
          .map(check)
          .filter((waiting) => waiting !== undefined)
      )
      await nextTurn()
    }
  }
  const again = () => {
    timer = setTimeout(() => {
      look().finally(again)
    }, LOOK_MS).unref()
  }
  let timer: NodeJS.Timeout
  again()

  return {
    hasRoom: () => open.size < bounds.inAll,
    add (stream) {
      open.set(stream, now())
      for (const oldest of holders.add(stream)) end(oldest, 'Too much is open: the oldest gives way')
    },
    remove,
    close () {
      clearTimeout(timer)
      for (const stream of [...open.keys()]) end(stream, 'The server is closing')
    }
  }
}

/** Who holds what. */
function createHolders (bounds: Bounds) {
  const holders = new Map<string, Set<OpenStream>>()
  const holdersOf = ({ access }: OpenStream): Array<[holder: string, most: number]> =>
    access
      ? [
          [`grant ${access.grantId}`, bounds.perGrant],
          [`person ${access.user.id}`, bounds.perPerson]
        ]
      : []
  return {
    /** @returns the oldest of each holder who has too many now. */
    add (stream: OpenStream): Set<OpenStream> {
      const beyond = new Set<OpenStream>()
      for (const [holder, most] of holdersOf(stream)) {
        const held = holders.get(holder) ?? new Set()
        holders.set(holder, held.add(stream))
        if (held.size > most) beyond.add(held.values().next().value!)
      }
      return beyond
    },
    remove (stream: OpenStream): void {
      for (const [holder] of holdersOf(stream)) {
        const held = holders.get(holder)
        held?.delete(stream)
        if (held?.size === 0) holders.delete(holder)
      }
    }
  }
}
