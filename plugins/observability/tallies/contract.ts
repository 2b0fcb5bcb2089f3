// What owners see of the use of their server: sums of tool calls and of limits that were hit, by hour and by day. Each sum
// has a bounded number of names; the audit log has single events, and fewer days of them.
// Types and bounds.

/** Of one tool, person or app in one hour or day. */
export interface Tally {
  /** All calls, with those that failed or were refused. */
  calls: number
  failed: number
  /** Over a limit. */
  refused: number
  /**
   * How many calls took how long: `times[n]` calls in the n-th class of
   * plugins/observability/tallies/tally.ts.
   */
  times: number[]
}

/**
 * What names a tally: the name of a tool, the id of a person, or the id of a client. '' is
 * everything beyond the bounds.
 */
export type Kind = 'tools' | 'people' | 'apps'

export interface LimitTally {
  /** Name of the limit, as the audit event has it. */
  limit: string
  /** The network address, and the id of the person, where they are known. */
  address?: string
  user?: string
  /** Events; one address is recorded once a minute. */
  hits: number
  /** Seconds since the epoch. */
  lastAt: number
}

/** One hour or one day, as it is stored. */
export interface Slot extends Record<Kind, Array<[id: string, tally: Tally]>> {
  limits: LimitTally[]
  /** What the apps call themselves. */
  appNames: Array<[clientId: string, name: string]>
}

/** Names of each slot; those with the most calls stay. */
export const MAX_NAMES: Readonly<Record<Kind | 'limits', number>> = { tools: 300, people: 300, apps: 200, limits: 200 }

/** An hour for a day, and a day for more. */
export const ranges = { day: { seconds: 3_600, slots: 24 }, week: { seconds: 86_400, slots: 7 }, month: { seconds: 86_400, slots: 30 } }
export type Range = keyof typeof ranges

export interface Tallies {
  /**
   * Oldest first, with an empty slot where nothing happened. `at`: where it begins, in seconds
   * since the epoch.
   */
  read(range: Range): Promise<Array<{ at: number; slot: Slot }>>
  /**
   * Deletes what is stored of a person.
   * @param since nothing of theirs is older; seconds since the epoch.
   */
  forget(userId: string, since?: number): Promise<void>
  /** Writes what waits. */
  flush(): Promise<void>
}
