// How many messages a person may send in a minute, how many tool calls a person, a client and a tool may make in a
// minute and in a day, and what a model reads beyond that.
import type { Clock } from '../../clock.ts'
import type { LimitName, LimitTable } from '../../config/rate-limits.ts'
import type { Access } from '../oauth/grants/contract.ts'
import type { PlaceOf } from './address-places.ts'
import { createAppsOfPeople } from './apps-of-person.ts'
import type { Counters, Counter } from './counters.ts'

const MINUTE_SECONDS = 60
const DAY_SECONDS = 86_400
/** Of a quota that many share, this part is anybody's, however many they are. */
const MIN_SHARE = 1 / 100
/** A caller who sends this many times the limit is refused before their next message is read. */
const FLOOD = 2
const MAX_REMEMBERED = 10_000

interface Window extends Counter {
  limit: LimitName
  seconds: number
  whose: string
  /** What one person has had of a quota that others use, too. */
  part?: Counter & { memberOf: string }
}

/** Seconds until the next window begins, and whether this is the first refusal of the window. */
export interface Refused {
  limit: number
  wait: number
  isFirst: boolean
}

export interface Quotas {
  /**
   * Counts the call, or says in words for a model why it does not run.
   * @param caller whom it counts for: the id of a person, or the address of a caller who has not signed in.
   * @param access `null` for a server without sign-in, and for a tool that anybody may call.
   */
  take(caller: string, access: Pick<Access, 'clientId'> | null, tool: string): string | undefined
  /** Counts messages of any kind, also those that are refused. @returns undefined if they may be answered. */
  takeMessages(caller: string, count: number): Refused | undefined
  /**
   * Counts nothing.
   * @returns seconds to wait for a caller so far beyond the limit that nothing of theirs is to be read.
   */
  floodWait(caller: string): number | undefined
}

/** @param placeOf whom a caller without sign-in counts for. */
export function createQuotas (
  counters: Pick<Counters, 'value' | 'add'>,
  table: LimitTable,
  now: Clock,
  placeOf: PlaceOf = (_kind, caller) => caller,
  appOf = createAppsOfPeople(now)
): Quotas {
  const window = (limit: LimitName, seconds: number, whose: string, id: string): Window => {
    const index = Math.floor(now() / seconds)
    return { limit, seconds, whose, key: `${limit} ${index} ${id}`, endsAt: (index + 1) * seconds, watched: true }
  }
  const shared = (of: Window, caller: string): Window => ({
    ...of,
    part: { key: `${of.key} of ${placeOf('share', caller)}`, endsAt: of.endsAt, watched: true, memberOf: `${of.key} people` }
  })
  const both = (limit: 'calls-per-user' | 'calls-per-client' | 'calls-per-tool', whose: string, id: string) => [
    window(limit, MINUTE_SECONDS, whose, id),
    window(`${limit}-day`, DAY_SECONDS, whose, id)
  ]

  /**
   * The part of a shared quota that this person keeps, independent of others: all who use it in this window have the
   * same.
   */
  const share = ({ limit, part }: Window): number => {
    const people = Math.max(1, counters.value(part!.memberOf) + (counters.value(part!.key) === 0 ? 1 : 0))
    return Math.max(1, Math.floor(table[limit] / people), Math.floor(table[limit] * MIN_SHARE))
  }
  const isFull = (window: Window): boolean =>
    counters.value(window.key) >= table[window.limit] &&
    (window.part === undefined || counters.value(window.part.key) >= share(window))

  const windowsOf = rememberFor(MINUTE_SECONDS, now, (caller: string, clientId: string | undefined, tool: string) => {
    const windows = [
      ...(clientId === undefined ? [] : both('calls-per-user', 'one person', caller)),
      ...(clientId === undefined ? [] : both('calls-per-client', 'this app', clientId).map((each) => shared(each, caller))),
      ...both('calls-per-tool', tool, tool).map((each) => shared(each, caller))
    ]
    return { windows, counted: [...windows, ...windows.flatMap(({ part }) => part ?? [])] }
  })

  const messagesOf = (caller: string): Window =>
    window('messages-per-user', MINUTE_SECONDS, 'one person', placeOf('message', caller))

  return {
    take (caller, access, tool) {
      const { windows, counted } = windowsOf(caller, access ? appOf(caller, access.clientId) : undefined, tool)
      const full = windows.find(isFull)
      if (full) return describe(full, table[full.limit], full.part && share(full), now())
      counters.add(counted)
      return undefined
    },
    takeMessages (caller, count) {
      const limit = table['messages-per-user']
      const counted = messagesOf(caller)
      const before = counters.value(counted.key)
      counters.add([counted], count)
      return before + count <= limit ? undefined : { limit, wait: wait(counted, now()), isFirst: before <= limit }
    },
    floodWait (caller) {
      const counted = messagesOf(caller)
      return counters.value(counted.key) >= FLOOD * table['messages-per-user'] ? wait(counted, now()) : undefined
    }
  }
}

/**
 * Writing the names of ten counters would cost a call more than counting: they are the same until the next window
 * begins.
 */
function rememberFor<Key extends Array<string | undefined>, R> (
  seconds: number,
  now: Clock,
  make: (...key: Key) => R
): (...key: Key) => R {
  const made = new Map<string, R>()
  let current = NaN
  return (...key) => {
    const index = Math.floor(now() / seconds)
    if (index !== current || made.size >= MAX_REMEMBERED) made.clear()
    current = index
    const name = key.join('\n')
    const known = made.get(name) ?? make(...key)
    made.set(name, known)
    return known
  }
}

const wait = ({ endsAt }: Window, now: number): number => Math.max(1, Math.ceil(endsAt - now))

function describe (window: Window, most: number, share: number | undefined, now: number): string {
  const seconds = wait(window, now)
  const when =
    seconds < 120
      ? `${seconds} seconds`
      : seconds < 7_200
        ? `${Math.ceil(seconds / 60)} minutes`
        : `${Math.ceil(seconds / 3_600)} hours`
  const own = share === undefined ? '' : `, and this person has had their part of it, ${share}`
  return (
    `This call was not made: the limit of ${most} tool calls a ${window.seconds === MINUTE_SECONDS ? 'minute' : 'day'} for ${window.whose} is reached${own}. ` +
    `Wait ${when} and call again; meanwhile answer with what you have, or ask for more at once in one call.`
  )
}
