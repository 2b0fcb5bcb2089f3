// Sessions that sign-ins opened at the services behind the backends: sealed, one for the browser and all apps connected
// in it, refreshed by one caller at a time. References are counted by the browser session and the grants; the session is
// ended at the service with the last one.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthBackend, Sessions } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Access, Grant } from '../oauth/grants/contract.ts'
import { randomSecret, type Sealing } from '../secrets.ts'
import type { IdentityKey } from '../sign-in/contract.ts'
import type { Collection } from '../storage/contract.ts'
import type { SettledTime } from '../storage/monotonic-time.ts'
import { createRefresh, sealingOf, writing, type BackendSession, type UpstreamSession } from './refresh.ts'

export interface UpstreamSessions {
  /** @returns the id. */
  open(backend: string, session: string, reference: Reference): Promise<string>
  /** Adds a reference. */
  retain(id: string, reference: Reference): Promise<void>
  /** Keeps the session of a grant for as long as its tokens last. */
  extend(grant: Grant): Promise<void>
  /** Removes a reference. With the last one, ends the session here and at the service. */
  release(id: string, reference: string): Promise<void>
  /**
   * The session, confirmed by the service within the last minute.
   * @returns undefined when it has ended. Everything that refers to it is ended then as well.
   * @throws BackendUnavailable when the service cannot say.
   */
  fresh(id: string): Promise<UpstreamSession | undefined>
  /** The session as it is stored, without asking the service. */
  peek(id: string): Promise<UpstreamSession | undefined>
  /**
   * A client of the service that acts on behalf of the caller.
   * @returns undefined when they signed in another way, or the session has ended.
   * @throws BackendUnavailable
   */
  onBehalfOf(access: Pick<Access, 'backendSession'>, service: string): Promise<unknown>
  /** What the service's token says of the caller. @returns and @throws as {@link UpstreamSessions.onBehalfOf}. */
  claims(access: Pick<Access, 'backendSession'>, service: string): Promise<Record<string, unknown> | undefined>
  /** Ends a session without references at the service. Never throws, and waits for a moment only. */
  end(backend: string, session: string): Promise<void>
}

/** A browser session or a grant that depends on a session. */
export interface Reference {
  name: string
  /** Seconds since the epoch. */
  endsAt: number
}

interface Deps {
  store: Collection<BackendSession>
  backends: ReadonlyMap<string, AuthBackend>
  sealing: Sealing
  now: Clock
  /** For what cannot be undone (threat SG-12). */
  settled: Pick<SettledTime, 'now'>
  log: { warn(message: string): void }
  /** What the service says of the groups of a person, when it has confirmed their session. */
  onRenewed(identity: IdentityKey, groups: readonly string[]): Promise<void>
  /** Ends what refers to a session that the service has ended. */
  onEnd(references: string[]): Promise<void>
}

/** How long a page, a revocation or a lock waits for a service. */
const SERVICE_WAIT_MS = 3_000

/** @returns undefined when the service takes longer; the call continues in the background. */
export async function withinWait<T> (call: Promise<T>): Promise<T | undefined> {
  const waiting = new AbortController()
  try {
    return await Promise.race([call, sleep(SERVICE_WAIT_MS, undefined, { signal: waiting.signal })])
  } finally {
    waiting.abort()
  }
}

/**
 * The same of a module of the operator's own: it may throw before it returns a promise, or return none (threat WB-45).
 * @param failed is told why. @returns undefined then as well.
 */
export const askedWithinWait = <T>(
  call: () => Promise<T> | undefined,
  failed: (reason: string | undefined) => void
): Promise<T | undefined> =>
    withinWait((async () => call())().catch((error: unknown) => {
      failed((error as Error | undefined)?.message)
      return undefined
    }))

export const referenceOfGrant = (id: string): string => `grant ${id}`
export const referenceOfBrowser = (session: string): string => `browser ${session}`

type OnBehalfOf = NonNullable<Sessions['onBehalfOf']>

/** @returns the references without this one, and without those whose time is up. */
const heldBesides = ({ holders }: BackendSession, reference: string, time: number): BackendSession['holders'] =>
  Object.fromEntries(Object.entries(holders).filter(([name, endsAt]) => name !== reference && endsAt > time))

export function createUpstreamSessions (deps: Deps): UpstreamSessions {
  const { store, backends, now, settled } = deps
  const { seal, unseal } = sealingOf(deps.sealing)
  const write = (record: BackendSession) => writing(record, now())
  const end: UpstreamSessions['end'] = (backend, session) => endAtService(deps, backend, session)
  const fresh = createRefresh({ ...deps, end })

  const retain: UpstreamSessions['retain'] = (id, { name, endsAt }) =>
    store.update(id, (record) =>
      record && record.holders[name] !== endsAt
        ? { write: write({ ...record, holders: { ...heldBesides(record, name, settled.now()), [name]: endsAt } }), result: undefined }
        : { result: undefined }
    )

  async function withSession<R> (
    id: string | undefined,
    service: string,
    use: (onBehalfOf: OnBehalfOf, session: string) => R
  ): Promise<R | undefined> {
    const found = id === undefined ? undefined : await fresh(id)
    const onBehalfOf = found && backends.get(found.backend)?.sessions?.onBehalfOf
    return onBehalfOf?.service === service ? use(onBehalfOf, found!.session) : undefined
  }

  return {
    end,
    fresh,
    retain,
    async open (backend, session, { name, endsAt }) {
      const id = randomSecret(16)
      const { record, ttl } = write({ backend, sealed: seal(session), checkedAt: now(), holders: { [name]: endsAt } })
      await store.put(id, record, ttl)
      return id
    },
    async extend ({ id, backendSession, refresh, accessTokens }) {
      if (backendSession === undefined) return
      const endsAt = Math.max(refresh?.expiresAt ?? 0, ...Object.values(accessTokens).map(({ expiresAt }) => expiresAt))
      await retain(backendSession, { name: referenceOfGrant(id), endsAt })
    },
    async release (id, reference) {
      const ended = await store.update<BackendSession | undefined>(id, (record) => {
        if (!record || !(reference in record.holders)) return { result: undefined }
        const left = heldBesides(record, reference, settled.now())
        return Object.keys(left).length === 0
          ? { remove: true, result: record }
          : { write: write({ ...record, holders: left }), result: undefined }
      })
      const session = ended && unseal(ended)
      if (session) await end(session.backend, session.session)
    },
    async peek (id) {
      const record = await store.find(id)
      return record && unseal(record)
    },
    onBehalfOf: ({ backendSession }, service) =>
      withSession(backendSession, service, ({ open }, session) => open(session)),
    claims: ({ backendSession }, service) =>
      withSession(backendSession, service, ({ claims }, session) => claims?.(session))
  }
}

async function endAtService ({ backends, log }: Deps, backend: string, session: string): Promise<void> {
  // What referred to it has ended here: a sign-out does not wait for a service that hangs.
  await askedWithinWait(() => backends.get(backend)?.sessions?.end?.(session), (reason) => {
    log.warn(`A session at ${backend} could not be ended: ${reason}`)
  })
}
