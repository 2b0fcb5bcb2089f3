// The sessions that sign-ins opened at the services behind the backends: sealed, one for the browser and all apps
// connected in it, renewed by one caller at a time, and over when the last that stands on it is.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthBackend, Sessions } from '../../auth-backends/contract.ts'
import type { Access, Grant } from '../oauth/grants/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Collection } from '../storage/contract.ts'
import { randomSecret, type Sealing } from '../secrets.ts'
import { createRenewal, sealingOf, writing, type BackendSession } from './refresh.ts'

export interface UpstreamSessions {
  /** @returns the id. */
  open(backend: string, session: string, holder: Reference): Promise<string>
  /** One more stands on it. */
  retain(id: string, holder: Reference): Promise<void>
  /** Keeps the session of a grant for as long as its tokens last. */
  extend(grant: Grant): Promise<void>
  /** Ends it, here and at the service, when nothing else stands on it. */
  release(id: string, holder: string): Promise<void>
  /**
   * The session, known to live at the service within the last minute.
   * @returns undefined when it is over. What stood on it is ended then, too.
   * @throws BackendUnavailable when the service cannot say.
   */
  fresh(id: string): Promise<{ backend: string; session: string } | undefined>
  /** The session as it is, without asking anybody. */
  peek(id: string): Promise<{ backend: string; session: string } | undefined>
  /**
   * A client of the service that acts as the caller.
   * @returns undefined when they came another way, or the session is over.
   * @throws BackendUnavailable
   */
  onBehalfOf(access: Pick<Access, 'backendSession'>, service: string): Promise<unknown>
  /** What the service's token says of the caller. @returns and @throws as {@link UpstreamSessions.onBehalfOf}. */
  claims(access: Pick<Access, 'backendSession'>, service: string): Promise<Record<string, unknown> | undefined>
  /** Tells the service that a session is over that nothing stands on. Never throws, and waits for a moment only. */
  end(backend: string, session: string): Promise<void>
}

export interface Reference {
  name: string
  endsAt: number
}

interface Options {
  store: Collection<BackendSession>
  backends: ReadonlyMap<string, AuthBackend>
  sealing: Sealing
  now: Clock
  log: { warn(message: string): void }
  /** Ends what stood on a session that the service has ended. */
  onOver(holders: string[]): Promise<void>
}

/** Milliseconds that a page, a revocation or a lock waits for a service. */
const SERVICE_WAIT_MS = 3_000

/** @returns undefined when the service takes longer: the work goes on by itself. */
export async function withinWait<T> (work: Promise<T>): Promise<T | undefined> {
  const waiting = new AbortController()
  try {
    return await Promise.race([work, sleep(SERVICE_WAIT_MS, undefined, { signal: waiting.signal })])
  } finally {
    waiting.abort()
  }
}

/** How they are named among the holders. */
export const referenceOfGrant = (id: string): string => `grant ${id}`
export const referenceOfBrowser = (session: string): string => `browser ${session}`

type ActAs = NonNullable<Sessions['onBehalfOf']>

export function createUpstreamSessions ({ store, backends, sealing, now, log, onOver }: Options): UpstreamSessions {
  const { seal, unseal } = sealingOf(sealing)
  const write = (record: BackendSession) => writing(record, now())

  async function end (backend: string, session: string): Promise<void> {
    const ending = backends
      .get(backend)
      ?.sessions?.end?.(session)
      .catch((error: Error) => {
        log.warn(`A session at ${backend} could not be ended: ${error.message}`)
      })
    // What stood on it is gone here by now: nobody's sign-out waits for a service that hangs.
    if (ending) await withinWait(ending)
  }

  const hold = (id: string, { name, endsAt }: Reference): Promise<void> =>
    store.update(id, (record) =>
      record
        ? { write: write({ ...record, holders: { ...record.holders, [name]: endsAt } }), result: undefined }
        : { result: undefined }
    )

  const renewed = createRenewal({ store, backends, sealing, now, onOver, end })

  async function lent<R> (
    id: string | undefined,
    service: string,
    lend: (actAs: ActAs, session: string) => R
  ): Promise<R | undefined> {
    const found = id === undefined ? undefined : await renewed(id)
    const actAs = found && backends.get(found.backend)?.sessions?.onBehalfOf
    return actAs?.service === service ? lend(actAs, found!.session) : undefined
  }

  return {
    end,
    retain: hold,
    async open (backend, session, { name, endsAt }) {
      const id = randomSecret(16)
      const { record, ttl } = write({ backend, sealed: seal(session), checkedAt: now(), holders: { [name]: endsAt } })
      await store.put(id, record, ttl)
      return id
    },
    async extend ({ id, backendSession, refresh, accessTokens }) {
      if (backendSession === undefined) return
      const endsAt = Math.max(refresh?.expiresAt ?? 0, ...Object.values(accessTokens).map(({ expiresAt }) => expiresAt))
      await hold(backendSession, { name: referenceOfGrant(id), endsAt })
    },
    async release (id, holder) {
      const ended = await store.update<BackendSession | undefined>(id, (record) => {
        if (!record || !(holder in record.holders)) return { result: undefined }
        const holders = Object.fromEntries(
          Object.entries(record.holders).filter(([name, endsAt]) => name !== holder && endsAt > now())
        )
        return Object.keys(holders).length === 0
          ? { remove: true, result: record }
          : { write: write({ ...record, holders }), result: undefined }
      })
      const session = ended && unseal(ended)
      if (session) await end(session.backend, session.session)
    },
    async peek (id) {
      const record = await store.find(id)
      return record && unseal(record)
    },
    fresh: renewed,
    onBehalfOf: ({ backendSession }, service) => lent(backendSession, service, ({ open }, session) => open(session)),
    claims: ({ backendSession }, service) => lent(backendSession, service, ({ claims }, session) => claims?.(session))
  }
}
