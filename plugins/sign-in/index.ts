// Sign-in: opens the backends, parks what a person came for, binds every step to the browser that began it, and keeps
// the session (threats LG-07..10).
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, BackendHost } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { signInExpired } from '../../errors.ts'
import type { Grants } from '../oauth/grants/index.ts'
import type { Collection } from '../storage/contract.ts'
import { equalSecrets } from '../secrets.ts'
import { createAccounts } from '../accounts/local-accounts.ts'
import { createAdmissions } from './admission.ts'
import {
  createUpstreamSessions,
  referenceOfBrowser,
  referenceOfGrant,
  type UpstreamSessions
} from '../upstream-sessions/index.ts'
import { createCookies } from './cookies.ts'
import { createBrowserSessions, type BrowserSessions } from './sessions.ts'
import type { BrowserSession } from './contract.ts'
import { createAccountExpiry, sweepPeople } from '../accounts/expiry.ts'
import type { SignInIntent } from './intent.ts'
import { createHandles } from './handles.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { createInvitations, type Invitations } from '../accounts/invitations.ts'
import { createCompletion, type Completion } from './complete.ts'
import { createAccountLifecycle, type AccountLifecycle } from '../accounts/lifecycle.ts'
import type { BackendSession } from '../upstream-sessions/refresh.ts'
import { createChallenges, type Challenges } from './challenges.ts'
import { createUsers, endSessions } from '../accounts/users.ts'
import { createSignInMethods, type SignInMethods } from '../accounts/sign-in-methods.ts'

declare module 'fastify' {
  interface FastifyInstance {
    signIn: SignIn
  }
}

