// Who is signed in in a browser. A session gets a new id at each sign-in; it ends by signing out, by time or with the
// account, and counts only while its backend is in use (threats LG-10, WB-11).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { signInExpired } from '../../errors.ts'
import { isAllowed } from '../accounts/user-record.ts'
import type { Users } from '../accounts/users.ts'
import type { UnusedPlaces } from '../oauth/clients/unused-places.ts'
import type { Collection } from '../storage/contract.ts'
import { askedWithinWait, referenceOfBrowser, type UpstreamSessions } from '../upstream-sessions/index.ts'
import { isActive, type BrowserSession, type User } from './contract.ts'
import { SESSION_LIFETIME_SECONDS, type Cookies } from './cookies.ts'
import { attemptOf } from './intent.ts'
import type { Interactions, Parked } from './interactions.ts'

/** A signed-in person, and how they signed in. */
export interface Visitor extends Pick<BrowserSession, 'backend' | 'backendSession' | 'signedInAt' | 'provenAt' | 'factorAt'> {
  user: User
}

export interface BrowserSessions {
  /** Who is signed in in this browser. */
  current(request: FastifyRequest): Promise<Visitor | undefined>
  user(request: FastifyRequest): Promise<User | undefined>
  /**
   * Consumes the handle, begins a session, and parks the intent for it. For entry.ts alone, which knows whether a second
   * factor is still to be shown.
   * @throws sign_in_expired also for somebody who was locked meanwhile.
   * @returns the sign-in under a new handle that only this session can use.
   */
  open(request: FastifyRequest, reply: FastifyReply, handle: string, opening: SessionOpening): Promise<Parked>
  /**
   * The session continues under a new id, for example in the person's current {@link User.sessionEpoch}.
   * @param epoch that it has to be of, if given.
   * @throws sign_in_expired without one.
   */
  regenerate(
    request: FastifyRequest,
    reply: FastifyReply,
    changes: Partial<Pick<BrowserSession, 'epoch' | 'provenAt' | 'factorAt'>>,
    epoch?: number
  ): Promise<void>
  /**
   * Ends the session.
   * @param returnTo where a service with a sign-out of its own should send the browser afterwards.
   * @returns where the browser has to go to be signed out at the service as well.
   */
  signOut(request: FastifyRequest, reply: FastifyReply, returnTo?: string): Promise<string | undefined>
  /** Nothing is left of them, here and at the services behind the backends: for somebody who is being deleted. */
  endAllOf(userId: string): Promise<void>
}

export interface SessionOpening {
  user: User
  backend: string
  /** Of the service behind the backend. */
  session?: string | undefined
  /** See {@link BrowserSession.provenAt}. */
  provenAt?: number | undefined
  /** See {@link BrowserSession.factorAt}. */
  factorAt?: number | undefined
  /** By a passkey alone. */
  byPasskey?: boolean | undefined
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'now' | 'log'>
  store: Collection<BrowserSession>
  cookies: Cookies
  users: Pick<Users, 'find'>
  backends: ReadonlyMap<string, AuthBackend>
  allowedEmails: readonly string[]
  upstream: UpstreamSessions
  interactions: Pick<Interactions, 'consume' | 'create'>
  /** Of each person, by their id: {@link MAX_SESSIONS_PER_PERSON}. */
  places: Pick<UnusedPlaces, 'take' | 'giveUpAll'>
}

/** Begun within the lifetime of one: with one more, the oldest ends. */
export const MAX_SESSIONS_PER_PERSON = 100

