// The clock of this installation. It never goes back, not even over a restart, so nothing that expired comes back to life.
import type { Clock } from '../../clock.ts'
import type { Log, Storage } from './contract.ts'

const NOTE_EVERY_MS = 60_000
/** The record that holds the highest time that was seen. */
export const HIGHEST = { kind: 'time', id: 'highest' } as const
/** A smaller difference is the time between two readings. */
const MIN_SETBACK_SECONDS = 1
/** After a longer absence the clock may be wrong for now: its time is noted only once it has stayed. */
const MAX_ABSENCE_SECONDS = 30 * 86_400
/** A clock that is this far ahead of the steady one has leapt, or the machine has slept. */
const MAX_LEAP_SECONDS = 300
const SETTLED_AFTER_SECONDS = 900

const machineSteady: Clock = () => performance.now() / 1000

export interface NotedTime {
  seconds: number
}

/**
 * The time for what cannot be undone: a clock that leapt may yet go back, so until it has stayed, time goes on from where it
 * was before. A machine that is suspended again and again leaps each time, and each leap is believed by itself.
 */
export interface SettledTime {
  now: Clock
  /** Whether that is the present time. */
  isPresent(): boolean
}

export interface MonotonicTime {
  now: Clock
  settled: SettledTime
  /** Notes the time, for the next start. */
  note(): Promise<void>
  close(): Promise<void>
}

/**
 * @param steady seconds that no setting of the clock moves.
 * @returns a clock that continues from the highest time that was noted, if the machine's clock is behind it.
 */
export async function createMonotonicTime (
  storage: Storage,
  machine: Clock,
  log: Log,
  steady: Clock = machineSteady
): Promise<MonotonicTime> {
  const times = storage.collection<NotedTime>(HIGHEST.kind)
  const highest = (await times.find(HIGHEST.id))?.seconds ?? 0
  const began = { time: machine(), steady: steady() }
  const setback = highest - began.time
  const isBehind = setback > MIN_SETBACK_SECONDS
  if (isBehind) {
    log.warn(
      `the clock of this machine is ${Math.round(setback)} seconds behind the time that was seen here before; the server continues from that time. Set the clock, with NTP; if it was wrong before: docs/operations.md`
    )
  }
  const now: Clock = isBehind ? () => Math.max(machine(), highest + steady() - began.steady) : machine
  const settled = createSettledTime(now, steady, highest)

  async function note (): Promise<void> {
    const seconds = settled.now()
    await times.update(HIGHEST.id, (found) =>
      found !== undefined && found.seconds >= seconds
        ? { result: undefined }
        : { write: { record: { seconds }, ttl: null }, result: undefined }
    )
  }
  const timer = setInterval(() => {
    note().catch(() => {
      /* the next one may succeed */
    })
  }, NOTE_EVERY_MS).unref()
  const close = async () => {
    clearInterval(timer)
    await note().catch(() => {
      /* what was noted before holds */
    })
  }
  await note().catch(() => {
    /* a storage that takes no writes just now serves all the same */
  })
  return { now, settled, note, close }
}

/** What the time was when the clock leapt, and seconds of the steady one since when. */
interface Leap {
  before: number
  at: number
}

/** @param noted the time that was noted last, before this process began; 0 for none. */
export function createSettledTime (now: Clock, steady: Clock = machineSteady, noted = 0): SettledTime {
  let last = { time: now(), steady: steady() }
  const isPlausible = noted === 0 || last.time - noted < MAX_ABSENCE_SECONDS
  /** Those that are not believed yet, oldest first. */
  let leaps: Leap[] = isPlausible ? [] : [{ before: noted, at: last.steady }]

  function look (): typeof last {
    const present = { time: now(), steady: steady() }
    const leapt = present.time - last.time - (present.steady - last.steady)
    if (leapt > MAX_LEAP_SECONDS) leaps.push({ before: last.time, at: present.steady })
    leaps = leaps.filter(({ at }) => present.steady - at < SETTLED_AFTER_SECONDS)
    return (last = present)
  }

  return {
    now () {
      const present = look()
      const [first] = leaps
      return first === undefined ? present.time : Math.min(present.time, first.before + present.steady - first.at)
    },
    isPresent () {
      look()
      return leaps.length === 0
    }
  }
}
