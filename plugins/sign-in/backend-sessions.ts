// The sessions that sign-ins opened at the services behind the backends: sealed, one for the browser and all apps connected in it, renewed by one caller at a time, and over when the last that stands on it is.
import { setTimeout as sleep } from 'node:timers/promises'
import { BackendUnavailable, type AuthBackend } from '../../auth-backends/contract.ts'
import type { Access, Grant } from '../grants/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Collection } from '../storage/contract.ts'
import { randomSecret, type Sealing } from '../storage/sealing.ts'

export interface BackendSession {
  backend: string
  sealed: string
  /** Seconds since the epoch: when the service last said that it lives. */
  checkedAt: number
  /** Until when the one who asks the service has it to themselves. */
  leasedUntil?: number
  /** What stands on it (grants by id, the browser session by the hash of its cookie), each with the second at which it ends at the latest. */
  holders: Record<string, number>
}

export interface BackendSessions {
  /** @returns the id. */
  open (backend: string, session: string, holder: Holder): Promise<string>
  /** Keeps the session of a grant for as long as its tokens last. */
  keep (grant: Grant): Promise<void>
  /** Ends it, here and at the service, when nothing else stands on it. */
  release (id: string, holder: string): Promise<void>
  /**
   * The session, known to live at the service within the last minute.
   * @returns undefined when it is over. What stood on it is ended then, too. @throws BackendUnavailable when the service cannot say.
   */
  renewed (id: string): Promise<{ backend: string, session: string } | undefined>
  /** The session as it is, without asking anybody. */
  peek (id: string): Promise<{ backend: string, session: string } | undefined>
  /** A client of the service that acts as the caller. @returns undefined when they came another way, or the session is over. @throws BackendUnavailable */
  actAs (access: Pick<Access, 'backendSession'>, service: string): Promise<unknown>
  /** Tells the service that a session is over that nothing stands on. Never throws. */
  end (backend: string, session: string): Promise<void>
}

export interface Holder { name: string, endsAt: number }

interface Options {
  store: Collection<BackendSession>
  backends: ReadonlyMap<string, AuthBackend>
  sealing: Sealing
  now: Clock
  log: { warn (message: string): void }
  /** Ends what stood on a session that the service has ended. */
  onOver (holders: string[]): Promise<void>
}

/** How they are named among the holders. */
export const holderOfGrant = (id: string): string => `grant ${id}`
export const holderOfBrowser = (session: string): string => `browser ${session}`

const PURPOSE = 'backend session'
/** Seconds for which an answer of the service counts. */
const FRESH = 60
/** Seconds after which somebody else may ask, because whoever did has gone away. */
const LEASE = 30
/** Milliseconds between two looks at a session that another asks about. */
const PAUSE = 50

export function createBackendSessions ({ store, backends, sealing, now, log, onOver }: Options): BackendSessions {
  const seal = (session: string) => sealing.seal(PURPOSE, Buffer.from(session))
  const unseal = ({ backend, sealed }: BackendSession) => {
    const session = sealing.unseal(PURPOSE, sealed)?.toString()
    return session === undefined ? undefined : { backend, session }
  }
  const write = (record: BackendSession) => ({ record, ttl: Math.max(1, Math.ceil(Math.max(...Object.values(record.holders)) - now())) })

  async function end (backend: string, session: string): Promise<void> {
    await backends.get(backend)?.sessions?.end?.(session).catch((error: Error) => { log.warn(`A session at ${backend} could not be ended: ${error.message}`) })
  }

  /** @returns the record to renew, leased to the caller; or what there is to say without asking. */
  const lease = (id: string) => store.update<{ mine: BackendSession } | { fresh: BackendSession } | 'wait' | undefined>(id, (record) => {
    if (!record) return { result: undefined }
    if (now() - record.checkedAt < FRESH) return { result: { fresh: record } }
    if ((record.leasedUntil ?? 0) > now()) return { result: 'wait' }
    const leased = { ...record, leasedUntil: now() + LEASE }
    return { write: write(leased), result: { mine: leased } }
  })

  async function over (id: string): Promise<undefined> {
    const record = await store.take(id)
    if (record) await onOver(Object.keys(record.holders))
  }

  async function renew (id: string, record: BackendSession): Promise<{ backend: string, session: string } | undefined> {
    const known = unseal(record)
    const unlease = (changes: Partial<BackendSession>) => store.update<boolean>(id, (found) => {
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

  async function renewed (id: string): Promise<{ backend: string, session: string } | undefined> {
    for (let looks = LEASE * 1000 / PAUSE; looks > 0; looks--) {
      const found = await lease(id)
      if (found === undefined) return undefined
      if (found !== 'wait') return 'fresh' in found ? unseal(found.fresh) ?? over(id) : renew(id, found.mine)
      await sleep(PAUSE)
    }
    throw new BackendUnavailable('A session is being renewed for too long', { fault: 'slow' })
  }

  return {
    end,
    async open (backend, session, { name, endsAt }) {
      const id = randomSecret(16)
      const { record, ttl } = write({ backend, sealed: seal(session), checkedAt: now(), holders: { [name]: endsAt } })
      await store.put(id, record, ttl)
      return id
    },
    async keep ({ id, backendSession, refresh, accessTokens }) {
      if (backendSession === undefined) return
      const endsAt = Math.max(refresh?.expiresAt ?? 0, ...Object.values(accessTokens).map(({ expiresAt }) => expiresAt))
      await store.update(backendSession, (record) =>
        record ? { write: write({ ...record, holders: { ...record.holders, [holderOfGrant(id)]: endsAt } }), result: undefined } : { result: undefined })
    },
    async release (id, holder) {
      const ended = await store.update<BackendSession | undefined>(id, (record) => {
        if (!record || !(holder in record.holders)) return { result: undefined }
        const holders = Object.fromEntries(Object.entries(record.holders).filter(([name, endsAt]) => name !== holder && endsAt > now()))
        return Object.keys(holders).length === 0 ? { remove: true, result: record } : { write: write({ ...record, holders }), result: undefined }
      })
      const session = ended && unseal(ended)
      if (session) await end(session.backend, session.session)
    },
    async peek (id) {
      const record = await store.find(id)
      return record && unseal(record)
    },
    renewed,
    async actAs ({ backendSession }, service) {
      const found = backendSession === undefined ? undefined : await renewed(backendSession)
      const actAs = found && backends.get(found.backend)?.sessions?.actAs
      return actAs?.service === service ? actAs.open(found!.session) : undefined
    }
  }
}
