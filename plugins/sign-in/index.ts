// Sign-in: opens the backends, parks what a person came for, binds every step to the browser that began it, and keeps the session (threats LG-07..10).
import cookie from '@fastify/cookie'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, Identity } from '../../auth-backends/contract.ts'
import type { Config } from '../../config.ts'
import { accessDenied, OAuthError, signInExpired } from '../../errors.ts'
import { equalSecrets } from '../storage/sealing.ts'
import { createBrowser, SESSION_LIFETIME } from './browser.ts'
import type { BrowserSession, Interaction, User } from './contract.ts'
import { attemptOf, type Errand } from './errand.ts'
import { createInteractions } from './interactions.ts'
import { createInvitations, type Invitations } from './invitations.ts'
import { createPeople, type People } from './people.ts'
import { createAccounts, createUsers, isAllowed } from './users.ts'

declare module 'fastify' {
  interface FastifyInstance { signIn: SignIn }
}

export interface SignIn {
  /** In the order of AUTH_BACKEND. */
  backends: ReadonlyMap<string, AuthBackend>
  invitations: Invitations
  people: People
  /** Parks an errand for this browser. @returns the handle the pages carry. */
  park (request: FastifyRequest, reply: FastifyReply, errand: Errand): Promise<string>
  /** Looks at a parked errand without spending it. @throws sign_in_expired also for another browser's. */
  look (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Spends the handle: of any number of callers one goes on. @throws sign_in_expired. */
  take (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Who is signed in in this browser. */
  user (request: FastifyRequest): Promise<User | undefined>
  /** Signs an identity in: a new session, and for the errand a new handle that only this session can use. @throws access_denied when the allow-list says no or the account is locked. */
  enter (request: FastifyRequest, reply: FastifyReply, handle: string | undefined, backend: string, identity: Identity): Promise<{ user: User, errand: Errand, handle: string }>
  /** Goes on with an errand as the person who is signed in already. @returns a handle for the consent page. */
  resume (request: FastifyRequest, reply: FastifyReply, errand: Errand): Promise<string>
  leave (request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** A value for forms that act on the session without a parked errand; checked by {@link checkFormToken}. */
  formToken (request: FastifyRequest): string
  /** @throws sign_in_expired when the form was not made for this session. */
  checkFormToken (request: FastifyRequest, token: string | undefined): void
}

type Options = Pick<Config, 'publicUrl' | 'backends' | 'allowedEmails'>

export default fp(async function signIn (app: FastifyInstance, options: Options) {
  await app.register(cookie)
  const backends = await openBackends(app, options)
  app.decorate('signIn', createSignIn(app, options, backends))
  app.addHook('onClose', async () => { for (const backend of backends.values()) await backend.close?.() })
}, { name: 'sign-in', dependencies: ['storage', 'audit', 'grants', 'notes'] })

async function openBackends (app: FastifyInstance, { backends, publicUrl }: Options): Promise<Map<string, AuthBackend>> {
  const house = { accounts: createAccounts(app.storage), publicUrl, now: app.now, log: app.log }
  const opened = new Map<string, AuthBackend>()
  for (const backend of backends) opened.set(backend.id, await backend.open(house))
  return opened
}

function createSignIn (app: FastifyInstance, { publicUrl, allowedEmails }: Options, backends: Map<string, AuthBackend>): SignIn {
  const browser = createBrowser(publicUrl.startsWith('https:'))
  const { park, look, take } = createInteractions(app.storage.collection<Interaction>('interaction'), browser)
  const sessions = app.storage.collection<BrowserSession>('browserSession')
  const users = createUsers(app.storage, app.now)

  async function admit (request: FastifyRequest, backend: string, identity: Identity): Promise<User> {
    try {
      if (!isAllowed(allowedEmails, identity)) throw accessDenied('This account may not sign in here. Ask the person who runs this server to add your e-mail address.')
      return await users.signIn(backend, identity)
    } catch (error) {
      if (error instanceof OAuthError) app.audit.record(request, 'sign_in_failed', { backend, reason: error.code })
      throw error
    }
  }

  const people = createPeople(users, app.grants, backends)
  people.whenDeleted((id) => app.audit.forget(id))
  people.whenDeleted(async (id) => { await app.notes.deleteOf(id) })
  const formToken = (request: FastifyRequest) => app.sealing.mac('form', browser.session(request) ?? '')

  return {
    backends,
    invitations: createInvitations(app.storage),
    people,
    park: (request, reply, errand) => park({ errand, browser: browser.identify(request, reply) }),
    look,
    take,
    async user (request) {
      const id = browser.session(request)
      const session = id && await sessions.find(id)
      // A backend that is no longer named has no users here.
      if (!session || !backends.has(session.backend)) return undefined
      const user = await users.find(session.userId)
      return user && !user.locked && session.epoch === (user.sessionEpoch ?? 0) ? user : undefined
    },
    async enter (request, reply, handle, backend, identity) {
      // Before the handle is spent: where one account is refused, another may be tried.
      const user = await admit(request, backend, identity)
      const { errand, browser: bound } = await take(request, handle)
      const previous = browser.session(request)
      if (previous) await sessions.delete(previous)
      const session = browser.startSession(reply)
      await sessions.put(session, { userId: user.id, backend, signedInAt: app.now(), epoch: user.sessionEpoch ?? 0 }, SESSION_LIFETIME)
      app.audit.record(request, 'sign_in', { user: user.id, backend, ...attemptOf(errand) })
      return { user, errand, handle: await park({ errand, browser: bound, session }) }
    },
    async resume (request, reply, errand) {
      const session = browser.session(request)
      return park({ errand, browser: browser.identify(request, reply), ...(session && { session }) })
    },
    async leave (request, reply) {
      const session = browser.session(request)
      if (session) await sessions.delete(session)
      browser.endSession(reply)
    },
    formToken,
    checkFormToken (request, token) {
      if (token === undefined || !equalSecrets(token, formToken(request))) throw signInExpired()
    }
  }
}
