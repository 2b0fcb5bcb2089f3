// Accounts of a while, such as a demo's: when each ends, and the sweep that deletes them then, the way they are deleted
// by hand. It comes by every ten minutes; nothing of them works any more by then, because every look goes by the clock.
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'

/** Rarely: on Redis each one goes through all keys. */
const SWEEP_EVERY_MS = 600_000
/**
 * Accounts that end: one click makes one, so beyond this number the oldest end with the next sweep, before their time.
 */
const MAX_TEMPORARY_ACCOUNTS = 10_000

/** Kept beside the accounts, so that a sweep looks at nobody else. */
export interface AccountExpiry {
  /**
   * Called before the account is written: an end without an account does no harm, an account without its end would
   * stay.
   * @returns when it ends, counted from the first call; undefined for one that stays.
   */
  begin(userId: string, backend: string): Promise<number | undefined>
  /** Ids of those whose time is over, and of the oldest of those that are too many. */
  over(): AsyncIterable<string>
  forget(userId: string): Promise<void>
}

/** @param lifetimeOf seconds that accounts of a backend last, if not for good. */
export function createAccountExpiry (
  storage: Storage,
  now: Clock,
  lifetimeOf: (backend: string) => number | undefined
): AccountExpiry {
  const ends = storage.collection<{ endsAt: number }>('accountEnd')
  return {
    async begin (userId, backend) {
      const lifetime = lifetimeOf(backend)
      if (lifetime === undefined) return undefined
      const endsAt = now() + lifetime
      return (await ends.create(userId, { endsAt }, null)) ? endsAt : ((await ends.find(userId))?.endsAt ?? endsAt)
    },
    async * over () {
      const left: Array<{ id: string; endsAt: number }> = []
      for await (const { id, record } of ends.all()) {
        if (record.endsAt <= now()) yield id
        else left.push({ id, endsAt: record.endsAt })
      }
      const tooMany = Math.max(0, left.length - MAX_TEMPORARY_ACCOUNTS)
      for (const { id } of left.sort((a, b) => a.endsAt - b.endsAt).slice(0, tooMany)) yield id
    },
    forget: (userId) => ends.delete(userId)
  }
}

export function sweepPeople (app: FastifyInstance): void {
  let running: Promise<void> | undefined
  const sweep = async () => {
    try {
      for (const { backend } of await app.signIn.lifecycle.deleteExpired()) { app.audit.note('account_deleted', { backend, reason: 'time' }) }
    } catch (error) {
      app.log.warn({ err: error }, 'accounts whose time is over could not be deleted; the next sweep tries again')
    }
  }
  const timer = setInterval(() => {
    running ??= sweep().finally(() => {
      running = undefined
    })
  }, SWEEP_EVERY_MS)
  timer.unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await running
  })
}
