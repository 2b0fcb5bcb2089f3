// What is open for clients on this instance: how much one connection and one person may hold, and that each ends soon
// after what allowed it (MCP "Subscriptions"; 2025-11-25 "Listening for Messages from the Server").
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { callerOf, type McpRequest } from '../contract.ts'

/**
 * Something that stays open: a stream of changes, or a request of a session that is not answered yet. Without sign-in it
 * counts for its address, which has no bound of its own: many people may share one.
 */
export interface OpenStream extends Pick<McpRequest, 'access' | 'address'> {
  /** When it ends by itself: for a stream of changes the end of its token. Seconds since the epoch. */
  until: number
  /** @param reason for the client, where it can still be sent. */
  end(reason: string): void
}

export interface OpenStreams {
  /** Whether one more of this caller can be served: where all is full, if somebody else holds more. */
  hasRoom(caller: Pick<OpenStream, 'access' | 'address'>): boolean
  /**
   * Ends the oldest of the same connection or person beyond their bound: one that hangs must not keep out a new one. And
   * the oldest of whoever holds most, beyond the bound for all: a few people do not keep out the others.
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

/** How often everything that is open is checked. */
const CHECK_MS = 1_000
/** Streams that are checked in one turn of the event loop. */
const MAX_PER_TURN = 200
const OLDEST = 'Too much is open: the oldest is closed'
/** How long a stream stays open while storage cannot say whether it may. */
const MAX_UNVERIFIED_SECONDS = 10

type StillAllows = (access: Access) => boolean | Promise<boolean>
type End = (stream: OpenStream, reason: string) => void

/** @param stillAllows whether what a token allowed is still allowed. It may throw while storage is away. */
export function createOpenStreams (bounds: Bounds, now: Clock, stillAllows: StillAllows = () => true): OpenStreams {
  /** With the time at which each was last known to be allowed; oldest first. */
  const open = new Map<OpenStream, number>()
  const holders = createHolders(bounds)
  const remove = (stream: OpenStream) => {
    open.delete(stream)
    holders.remove(stream)
  }
  const end: End = (stream, reason) => {
    remove(stream)
    stream.end(reason)
  }
  const stopChecks = checkRegularly(open, createCheck(open, end, now, stillAllows))

  return {
    hasRoom: (caller) => open.size < bounds.inAll || holders.heldBy(caller) + 1 < holders.largest().size,
    add (stream) {
      open.set(stream, now())
      for (const oldest of holders.add(stream)) end(oldest, OLDEST)
      while (open.size > bounds.inAll) end(holders.largest().values().next().value!, OLDEST)
    },
    remove,
    close () {
      stopChecks()
      for (const stream of [...open.keys()]) end(stream, 'The server is closing')
    }
  }
}

/** @returns a check that ends a stream without access; undefined from it where nothing has to be waited for. */
function createCheck (open: Map<OpenStream, number>, end: End, now: Clock, stillAllows: StillAllows) {
  function onChecked (stream: OpenStream, isAllowed: boolean): void {
    if (!open.has(stream)) return
    if (isAllowed) open.set(stream, now())
    else end(stream, 'The connection of this app has ended')
  }
  function onUnknown (stream: OpenStream): void {
    const verifiedAt = open.get(stream)
    if (verifiedAt === undefined || now() - verifiedAt <= MAX_UNVERIFIED_SECONDS) return
    end(stream, 'The storage of this server does not answer')
  }
  return (stream: OpenStream): Promise<void> | undefined => {
    if (stream.until <= now()) end(stream, 'The access token has expired')
    if (!open.has(stream) || stream.access === null) return undefined
    try {
      // Most grants are cached.
      const allowed = stillAllows(stream.access)
      if (allowed instanceof Promise) {
        return allowed.then((isAllowed) => onChecked(stream, isAllowed), () => onUnknown(stream))
      }
      onChecked(stream, allowed)
    } catch {
      onUnknown(stream)
    }
    return undefined
  }
}

/** @returns what stops the checks. */
function checkRegularly (
  open: ReadonlyMap<OpenStream, unknown>,
  check: (stream: OpenStream) => Promise<void> | undefined
): () => void {
  async function checkAll (): Promise<void> {
    const streams = [...open.keys()]
    for (let first = 0; first < streams.length; first += MAX_PER_TURN) {
      await Promise.all(streams.slice(first, first + MAX_PER_TURN).map(check))
      await nextTurn()
    }
  }
  let timer: NodeJS.Timeout
  const schedule = () => {
    timer = setTimeout(() => {
      checkAll().finally(schedule)
    }, CHECK_MS).unref()
  }
  schedule()
  return () => clearTimeout(timer)
}

/** What each grant and each person or address holds. */
function createHolders (bounds: Bounds) {
  const grants = new Map<string, Set<OpenStream>>()
  const callers = new Map<string, Set<OpenStream>>()
  type Holder = [holders: Map<string, Set<OpenStream>>, key: string, bound: number]
  const holdersOf = (stream: Pick<OpenStream, 'access' | 'address'>): Holder[] => [
    ...(stream.access ? [[grants, stream.access.grantId, bounds.perGrant] satisfies Holder] : []),
    [callers, callerOf(stream), stream.access ? bounds.perPerson : Infinity]
  ]
  return {
    heldBy: (caller: Pick<OpenStream, 'access' | 'address'>): number => callers.get(callerOf(caller))?.size ?? 0,
    /** What the person or address holds that holds most. Asked only where all is full. */
    largest: (): ReadonlySet<OpenStream> =>
      [...callers.values()].reduce((most, held) => (held.size > most.size ? held : most), new Set()),
    /** @returns the oldest stream of each holder who has too many now. */
    add (stream: OpenStream): Set<OpenStream> {
      const beyond = new Set<OpenStream>()
      for (const [holders, holder, bound] of holdersOf(stream)) {
        const held = holders.get(holder) ?? new Set()
        holders.set(holder, held.add(stream))
        if (held.size > bound) beyond.add(held.values().next().value!)
      }
      return beyond
    },
    remove (stream: OpenStream): void {
      for (const [holders, holder] of holdersOf(stream)) {
        const held = holders.get(holder)
        held?.delete(stream)
        if (held?.size === 0) holders.delete(holder)
      }
    }
  }
}