export interface SignIn {
  /** In the order of AUTH_BACKEND. */
  backends: ReadonlyMap<string, AuthBackend>
  /** Sign-ins under way. */
  interactions: Omit<Interactions, 'create' | 'newHandle'> & {
    /**
     * Keeps what a person came for, for this browser, with the invitation that came with it.
     * @returns the handle that the pages carry.
     */
    begin(
      request: FastifyRequest,
      reply: FastifyReply,
      intent: SignInIntent,
      more?: { invite?: string }
    ): Promise<string>
    /** Goes on as the person who is signed in already. @returns a handle that only this session can use. */
    resume(request: FastifyRequest, reply: FastifyReply, intent: SignInIntent): Promise<string>
  }
  /** Who is signed in in this browser. */
  sessions: Pick<BrowserSessions, 'current' | 'user' | 'signOut'> & {
    /** Ends every session of the person but the one of this browser, which goes on under a new id. */
    signOutOthers(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>
  }
  /** What a backend answers becomes a session, a next step, or a failure. */
  completion: Completion
  /** What takes more than one request. */
  challenges: Challenges
  /** How a person may sign in, and how that is changed. */
  methods: SignInMethods
  invitations: Invitations
  lifecycle: AccountLifecycle
  /** What the services behind the backends still have of the sign-ins. */
  upstream: UpstreamSessions
  /** Forms that act on the session without an interaction. */
  forms: {
    token(request: FastifyRequest): string
    /** @throws sign_in_expired when the form was not made for this session. */
    check(request: FastifyRequest, token: string | undefined): void
  }
}

type Options = Pick<Config, 'publicUrl' | 'backends' | 'allowedEmails' | 'newcomersNeedInvitation'>

export default fp(
  async function signIn (app: FastifyInstance, options: Options) {
    const backends = await openBackends(app, options)
    app.decorate('signIn', createSignIn(app, options, backends))
    app.signIn.lifecycle.onDelete((id) => app.audit.forget(id))
    app.signIn.lifecycle.onDelete(async (id) => {
      await app.notes.deleteOf(id)
    })
    sweepPeople(app)
    app.addHook('onClose', async () => {
      for (const backend of backends.values()) await backend.close?.()
    })
  },
  { name: 'sign-in', dependencies: ['storage', 'audit', 'limits', 'grants', 'notes', 'mail', 'workers'] }
)

async function openBackends (app: FastifyInstance, { backends, publicUrl }: Options): Promise<Map<string, AuthBackend>> {
  const runInWorker: BackendHost['runInWorker'] = (task, input, { timeout, queue = 'sign-in' }) =>
    app.workers.run(task, input, { person: { server: queue }, timeout })
  const house: BackendHost = {
    accounts: createAccounts(app.storage, app.now),
    sendsMail: app.mail.isOn,
    publicUrl,
    now: app.now,
    runInWorker,
    log: app.log
  }
  const opened = new Map<string, AuthBackend>()
  for (const backend of backends) opened.set(backend.id, await backend.open(house))
  return opened
}

/** The parts of a sign-in, each made of those above it. */
function createParts (
  app: FastifyInstance,
  { publicUrl, allowedEmails, newcomersNeedInvitation }: Options,
  backends: Map<string, AuthBackend>
) {
  const cookies = createCookies(publicUrl.startsWith('https:'))
  const interactions = createInteractions(app, createHandles(app), cookies)
  const expiry = createAccountExpiry(app.storage, app.now, (id) => backends.get(id)?.oneClick?.lifetimeSeconds)
  const users = createUsers(app.storage, app.now, expiry)
  const lifecycle = createAccountLifecycle({ users, expiry, grants: app.grants, backends, allowedEmails, now: app.now })
  const invitations = createInvitations(app.storage, app.now)

  const store = app.storage.collection<BrowserSession>('browserSession')
  const upstream = createUpstreamSessions({
    store: app.storage.collection<BackendSession>('backendSession'),
    backends,
    sealing: app.sealing,
    now: app.now,
    log: app.log,
    onOver: (holders) => endHolders(app.grants, store, holders)
  })
  app.grants.onEnd(async ({ id, backendSession }) => {
    if (backendSession) await upstream.release(backendSession, referenceOfGrant(id))
  })

  const sessions = createBrowserSessions({ app, store, cookies, users, backends, upstream, interactions })
  const admissions = createAdmissions({
    allowedEmails,
    newcomersNeedInvitation,
    users,
    lifecycle,
    now: app.now,
    invitations,
    backends
  })
  const completion = createCompletion({
    app,
    backends,
    admissions,
    upstream,
    find: interactions.find,
    advance: interactions.advance,
    user: sessions.user,
    open: sessions.open
  })
  return { cookies, interactions, users, lifecycle, invitations, upstream, sessions, admissions, completion }
}

function createSignIn (app: FastifyInstance, options: Options, backends: Map<string, AuthBackend>): SignIn {
  const { cookies, interactions, users, lifecycle, invitations, upstream, sessions, admissions, completion } =
    createParts(app, options, backends)
  const resume: SignIn['interactions']['resume'] = async (request, reply, intent) => {
    const session = cookies.session(request)
    return interactions.create(request, {
      intent,
      browser: cookies.identify(request, reply),
      ...(session && { session })
    })
  }
  const methods = createSignInMethods({
    now: app.now,
    sessions,
    admissions,
    lifecycle,
    find: interactions.find,
    consume: interactions.consume,
    resume,
    endSession: upstream.end
  })
  const formToken = (request: FastifyRequest) => app.sealing.mac('form', cookies.session(request) ?? '')

  return {
    backends,
    interactions: {
      find: interactions.find,
      consume: interactions.consume,
      advance: interactions.advance,
      begin: (request, reply, intent, { invite } = {}) =>
        interactions.create(request, { intent, browser: cookies.identify(request, reply), ...(invite && { invite }) }),
      resume
    },
    sessions: {
      current: sessions.current,
      user: sessions.user,
      signOut: sessions.signOut,
      async signOutOthers (request, reply, userId) {
        const user = await users.change(userId, endSessions)
        await sessions.regenerate(request, reply, { epoch: user?.sessionEpoch ?? 0 })
      }
    },
    completion,
    challenges: createChallenges({
      ...completion,
      find: interactions.find,
      advance: interactions.advance,
      newHandle: interactions.newHandle,
      slowDown: app.limits.slowDown
    }),
    methods,
    invitations,
    lifecycle,
    upstream,
    forms: {
      token: formToken,
      check (request, token) {
        if (token === undefined || !equalSecrets(token, formToken(request))) throw signInExpired()
      }
    }
  }
}

/**
 * The service has ended the session: the browser is signed out, and the apps that were connected in it are
 * disconnected.
 */
async function endHolders (grants: Grants, browsers: Collection<BrowserSession>, holders: string[]): Promise<void> {
  const named = (prefix: string) =>
    holders.filter((holder) => holder.startsWith(prefix)).map((holder) => holder.slice(prefix.length))
  for (const id of named(referenceOfBrowser(''))) await browsers.delete(id)
  for (const id of named(referenceOfGrant(''))) await grants.revoke(id)
}
