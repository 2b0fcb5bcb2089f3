// Sign-in: opens the backends, parks what a person came for, binds every step to the browser that began it, and keeps
// the session (threats LG-07..10). The accounts themselves are in ../accounts, sessions at services behind the backends
// in ../upstream-sessions; the pages are in routes/. Each state of a sign-in has one page, see next.ts:
//
//   begin ─> login ─┬─ password, one click ──────────────┬─> signed in ─> consent, or the page that was asked for
//                   ├─ redirect ─> provider ─> callback ─┤
//                   ├─ e-mail ─> code ───────────────────┤
//                   │             └─ wrong: code again, and login after five
//                   ├─ second factor needed ─> code ─────┤
//                   │                                    ├─> account choice ─┬─ join ─> login ─> signed in, joined
//                   │                                    │                   └─ keep separate ─> signed in
//                   └─ failed: login, with the reason    └─> addition (of a person who is signed in) ─> their account
// Tested in test/plugins/sign-in/.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, BackendHost } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { signInExpired } from '../../errors.ts'
import { createAccountExpiry, sweepExpiredAccounts } from '../accounts/expiry.ts'
import { createInvitations, type Invitations } from '../accounts/invitations.ts'
import { createAccountLifecycle, type AccountLifecycle } from '../accounts/lifecycle.ts'
import { createLocalAccounts } from '../accounts/local-accounts.ts'
import { createSignInMethods, type SignInMethods } from '../accounts/sign-in-methods.ts'
import { createUsers, endSessions } from '../accounts/users.ts'
import type { Grants } from '../oauth/grants/index.ts'
import { equalSecrets } from '../secrets.ts'
import type { Collection } from '../storage/contract.ts'
import {
  createUpstreamSessions,
  referenceOfBrowser,
  referenceOfGrant,
  type UpstreamSessions
} from '../upstream-sessions/index.ts'
import type { BackendSession } from '../upstream-sessions/refresh.ts'
import { createAdmissions } from './admission.ts'
import { createChallenges, type Challenges } from './challenges.ts'
import { createCompletion, type Completion } from './complete.ts'
import type { BrowserSession } from './contract.ts'
import { createCookies } from './cookies.ts'
import { createHandles } from './handles.ts'
import type { SignInIntent } from './intent.ts'
import { createInteractions, type Interactions, type Parked } from './interactions.ts'
import { nextPage, type SignInPages } from './next.ts'
import { createBrowserSessions, type BrowserSessions } from './sessions.ts'
import { createSubmit, type SubmitForm } from './submit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    signIn: SignIn
  }
}