export function createBrowserSessions (deps: Deps): BrowserSessions {
  const { app, store, cookies, users, backends, allowedEmails, upstream } = deps

  async function current (request: FastifyRequest): Promise<Visitor | undefined> {
    const id = cookies.session(request)
    const session = id && (await store.find(id))
    // A backend that is no longer named in AUTH_BACKEND has no users here.
    if (!session || !backends.has(session.backend)) return undefined
    // One of a clock that had leapt ahead lasts no longer either (threat SG-12).
    if (Math.abs(app.now() - session.signedInAt) >= SESSION_LIFETIME_SECONDS) return undefined
    const user = await users.find(session.userId)
    // The list may have become shorter with a restart.
    if (!isActive(user, app.now()) || !isAllowed(allowedEmails, user)) return undefined
    return session.epoch === (user.sessionEpoch ?? 0) ? { user, ...session } : undefined
  }

  return {
    current,
    user: async (request) => (await current(request))?.user,
    open: (request, reply, handle, opening) => openSession(deps, request, reply, handle, opening),
    async regenerate (request, reply, changes, epoch) {
      const old = cookies.session(request)
      const session = old === undefined ? undefined : await store.take(old)
      if (!session || session.epoch !== (epoch ?? session.epoch)) {
        await release(deps, old ?? '', session)
        throw signInExpired()
      }
      const id = cookies.startSession(reply)
      await makeRoom(deps, id, session.userId)
      const endsAt = session.signedInAt + SESSION_LIFETIME_SECONDS
      if (session.backendSession !== undefined) {
        await upstream.retain(session.backendSession, { name: referenceOfBrowser(id), endsAt })
        await upstream.release(session.backendSession, referenceOfBrowser(old!))
      }
      await keep(deps, id, { ...session, ...changes }, Math.max(1, endsAt - app.now()))
    },
    async signOut (request, reply, returnTo) {
      const id = cookies.session(request)
      const session = id && (await store.find(id))
      const atService = session && session.backendSession ? await upstream.peek(session.backendSession) : undefined
      await endSession(deps, request)
      cookies.endSession(reply)
      return atService && returnTo !== undefined ? findLogoutUrl(deps, atService, returnTo) : undefined
    },
    endAllOf: (userId) => endAllOf(deps, userId)
  }
}

async function endSession (deps: Deps, request: FastifyRequest): Promise<void> {
  const id = deps.cookies.session(request)
  if (id !== undefined) await end(deps, id)
}

async function end (deps: Deps, id: string): Promise<void> {
  await release(deps, id, await deps.store.take(id))
}

async function endAllOf (deps: Deps, userId: string): Promise<void> {
  // At once: a service that hangs is waited for once.
  await Promise.all((await deps.places.giveUpAll(userId)).map((id) => end(deps, id)))
}

async function release ({ upstream }: Deps, id: string, ended: BrowserSession | undefined): Promise<void> {
  if (ended?.backendSession) await upstream.release(ended.backendSession, referenceOfBrowser(id))
}

/** A place without a session does no harm; a session without a place would not be counted. */
async function makeRoom (deps: Deps, id: string, userId: string): Promise<void> {
  for (const other of await deps.places.take(id, userId)) await end(deps, other)
}

/**
 * A lock comes before a deletion ends all sessions: either finds this one, or is seen here (threat AC-35).
 * @throws sign_in_expired, with nothing left of the session.
 */
async function keep (deps: Deps, id: string, session: BrowserSession, lifetime: number): Promise<void> {
  await deps.store.put(id, session, lifetime)
  const user = await deps.users.find(session.userId)
  if (user && !user.locked) return
  await end(deps, id)
  await endAllOf(deps, session.userId)
  throw signInExpired()
}

async function openSession (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  { user, backend, session, provenAt, factorAt, byPasskey }: SessionOpening
): Promise<Parked> {
  const { app, cookies, upstream, interactions } = deps
  // Read after the lock, they have its epoch: the session would count once they are unlocked.
  if (user.locked) throw signInExpired()
  const { intent, browser, language } = await interactions.consume(request, handle)
  await endSession(deps, request)
  const id = cookies.startSession(reply)
  await makeRoom(deps, id, user.id)
  const endsAt = app.now() + SESSION_LIFETIME_SECONDS
  const reference = { name: referenceOfBrowser(id), endsAt }
  const backendSession = session === undefined ? undefined : await upstream.open(backend, session, reference)
  const record: BrowserSession = {
    userId: user.id,
    backend,
    signedInAt: app.now(),
    ...(provenAt !== undefined && { provenAt }),
    ...(factorAt !== undefined && { factorAt }),
    epoch: user.sessionEpoch ?? 0,
    ...(backendSession && { backendSession })
  }
  await keep(deps, id, record, SESSION_LIFETIME_SECONDS)
  const details = { user: user.id, backend, ...(byPasskey && { reason: 'passkey' }), ...attemptOf(intent) }
  app.audit.record(request, 'sign_in', details)
  return interactions.create(request, { intent, browser, session: id, ...(language && { language }) })
}

/** @returns undefined where the service has none, or does not answer soon. */
async function findLogoutUrl (
  { app, backends }: Deps,
  { backend, session }: { backend: string; session: string },
  returnTo: string
): Promise<string | undefined> {
  return askedWithinWait(() => backends.get(backend)?.sessions?.logoutUrl?.(session, returnTo), (reason) => {
    app.log.warn(`The person was signed out here only: ${reason}`)
  })
}
