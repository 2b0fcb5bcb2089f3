// Sign-in: opens the backends, parks what a person came for, binds every step to the browser that began it, and keeps
// the session (threats LG-07..10). The accounts themselves are in ../accounts, sessions at services behind the backends
// in ../upstream-sessions; the pages are in routes/. Each state of a sign-in has one page, see next.ts:
//
//   begin ─> login ─┬─ password, one click ──────────────┬─> signed in ─> consent, or the page that was asked for
//                   ├─ redirect ─> provider ─> callback ─┤
//                   ├─ e-mail ─> code ───────────────────┤
//                   │             └─ wrong: code again, and login after five
//                   ├─ second factor of a backend: code ─┤   (signed in: through entry.ts, which asks for a factor of ours first)
//                   │                                    ├─> account choice ─┬─ join ─> login ─> signed in, joined
//                   │                                    │                   └─ keep separate ─> signed in
//                   └─ failed: login, with the reason    └─> addition (of a person who is signed in) ─> their account
// This room owns interactions, challenges and browser sessions; it hands the routes a page to go to.
// Tested in test/plugins/sign-in/.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { sweepExpiredAccounts } from '../accounts/expiry.ts'
import type { FindHeld } from '../accounts/held-address.ts'
import type { Invitations } from '../accounts/invitations.ts'
import type { AccountLifecycle } from '../accounts/lifecycle.ts'
import { createSignInMethods, type SignInMethods } from '../accounts/sign-in-methods.ts'
import { endSessions } from '../accounts/user-record.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import { beginnings, type Beginnings } from './beginnings.ts'
import { createChallenges, type Challenges } from './challenges.ts'
import type { Completion } from './complete.ts'
import type { FactorStep } from './factor-step.ts'
import { createForms, type SessionForms } from './forms.ts'
import type { Interactions, Parked } from './interactions.ts'
import type { AdmitByOrganization } from './organization-people.ts'
import { nextPage } from './next.ts'
import { openBackends } from './open-backends.ts'
import { createParts, type Options } from './parts.ts'
import type { PasskeySignIn } from './passkey-sign-in.ts'
import type { BrowserSessions } from './sessions.ts'
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
  interactions: Pick<Interactions, 'find' | 'consume' | 'advance'> & Beginnings
  /** The URL of the page that comes next in a sign-in. */
  next(parked: Parked): string
  /** Who is signed in in this browser. */
  sessions: Pick<BrowserSessions, 'current' | 'user' | 'signOut'> & {
    /**
     * Ends every session of the person but the one of this browser, which continues under a
     * new id. That one ends as well where the person was locked or deleted meanwhile.
     * @param ends how often this request has ended all sessions already.
     * @throws sign_in_expired where somebody else has ended them meanwhile: this one does not outlive that.
     */
    signOutOthers(request: FastifyRequest, reply: FastifyReply, userId: string, ends?: number): Promise<void>
    /**
     * The person of this session has just shown a second factor: it continues under a new id.
     * @throws sign_in_expired
     */
    noteFactor(request: FastifyRequest, reply: FastifyReply): Promise<void>
  }
  /** A form of the sign-in page. */
  submit: SubmitForm
  /** Showing a second factor, or setting up the first. */
  factorStep: FactorStep
  /** By a passkey alone. */
  passkeys: PasskeySignIn
  /** How the last sign-in in this browser was, see ways.ts. */
  lastWay(request: FastifyRequest): string | undefined
  /** Turns the answer of a backend into a session, a next step, or a failure. */
  completion: Completion
  /** The steps that take more than one request. */
  challenges: Challenges
  /** Who comes by an organization's assertion, without a page. */
  admitByOrganization: AdmitByOrganization
  /** Whose an address is that somebody shows. */
  findHeld: FindHeld
  /** How a person may sign in, and how that is changed. */
  methods: SignInMethods
  invitations: Invitations
  lifecycle: AccountLifecycle
  /** Sessions at the services behind the backends. */
  upstream: UpstreamSessions
  forms: SessionForms
  /** The hash that names this browser; sets the cookie if there is none yet. */
  browserOf(request: FastifyRequest, reply: FastifyReply): string
}

export default fp(
  async function signIn (app: FastifyInstance, options: Options) {
    const backends = await openBackends(app, options)
    app.decorate('signIn', createSignIn(app, options, backends))
    app.signIn.lifecycle.onDelete((id) => app.audit.forget(id))
    app.signIn.lifecycle.onDelete((id) => app.signIn.invitations.forgetUser(id))
    app.signIn.lifecycle.onDelete(async (id) => {
      await app.notes.deleteOf(id)
    })
    app.signIn.lifecycle.onDelete((id) => app.secondFactors.removeAll(id))
    app.signIn.lifecycle.onDelete((id) => app.clients.forgetPerson(id))
    app.grants.onEnd(({ id }) => app.usage.forget(id))
    sweepExpiredAccounts(app)
    app.addHook('onClose', async () => {
      for (const backend of backends.values()) await backend.close?.()
    })
  },
  { name: 'sign-in', dependencies: ['storage', 'audit', 'limits', 'grants', 'notes', 'mail', 'workers', 'second-factors'] }
)

function createSignIn (app: FastifyInstance, options: Options, backends: Map<string, AuthBackend>): SignIn {
  const parts = createParts(app, options, backends)
  const { interactions, sessions, completion, lifecycle, admissions, invitations, upstream } = parts
  const { limits, now } = app
  const begun = beginnings(parts, app)
  const challenges = createChallenges({ completion, interactions, now, limits })
  const mayCreate = options.signup === 'open'
  lifecycle.onDelete(sessions.endAllOf)
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
      async signOutOthers (request, reply, userId, ends = 0) {
        const user = await parts.users.change(userId, endSessions)
        // A lock that came first has ended this session too, also for when it is taken back.
        if (!user || user.locked) return
        const epoch = user.sessionEpoch!
        await sessions.regenerate(request, reply, { epoch }, epoch - 1 - ends)
      },
      noteFactor: (request, reply) => sessions.regenerate(request, reply, { factorAt: now() })
    },
    factorStep: parts.factorStep,
    passkeys: parts.passkeys,
    lastWay: parts.cookies.lastWay,
    submit: createSubmit({ backends, challenges, completion, limits, now, mayCreate }),
    completion,
    challenges,
    admitByOrganization: parts.admitByOrganization,
    findHeld: parts.findHeld,
    methods: createSignInMethods({
      now,
      secondFactors: app.secondFactors,
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
    forms: createForms(app, parts),
    browserOf: parts.cookies.identify
  }
}
