// What was counted and is not stored yet: joined as it grows, so that a busy hour takes no more memory than a quiet one.
// Tested in test/plugins/observability/tallies/index.test.ts.
import type { AuditEvent } from '../audit/contract.ts'
import { ranges, type Slot } from './contract.ts'
import { createRecent } from './recent.ts'
import { mergeSlots, withoutPerson } from './tally.ts'

const HOUR_SECONDS = 3_600
/** Of each range; an hour is part of the sum of an hour and of a day. */
export const WIDTHS = [...new Set(Object.values(ranges).map(({ seconds }) => seconds))]

/** The record of one hour or day, and when nothing shows it any more. */
export const recordOf = (seconds: number, index: number) => ({ id: `${seconds} ${index}`, endsAt: index * seconds + keptSeconds(seconds) })

/** Until its last second is out of the longest range. */
const keptSeconds = (width: number): number =>
  width * (1 + Math.max(...Object.values(ranges).filter(({ seconds }) => seconds === width).map(({ slots }) => slots)))

/** While storage is away, so many hours and days wait; then the oldest are lost. */
const MAX_WAITING = 48
/** Slots of one record that wait singly. */
const MAX_SINGLE = 500

export interface Waiting {
  /** Counts an event. @param at seconds since the epoch. @returns whether it is one that is counted. */
  add(event: AuditEvent, at: number): boolean
  /** Puts what was counted last to the hours and days. */
  gather(): void
  /**
   * @param id of the record. @param endsAt when it is deleted, in seconds since the epoch.
   */
  put(id: string, endsAt: number, slot: Slot): void
  /** Takes what waits for one record. */
  take(): { id: string; endsAt: number; slot: Slot } | undefined
  forget(userId: string): void
  readonly size: number
}

/** @param lost called for each record whose sums are dropped. */
export function createWaiting (lost: () => void): Waiting {
  const byId = new Map<string, { endsAt: number; slots: Slot[] }>()
  const recent = createRecent()
  /** When the hour of what is recent ends, in seconds since the epoch. */
  let hourEndsAt = 0

  function put (id: string, endsAt: number, slot: Slot): void {
    const entry = byId.get(id) ?? { endsAt, slots: [] }
    entry.slots.push(slot)
    if (entry.slots.length >= MAX_SINGLE) entry.slots = [mergeSlots(entry.slots)]
    byId.set(id, entry)
    if (byId.size <= MAX_WAITING) return
    byId.delete(byId.keys().next().value!)
    lost()
  }

  function gather (): void {
    const slot = recent.take()
    if (!slot) return
    for (const seconds of WIDTHS) {
      const { id, endsAt } = recordOf(seconds, Math.floor((hourEndsAt - 1) / seconds))
      put(id, endsAt, slot)
    }
  }

  return {
    add (event, at) {
      if (at >= hourEndsAt || recent.isFull) gather()
      hourEndsAt = (Math.floor(at / HOUR_SECONDS) + 1) * HOUR_SECONDS
      return recent.add(event, at)
    },
    gather,
    put,
    take () {
      const [first] = byId
      if (!first) return undefined
      const [id, { endsAt, slots }] = first
      byId.delete(id)
      return { id, endsAt, slot: mergeSlots(slots) }
    },
    forget (userId) {
      recent.forget(userId)
      for (const entry of byId.values()) entry.slots = entry.slots.map((slot) => withoutPerson(slot, userId) ?? slot)
    },
    get size () {
      return byId.size
    }
  }
}
