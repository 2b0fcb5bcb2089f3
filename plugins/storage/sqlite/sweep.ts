// Deletes what has expired in the SQLite storage until nothing of it is left: a slice at a time, so that no request waits
// behind it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../clock.ts'
import { createSettledTime, type SettledTime } from '../monotonic-time.ts'

const SWEEP_EVERY_MS = 60_000
const PAUSE_MS = 20
/** Deletes a few of what has expired by `now`. @returns how many; 0 when nothing is left. */
export type Slice = (now: number) => Promise<number>

export interface Sweeper {
  /** One pass over everything. A fault ends it; the next sweep continues. */
  sweep(): Promise<void>
  stop(): void
}

/**
 * Sweeps at once, and each minute.
 * @param noted the time that was noted last, before this process began; 0 for none.
 * @param steady seconds that no setting of the clock moves.
 */
export function startSweeping (
  slices: readonly Slice[],
  now: Clock,
  noted: () => number = () => 0,
  steady: Clock = () => performance.now() / 1000
): Sweeper {
  // A clock that was wrong for a moment, or when the machine started, must not end every connection for good.
  let settled: SettledTime | undefined
  const stopped = new AbortController()
  let running: Promise<void> | undefined

  async function sweepAll (): Promise<void> {
    settled ??= createSettledTime(now, steady, noted())
    for (const slice of slices) {
      while (!stopped.signal.aborted && (await slice(settled.now())) > 0) await sleep(PAUSE_MS, undefined, { ref: false })
    }
  }
  const sweep = (): Promise<void> =>
    (running ??= sweepAll()
      .catch(() => {
        /* nothing depends on this one */
      })
      .finally(() => {
        running = undefined
      }))
  const timer = setInterval(sweep, SWEEP_EVERY_MS).unref()
  sweep()
  return {
    sweep,
    stop () {
      stopped.abort()
      clearInterval(timer)
    }
  }
}
