// Temporary accounts, such as a demo's, and the sweep that deletes expired ones, and those whose deletion was cut short.
// Every read checks expiry as well, so a late sweep exposes nothing (threat ST-07).
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'
import { createSettledTime } from '../storage/monotonic-time.ts'
import { inTurns } from '../in-turns.ts'

/** Not more often: on Redis each sweep reads all keys. */
const SWEEP_INTERVAL_MS = 600_000
/** One click makes an account: beyond this number the oldest end with the next sweep, before their time. */
const MAX_TEMPORARY_ACCOUNTS = 10_000

/** Stored beside the accounts, so that a sweep reads no others. */
export interface AccountExpiry {
  /**
   * Called before the account is written: an end without an account does no harm, an account without its end would
   * stay.
   * @returns when it ends, in seconds since the epoch, counted from the first call; undefined for one that stays.
   */
  begin(userId: string, backend: string): Promise<number | undefined>
  /** From now on the account has expired: what was begun is gone on with by the next sweep, also after a crash. */
  end(userId: string): Promise<void>
  /** Ids of the expired ones, and of the oldest of those that are too many. */
  expired(): AsyncIterable<string>
  forget(userId: string): Promise<void>
}

/**
 * @param lifetimeOf seconds that accounts of a backend last; undefined where they stay.
 * @param settled nobody gets an account back that a clock has ended which was wrong for a moment.
 */
export function createAccountExpiry (
  storage: Storage,
  now: Clock,
  lifetimeOf: (backend: string) => number | undefined,
  settled = createSettledTime(now)
): AccountExpiry {
  const ends = storage.collection<{ endsAt: number }>('accountEnd')
  return {
    async begin (userId, backend) {
      const lifetime = lifetimeOf(backend)
      if (lifetime === undefined) return undefined
      const endsAt = now() + lifetime
      return (await ends.create(userId, { endsAt }, null)) ? endsAt : ((await ends.find(userId))?.endsAt ?? endsAt)
    },
    end: (userId) => ends.put(userId, { endsAt: now() }, null),
    async * expired () {
      const left: Array<{ id: string; endsAt: number }> = []
      const time = settled.now()
      for await (const { id, record } of inTurns(ends.all())) {
        if (record.endsAt <= time) yield id
        else left.push({ id, endsAt: record.endsAt })
      }
      const surplus = Math.max(0, left.length - MAX_TEMPORARY_ACCOUNTS)
      for (const { id } of left.sort((a, b) => a.endsAt - b.endsAt).slice(0, surplus)) yield id
    },
    forget: (userId) => ends.delete(userId)
  }
}

/** Deletes expired accounts from time to time, in the same way as a person deletes their own. */
export function sweepExpiredAccounts (app: FastifyInstance): void {
  let running: Promise<void> | undefined
  const sweep = async () => {
    try {
      const deleted = await app.signIn.lifecycle.deleteExpired()
      for (const { backend } of deleted) app.audit.note('account_deleted', { backend, reason: 'time' })
    } catch (error) {
      app.log.warn({ err: error }, 'expired accounts could not be deleted; the next sweep tries again')
    }
  }
  const timer = setInterval(() => {
    running ??= sweep().finally(() => {
      running = undefined
    })
  }, SWEEP_INTERVAL_MS)
  timer.unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await running
  })
}
