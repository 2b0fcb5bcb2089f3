// Refreshing a session at the service behind a backend: the first caller
// that needs it asks, on any instance, and all others wait for that answer.
// A refresh token is thus used once.
// Tested in test/plugins/upstream-sessions/index.test.ts and test/plugins/upstream-sessions/refresh.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BackendUnavailable,
  type AuthBackend,
  type Renewed
} from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Sealing } from '../secrets.ts'
import { isListOfNames } from '../sign-in/answers.ts'
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
/** Between two reads of a session that a caller on another instance asks about. */
const POLL_MS = 50
/** New sessions that wait for storage to take them. */
const MAX_UNSTORED = 1_000
const PURPOSE = 'backend session'
/** In the place of a session that is over: nothing is sealed like it. */
const ENDED = ''

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

/** What services have given while storage could not take it, by id: the tokens before count no more. */
type Unstored = Map<string, { before: string; session: string }>

type Lease = { mine: BackendSession } | { fresh: BackendSession } | 'wait' | undefined

/** @returns see `UpstreamSessions.fresh`. */
export function createRefresh (
  deps: Deps
): (id: string) => Promise<UpstreamSession | undefined> {
  const { unseal } = sealingOf(deps.sealing)
  const unstored: Unstored = new Map()
  const running = new Map<string, Promise<UpstreamSession | undefined>>()
  const find = async (id: string) => {
    for (let reads = (LEASE_SECONDS * 1000) / POLL_MS; reads > 0; reads--) {
      const lease = await takeLease(deps, id)
      if (lease === undefined) return undefined
      if (lease !== 'wait') {
        return 'fresh' in lease ? (unseal(lease.fresh) ?? forget(deps, id)) : refresh(deps, unstored, id, lease.mine)
      }
      await sleep(POLL_MS)
    }
    throw new BackendUnavailable('A session is being refreshed for too long', { reason: 'slow' })
  }
  return (id) => {
    // However many an app asks at once while a service hangs, one of them looks.
    const asked = running.get(id) ?? find(id).finally(() => running.delete(id))
    running.set(id, asked)
    return asked
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
async function forget ({ store, now, onEnd }: Deps, id: string): Promise<undefined> {
  // Kept without what it was until all is ended: where storage cuts this short, the next caller goes on with it.
  const holders = await store.update<string[] | undefined>(id, (record) => {
    if (!record) return { result: undefined }
    const { leasedUntil: _, ...rest } = record
    return { write: writing({ ...rest, sealed: ENDED }, now()), result: Object.keys(record.holders) }
  })
  if (!holders) return undefined
  await onEnd(holders)
  await store.delete(id)
}

async function refresh (
  deps: Deps,
  unstored: Unstored,
  id: string,
  record: BackendSession
): Promise<UpstreamSession | undefined> {
  const { backend } = record
  const newer = unstored.get(id)
  const known = newer?.before === record.sealed ? newer.session : sealingOf(deps.sealing).unseal(record)?.session
  // Sealed with a key that is gone: it can be neither used nor checked.
  if (known === undefined) return forget(deps, id)
  const renew = deps.backends.get(backend)?.sessions?.renew
  const asked = (async () => asRenewed(renew ? await renew(known) : known))()
  let renewed: Renewed | null
  try {
    renewed = await withinLease(asked, (session) => keepLate(deps, unstored, id, record, session))
  } catch (error) {
    const given = sessionOfFault(error)
    if (given === undefined) await returnLease(deps, id, {})
    else await keep(deps, unstored, id, record, given, {})
    throw error
  }
  if (renewed === null) return forget(deps, id)
  const { session, person } = renewed
  if (!(await keep(deps, unstored, id, record, session, { checkedAt: deps.now() }))) return undefined
  if (person) await deps.onRenewed({ backend, subject: person.subject }, person.groups)
  return { backend, session }
}

/**
 * A module of the operator's own may answer anything, and what is no session ends nothing (threat AC-40).
 * @throws BackendUnavailable
 */
function asRenewed (answer: string | Renewed | null): Renewed | null {
  if (answer === null) return null
  const renewed: Partial<Renewed> = typeof answer === 'string' ? { session: answer } : (answer ?? {})
  const { session, person } = renewed
  if (typeof session !== 'string') throw new BackendUnavailable('A session was renewed without a `session`', { reason: 'unreadable' })
  const isNamed = person != null && typeof person.subject === 'string' && isListOfNames(person.groups)
  return isNamed ? { session, person } : { session }
}

const sessionOfFault = (error: unknown): string | undefined => (error instanceof BackendUnavailable ? error.session : undefined)

const LATE: unique symbol = Symbol('late')

/**
 * A module of the operator's own may wait for a service without an end: whoever asks waits no longer than others leave it alone.
 * @param onLate is given a session that comes afterwards. @throws BackendUnavailable once the lease is over.
 */
async function withinLease (
  asked: Promise<Renewed | null>,
  onLate: (session: string) => Promise<unknown>
): Promise<Renewed | null> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, LEASE_SECONDS * 1000, LATE)
  })
  const answer = await Promise.race([asked, end]).finally(() => clearTimeout(timer))
  if (answer !== LATE) return answer
  asked
    .then((late) => late?.session, sessionOfFault)
    .then(async (session) => session !== undefined && (await onLate(session)))
    .catch(() => {})
  throw new BackendUnavailable('A session is being refreshed for too long', { reason: 'slow' })
}

/** What the service gave counted once, unless somebody else has asked it in the meantime. */
async function keepLate (deps: Deps, unstored: Unstored, id: string, record: BackendSession, session: string): Promise<void> {
  const found = await deps.store.find(id)
  if (!found || found.sealed === record.sealed) await keep(deps, unstored, id, record, session, {})
}

/** @returns false where nothing refers to it any more, and it was ended. @throws StorageUnavailable, with it kept in memory. */
async function keep (
  deps: Deps,
  unstored: Unstored,
  id: string,
  { backend, sealed: before }: BackendSession,
  session: string,
  changes: Pick<Partial<BackendSession>, 'checkedAt'>
): Promise<boolean> {
  unstored.delete(id)
  unstored.set(id, { before, session })
  if (unstored.size > MAX_UNSTORED) unstored.delete(unstored.keys().next().value!)
  const isStored = await returnLease(deps, id, { sealed: sealingOf(deps.sealing).seal(session), ...changes })
  unstored.delete(id)
  // Released in the meantime.
  if (!isStored) await deps.end(backend, session)
  return isStored
}
