// Renewing a session at the service behind a backend: whoever needs it first asks, on whatever instance, and everybody
// else waits for that answer. A refresh token is thus used once.
import { setTimeout as sleep } from 'node:timers/promises'
import { BackendUnavailable, type AuthBackend } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Collection } from '../storage/contract.ts'
import type { Sealing } from '../secrets.ts'

export interface BackendSession {
  backend: string
  sealed: string
  /** Seconds since the epoch: when the service last said that it lives. */
  checkedAt: number
  /** Until when the one who asks the service has it to themselves. */
  leasedUntil?: number
  /**
   * What stands on it (grants by id, the browser session by the hash of its cookie), each with the second at which it
   * ends at the latest.
   */
  holders: Record<string, number>
}

/** Seconds for which an answer of the service counts, unless the backend says otherwise. */
const FRESH_SECONDS = 60
/** Seconds after which somebody else may ask, because whoever did has gone away. */
const LEASE_SECONDS = 30
/** Milliseconds between two looks at a session that another asks about. */
const POLL_MS = 50
const PURPOSE = 'backend session'

export const sealingOf = (sealing: Sealing) => ({
  seal: (session: string) => sealing.seal(PURPOSE, Buffer.from(session)),
  /** @returns undefined for what was sealed under a key that is gone. */
  unseal ({ backend, sealed }: BackendSession): { backend: string; session: string } | undefined {
    const session = sealing.unseal(PURPOSE, sealed)?.toString()
    return session === undefined ? undefined : { backend, session }
  }
})

/** The record stays until the last that stands on it is over. */
export const writing = (record: BackendSession, now: number) => ({
  record,
  ttl: Math.max(1, Math.ceil(Math.max(...Object.values(record.holders)) - now))
})

interface Options {
  store: Collection<BackendSession>
  backends: ReadonlyMap<string, AuthBackend>
  sealing: Sealing
  now: Clock
  onOver(holders: string[]): Promise<void>
  end(backend: string, session: string): Promise<void>
}

export function createRenewal ({ store, backends, sealing, now, onOver, end }: Options) {
  const { seal, unseal } = sealingOf(sealing)
  const write = (record: BackendSession) => writing(record, now())

  /** @returns the record to renew, leased to the caller; or what there is to say without asking. */
  const lease = (id: string) =>
    store.update<{ mine: BackendSession } | { fresh: BackendSession } | 'wait' | undefined>(id, (record) => {
      if (!record) return { result: undefined }
      if (now() - record.checkedAt < (backends.get(record.backend)?.sessions?.freshForSeconds ?? FRESH_SECONDS)) { return { result: { fresh: record } } }
      if ((record.leasedUntil ?? 0) > now()) return { result: 'wait' }
      const leased = { ...record, leasedUntil: now() + LEASE_SECONDS }
      return { write: write(leased), result: { mine: leased } }
    })

  async function over (id: string): Promise<undefined> {
    const record = await store.take(id)
    if (record) await onOver(Object.keys(record.holders))
  }

  async function renew (id: string, record: BackendSession): Promise<{ backend: string; session: string } | undefined> {
    const known = unseal(record)
    const unlease = (changes: Partial<BackendSession>) =>
      store.update<boolean>(id, (found) => {
        if (!found) return { result: false }
        const { leasedUntil: _, ...rest } = found
        return { write: write({ ...rest, ...changes }), result: true }
      })
    // Sealed with a key that is gone: nobody can act on it or ask about it any more.
    if (!known) return over(id)
    const ask = backends.get(record.backend)?.sessions?.renew
    let session: string | null
    try {
      session = ask ? await ask(known.session) : known.session
    } catch (error) {
      await unlease({})
      throw error
    }
    if (session === null) return over(id)
    if (await unlease({ sealed: seal(session), checkedAt: now() })) return { backend: record.backend, session }
    // Released in the meantime: nothing stands on it any more.
    await end(record.backend, session)
    return undefined
  }

  return async function renewed (id: string): Promise<{ backend: string; session: string } | undefined> {
    for (let looks = (LEASE_SECONDS * 1000) / POLL_MS; looks > 0; looks--) {
      const found = await lease(id)
      if (found === undefined) return undefined
      if (found !== 'wait') return 'fresh' in found ? (unseal(found.fresh) ?? over(id)) : renew(id, found.mine)
      await sleep(POLL_MS)
    }
    throw new BackendUnavailable('A session is being renewed for too long', { reason: 'slow' })
  }
}