export interface SignIn {
  /** In the order of AUTH_BACKEND. */
  backends: ReadonlyMap<string, AuthBackend>
  /** Sign-ins under way. */
  interactions: Pick<Interactions, 'find' | 'consume' | 'advance'> & {
    /**
     * Stores what a person came for, for this browser, with the invitation that came with it.
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
  /** The URL of the page that comes next in a sign-in. */
  next(parked: Parked): string
  /** Who is signed in in this browser. */
  sessions: Pick<BrowserSessions, 'current' | 'user' | 'signOut'> & {
    /** Ends every session of the person but the one of this browser, which goes on under a new id. */
    signOutOthers(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>
  }
  /** A form of the sign-in page. */
  submit: SubmitForm
  /** Turns the answer of a backend into a session, a next step, or a failure. */
  completion: Completion
  /** The steps that take more than one request. */
  challenges: Challenges
  /** How a person may sign in, and how that is changed. */
  methods: SignInMethods
  invitations: Invitations
  lifecycle: AccountLifecycle
  /** Sessions at the services behind the backends. */
  upstream: UpstreamSessions
  /** Forms that act on the session without an interaction. */
  forms: {
    token(request: FastifyRequest): string
    /** @throws sign_in_expired when the form was not made for this session. */
    check(request: FastifyRequest, token: string | undefined): void
  }
}

type Settings = 'publicUrl' | 'backends' | 'allowedEmails' | 'newcomersNeedInvitation' | 'signup'
type Options = Pick<Config, Settings> & { signInPages: SignInPages }

export default fp(
  async function signIn (app: FastifyInstance, options: Options) {
    const backends = await openBackends(app, options)
    app.decorate('signIn', createSignIn(app, options, backends))
    app.signIn.lifecycle.onDelete((id) => app.audit.forget(id))
    app.signIn.lifecycle.onDelete(async (id) => {
      await app.notes.deleteOf(id)
    })
    sweepExpiredAccounts(app)
    app.addHook('onClose', async () => {
      for (const backend of backends.values()) await backend.close?.()
    })
  },
  { name: 'sign-in', dependencies: ['storage', 'audit', 'limits', 'grants', 'notes', 'mail', 'workers'] }
)

async function openBackends (app: FastifyInstance, { backends, publicUrl }: Options): Promise<Map<string, AuthBackend>> {
  const runInWorker: BackendHost['runInWorker'] = (task, input, { timeout, queue = 'sign-in' }) =>
    app.workers.run(task, input, { person: { server: queue }, timeout })
  const host: BackendHost = {
    accounts: createLocalAccounts(app.storage, app.now),
    sendsMail: app.mail.isOn,
    publicUrl,
    now: app.now,
    runInWorker,
    log: app.log
  }
  const opened = new Map<string, AuthBackend>()
  for (const backend of backends) opened.set(backend.id, await backend.open(host))
  return opened
}

type Parts = ReturnType<typeof createParts>

/** The people and their sessions, each part made of those above it. */
function createParts (
  app: FastifyInstance,
  { publicUrl, allowedEmails, newcomersNeedInvitation }: Options,
  backends: Map<string, AuthBackend>
) {
  const { now } = app
  const cookies = createCookies(publicUrl.startsWith('https:'))
  const interactions = createInteractions(app, createHandles(app), cookies)
  const expiry = createAccountExpiry(app.storage, now, (id) => backends.get(id)?.oneClick?.lifetimeSeconds)
  const users = createUsers(app.storage, now, expiry)
  const lifecycle = createAccountLifecycle({ users, expiry, grants: app.grants, backends, allowedEmails, now })
  const invitations = createInvitations(app.storage, now)

  const store = app.storage.collection<BrowserSession>('browserSession')
  const upstream = createUpstreamSessions({
    store: app.storage.collection<BackendSession>('backendSession'),
    backends,
    sealing: app.sealing,
    now,
    log: app.log,
    onEnd: (references) => endReferences(app.grants, store, references)
  })
  app.grants.onEnd(async ({ id, backendSession }) => {
    if (backendSession) await upstream.release(backendSession, referenceOfGrant(id))
  })

  const sessions = createBrowserSessions({ app, store, cookies, users, backends, upstream, interactions })
  const policy = { allowedEmails, newcomersNeedInvitation }
  const admissions = createAdmissions({ ...policy, users, lifecycle, now, invitations, backends })
  const completion = createCompletion({ app, now, backends, admissions, upstream, interactions, sessions })
  return { cookies, interactions, users, lifecycle, invitations, upstream, sessions, admissions, completion }
}

function createSignIn (app: FastifyInstance, options: Options, backends: Map<string, AuthBackend>): SignIn {
  const parts = createParts(app, options, backends)
  const { interactions, sessions, completion, lifecycle, admissions, invitations, upstream } = parts
  const { limits, now } = app
  const begun = beginnings(parts)
  const challenges = createChallenges({ completion, interactions, now, limits })
  const mayCreate = options.signup === 'open'
  return {
    backends,
    interactions: {
      find: interactions.find,
      consume: interactions.consume,
      advance: interactions.advance,
      begin: begun.begin,
      resume: begun.resume
    },
    next: (parked) => nextPage(options.signInPages, parked),
    sessions: {
      current: sessions.current,
      user: sessions.user,
      signOut: sessions.signOut,
      async signOutOthers (request, reply, userId) {
        const user = await parts.users.change(userId, endSessions)
        await sessions.regenerate(request, reply, { epoch: user?.sessionEpoch ?? 0 })
      }
    },
    submit: createSubmit({ backends, challenges, completion, limits, now, mayCreate }),
    completion,
    challenges,
    methods: createSignInMethods({
      now,
      sessions,
      admissions,
      lifecycle,
      interactions,
      resume: begun.resume,
      endSession: upstream.end
    }),
    invitations,
    lifecycle,
    upstream,
    forms: createForms(app, parts)
  }
}

/** How a sign-in begins: in a browser without a session, or with the one it has. */
function beginnings ({ interactions, cookies }: Parts): Pick<SignIn['interactions'], 'begin' | 'resume'> {
  return {
    async begin (request, reply, intent, { invite } = {}) {
      const browser = cookies.identify(request, reply)
      return (await interactions.create(request, { intent, browser, ...(invite && { invite }) })).handle
    },
    async resume (request, reply, intent) {
      const session = cookies.session(request)
      const browser = cookies.identify(request, reply)
      return (await interactions.create(request, { intent, browser, ...(session && { session }) })).handle
    }
  }
}

function createForms ({ sealing }: FastifyInstance, { cookies }: Parts): SignIn['forms'] {
  const tokenOf = (request: FastifyRequest) => sealing.mac('form', cookies.session(request) ?? '')
  return {
    token: tokenOf,
    check (request, token) {
      if (token === undefined || !equalSecrets(token, tokenOf(request))) throw signInExpired()
    }
  }
}

/** The service has ended the session: the browser is signed out, and the apps connected in it are disconnected. */
async function endReferences (
  grants: Grants,
  browsers: Collection<BrowserSession>,
  references: string[]
): Promise<void> {
  const startingWith = (prefix: string) =>
    references.filter((reference) => reference.startsWith(prefix)).map((reference) => reference.slice(prefix.length))
  for (const id of startingWith(referenceOfBrowser(''))) await browsers.delete(id)
  for (const id of startingWith(referenceOfGrant(''))) await grants.revoke(id)
}
