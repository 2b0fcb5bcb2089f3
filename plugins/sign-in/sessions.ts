// Who is signed in in a browser: sessions begin with a new id, end by hand, in time or with the account, and count only
// while their backend is in use (threats LG-10, WB-11).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { signInExpired } from '../../errors.ts'
import { referenceOfBrowser, withinWait, type UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Collection } from '../storage/contract.ts'
import { SESSION_LIFETIME_SECONDS, type Cookies } from './cookies.ts'
import { isExpired, type BrowserSession, type User } from './contract.ts'
import { attemptOf } from './intent.ts'
import type { Interactions } from './interactions.ts'
import type { Users } from '../accounts/users.ts'

/** A signed-in person, and how they came. */
export interface Visitor extends Pick<BrowserSession, 'backend' | 'backendSession' | 'signedInAt' | 'provenAt'> {
  user: User
}

export interface BrowserSessions {
  /** Who is signed in in this browser. */
  current(request: FastifyRequest): Promise<Visitor | undefined>
  user(request: FastifyRequest): Promise<User | undefined>
  /**
   * Spends the handle, begins a session, and parks the intent for it.
   * @returns a new handle that only this session can use.
   */
  open(request: FastifyRequest, reply: FastifyReply, handle: string, entry: Entry): Promise<string>
  /**
   * The session goes on under a new id, for example as one of the person's present {@link User.sessionEpoch}.
   * @throws sign_in_expired without one.
   */
  regenerate(
    request: FastifyRequest,
    reply: FastifyReply,
    changes: Partial<Pick<BrowserSession, 'epoch' | 'provenAt'>>
  ): Promise<void>
  /**
   * Ends the session.
   * @param returnTo where a service that signs people out by itself shall send them afterwards.
   * @returns where the browser has to go to be signed out at the service as well.
   */
  signOut(request: FastifyRequest, reply: FastifyReply, returnTo?: string): Promise<string | undefined>
}

export interface Entry {
  user: User
  backend: string
  session: string | undefined
}

interface Options {
  app: Pick<FastifyInstance, 'audit' | 'now' | 'log'>
  store: Collection<BrowserSession>
  cookies: Cookies
  users: Pick<Users, 'find'>
  backends: ReadonlyMap<string, AuthBackend>
  upstream: UpstreamSessions
  interactions: Interactions
}

export function createBrowserSessions ({
  app,
  store,
  cookies: browser,
  users,
  backends,
  upstream: services,
  interactions
}: Options): BrowserSessions {
  async function visitor (request: FastifyRequest): Promise<Visitor | undefined> {
    const id = browser.session(request)
    const session = id && (await store.find(id))
    // A backend that is no longer named has no users here.
    if (!session || !backends.has(session.backend) || session.signedInAt + SESSION_LIFETIME_SECONDS <= app.now()) { return undefined }
    const user = await users.find(session.userId)
    return user && !user.locked && !isExpired(user, app.now()) && session.epoch === (user.sessionEpoch ?? 0)
      ? { user, ...session }
      : undefined
  }

  /** @returns what was ended. */
  async function end (request: FastifyRequest): Promise<BrowserSession | undefined> {
    const id = browser.session(request)
    const ended = id === undefined ? undefined : await store.take(id)
    if (ended?.backendSession) await services.release(ended.backendSession, referenceOfBrowser(id!))
    return ended
  }

  return {
    current: visitor,
    user: async (request) => (await visitor(request))?.user,
    async open (request, reply, handle, { user, backend, session }) {
      const { intent, browser: bound } = await interactions.consume(request, handle)
      await end(request)
      const id = browser.startSession(reply)
      const endsAt = app.now() + SESSION_LIFETIME_SECONDS
      const backendSession =
        session === undefined
          ? undefined
          : await services.open(backend, session, { name: referenceOfBrowser(id), endsAt })
      await store.put(
        id,
        {
          userId: user.id,
          backend,
          signedInAt: app.now(),
          epoch: user.sessionEpoch ?? 0,
          ...(backendSession && { backendSession })
        },
        SESSION_LIFETIME_SECONDS
      )
      app.audit.record(request, 'sign_in', { user: user.id, backend, ...attemptOf(intent) })
      return interactions.create(request, { intent, browser: bound, session: id })
    },
    async regenerate (request, reply, changes) {
      const old = browser.session(request)
      const session = old === undefined ? undefined : await store.take(old)
      if (!session) throw signInExpired()
      const id = browser.startSession(reply)
      const endsAt = session.signedInAt + SESSION_LIFETIME_SECONDS
      await store.put(id, { ...session, ...changes }, Math.max(1, endsAt - app.now()))
      if (session.backendSession === undefined) return
      await services.retain(session.backendSession, { name: referenceOfBrowser(id), endsAt })
      await services.release(session.backendSession, referenceOfBrowser(old!))
    },
    async signOut (request, reply, returnTo) {
      const id = browser.session(request)
      const session = id && (await store.find(id))
      const held =
        session && session.backendSession !== undefined ? await services.peek(session.backendSession) : undefined
      await end(request)
      browser.endSession(reply)
      const logoutUrl = held && returnTo !== undefined ? backends.get(held.backend)?.sessions?.logoutUrl : undefined
      return (
        logoutUrl &&
        withinWait(
          logoutUrl(held!.session, returnTo!).catch((error: Error) => {
            app.log.warn(`The person was signed out here only: ${error.message}`)
            return undefined
          })
        )
      )
    }
  }
}
