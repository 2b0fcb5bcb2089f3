// A moment as pages show it: in the words of the reader, and in ISO 8601 for programs (HTML "time", `datetime`).
// Tested in test/plugins/pages/time.test.ts.
import type { Words } from '../../languages/index.ts'

export interface Time {
  /** ISO 8601: a day, or a moment in UTC. */
  iso: string
  text: string
}

/** @param at seconds since the epoch, or ISO 8601. */
export const dayOf = (words: Words, at: number | string): Time => ({ iso: isoOf(at).slice(0, 10), text: words.day(at) })

/** @param at seconds since the epoch, or ISO 8601. The text names UTC. */
export const minuteOf = (words: Words, at: number | string): Time => ({ iso: isoOf(at), text: words.minute(at) })

const isoOf = (at: number | string): string => new Date(typeof at === 'number' ? at * 1000 : at).toISOString()
