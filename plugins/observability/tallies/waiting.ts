// What was counted and is not stored yet: joined as it grows, so that a busy hour takes no more memory than a quiet one.
// Tested in test/plugins/observability/tallies/index.test.ts.
import type { Slot } from './contract.ts'
import { mergeSlots, withoutPerson } from './tally.ts'

/** While storage is away, so many hours and days wait; then the oldest are lost. */
const MAX_WAITING = 48
/** Slots of one record that wait singly. */
const MAX_SINGLE = 500

export interface Waiting {
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
  return {
    put (id, endsAt, slot) {
      const entry = byId.get(id) ?? { endsAt, slots: [] }
      entry.slots.push(slot)
      if (entry.slots.length >= MAX_SINGLE) entry.slots = [mergeSlots(entry.slots)]
      byId.set(id, entry)
      if (byId.size <= MAX_WAITING) return
      byId.delete(byId.keys().next().value!)
      lost()
    },
    take () {
      const [first] = byId
      if (!first) return undefined
      const [id, { endsAt, slots }] = first
      byId.delete(id)
      return { id, endsAt, slot: mergeSlots(slots) }
    },
    forget (userId) {
      for (const entry of byId.values()) entry.slots = entry.slots.map((slot) => withoutPerson(slot, userId) ?? slot)
    },
    get size () {
      return byId.size
    }
  }
}
