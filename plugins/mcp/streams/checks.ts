// Checks, once a second, that everything open is still allowed, and whether its caller may use other things than before.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import { isRecent } from '../../is-recent.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import type { OpenStream } from './contract.ts'

/** How often everything that is open is checked. */
const CHECK_MS = 1_000
/** Streams that are checked in one turn of the event loop. */
const MAX_PER_TURN = 200
/** How long a stream stays open while storage cannot say whether it may. */
const MAX_UNVERIFIED_SECONDS = 10

export type StillAllows = (access: Access) => boolean | Promise<boolean>
export type End = (stream: OpenStream, reason: string) => void

/** @returns a check that ends a stream without access; undefined from it where nothing has to be waited for. */
export function createCheck (open: Map<OpenStream, number>, end: End, now: Clock, stillAllows: StillAllows) {
  function onChecked (stream: OpenStream, isAllowed: boolean): void {
    if (!open.has(stream)) return
    if (isAllowed) open.set(stream, now())
    else end(stream, 'The connection of this app has ended')
  }
  function onUnknown (stream: OpenStream): void {
    const verifiedAt = open.get(stream)
    if (verifiedAt === undefined || isRecent(verifiedAt, MAX_UNVERIFIED_SECONDS, now())) return
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

/** @returns a check that tells a stream when the key of its rights is another one than when it was last asked. */
export function createRightsCheck (keyOf: (access: OpenStream['access']) => string): (stream: OpenStream) => void {
  const keys = new WeakMap<OpenStream, string>()
  return (stream) => {
    if (!stream.onRightsChange) return
    const before = keys.get(stream)
    const key = keyOf(stream.access)
    keys.set(stream, key)
    if (before !== undefined && before !== key) stream.onRightsChange()
  }
}

/** A stream of which something cannot be found out ends alone: a rejection that nobody catches would end the server. */
export function orEnd (work: () => void, end: (reason: string) => void): void {
  try {
    work()
  } catch {
    end('Whether it may go on cannot be found out')
  }
}

/** @returns what stops the checks. */
export function checkRegularly (
  open: ReadonlyMap<OpenStream, unknown>,
  check: (stream: OpenStream) => Promise<void> | undefined,
  checkRights: (stream: OpenStream) => void,
  end: End
): () => void {
  async function checkAll (): Promise<void> {
    const streams = [...open.keys()]
    for (let first = 0; first < streams.length; first += MAX_PER_TURN) {
      const some = streams.slice(first, first + MAX_PER_TURN)
      await Promise.all(some.map(check))
      for (const stream of some) if (open.has(stream)) orEnd(() => checkRights(stream), (reason) => end(stream, reason))
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
