// Refreshing a session at the service behind a backend: the first caller
// that needs it asks, on any instance, and all others wait for that answer.
// A refresh token is thus used once.
// Tested in test/plugins/upstream-sessions/index.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BackendUnavailable,
  type AuthBackend,
  type Renewed
} from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Sealing } from '../secrets.ts'
import type { IdentityKey } from '../sign-in/contract.ts'
import type { Collection } from '../storage/contract.ts'
import { isRecent } from '../is-recent.ts'

export interface BackendSession {
  backend: string
  sealed: string
  /** Seconds since the epoch: when the service last confirmed it. */
  checkedAt: number
  /** Until when the caller that asks the service has it to itself. */
  leasedUntil?: number
  /**
   * The references (grants by id, the browser session by the hash of its cookie), each with the second at which it ends
   * at the latest.
   */
  holders: Record<string, number>
}

/** A session, unsealed. */
export interface UpstreamSession {
  backend: string
  session: string
}

/**
 * How long an answer of the service counts, unless the backend says
 * otherwise.
 */
const FRESH_SECONDS = 60
/** After this another caller may ask, because the first one has gone. */
const LEASE_SECONDS = 30
/** Between two reads of a session that another caller asks about. */
const POLL_MS = 50
const PURPOSE = 'backend session'

export const sealingOf = (sealing: Sealing) => ({
  seal: (session: string) => sealing.seal(PURPOSE, Buffer.from(session)),
  /** @returns undefined for what was sealed under a key that is gone. */
  unseal ({ backend, sealed }: BackendSession): UpstreamSession | undefined {
    const session = sealing.unseal(PURPOSE, sealed)?.toString()
    return session === undefined ? undefined : { backend, session }
  }
})

/** The record lives as long as its last reference. */
export const writing = (record: BackendSession, now: number) => ({
  record,
  ttl: Math.max(1, Math.ceil(Math.max(...Object.values(record.holders)) - now))
})

interface Deps {
  store: Collection<BackendSession>
  backends: ReadonlyMap<string, AuthBackend>
  sealing: Sealing
  now: Clock
  /** Gets what the service says of a person's groups now. */
  onRenewed(identity: IdentityKey, groups: readonly string[]): Promise<void>
  onEnd(references: string[]): Promise<void>
  end(backend: string, session: string): Promise<void>
}

type Lease = { mine: BackendSession } | { fresh: BackendSession } | 'wait' | undefined

/** @returns see `UpstreamSessions.fresh`. */
export function createRefresh (
  deps: Deps
): (id: string) => Promise<UpstreamSession | undefined> {
  const { unseal } = sealingOf(deps.sealing)
  return async (id) => {
    for (let reads = (LEASE_SECONDS * 1000) / POLL_MS; reads > 0; reads--) {
      const lease = await takeLease(deps, id)
      if (lease === undefined) return undefined
      if (lease !== 'wait') {
        return 'fresh' in lease ? (unseal(lease.fresh) ?? forget(deps, id)) : refresh(deps, id, lease.mine)
      }
      await sleep(POLL_MS)
    }
    throw new BackendUnavailable('A session is being refreshed for too long', { reason: 'slow' })
  }
}

/**
 * @returns the record to refresh, leased to the caller; or what can be
 * answered without asking the service.
 */
const takeLease = ({ store, backends, now }: Deps, id: string): Promise<Lease> =>
  store.update<Lease>(id, (record) => {
    if (!record) return { result: undefined }
    const freshFor = backends.get(record.backend)?.sessions?.freshForSeconds ?? FRESH_SECONDS
    if (isRecent(record.checkedAt, freshFor, now())) return { result: { fresh: record } }
    if (isRecent((record.leasedUntil ?? 0) - LEASE_SECONDS, LEASE_SECONDS, now())) return { result: 'wait' }
    const leased = { ...record, leasedUntil: now() + LEASE_SECONDS }
    return { write: writing(leased, now()), result: { mine: leased } }
  })

/** @returns false when it was released in the meantime. */
const returnLease = ({ store, now }: Deps, id: string, changes: Partial<BackendSession>): Promise<boolean> =>
  store.update<boolean>(id, (found) => {
    if (!found) return { result: false }
    const { leasedUntil: _, ...rest } = found
    return { write: writing({ ...rest, ...changes }, now()), result: true }
  })

/** The session has ended: everything that refers to it is ended as well. */
async function forget ({ store, onEnd }: Deps, id: string): Promise<undefined> {
  const record = await store.take(id)
  if (record) await onEnd(Object.keys(record.holders))
}

async function refresh (
  deps: Deps,
  id: string,
  record: BackendSession
): Promise<UpstreamSession | undefined> {
  const { seal, unseal } = sealingOf(deps.sealing)
  const { backend } = record
  const known = unseal(record)
  // Sealed with a key that is gone: it can be neither used nor checked.
  if (!known) return forget(deps, id)
  const renew = deps.backends.get(backend)?.sessions?.renew
  let renewed: string | Renewed | null
  try {
    renewed = renew ? await renew(known.session) : known.session
  } catch (error) {
    await returnLease(deps, id, {})
    throw error
  }
  if (renewed === null) return forget(deps, id)
  const { session, person }: Renewed = typeof renewed === 'string' ? { session: renewed } : renewed
  if (await returnLease(deps, id, { sealed: seal(session), checkedAt: deps.now() })) {
    if (person) await deps.onRenewed({ backend, subject: person.subject }, person.groups)
    return { backend, session }
  }
  // Released in the meantime: nothing refers to it.
  await deps.end(backend, session)
  return undefined
}
