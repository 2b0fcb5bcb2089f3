// Sign-in: opens the backends, parks what a person came for, binds every step to the browser that began it, and keeps the session (threats LG-07..10).
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, House } from '../../auth-backends/contract.ts'
import type { Config } from '../../config.ts'
import { signInExpired } from '../../errors.ts'
import type { Grants } from '../grants/index.ts'
import type { Collection } from '../storage/contract.ts'
import { equalSecrets } from '../storage/sealing.ts'
import { createAccounts } from './accounts.ts'
import { createAdmissions } from './admission.ts'
import { createBackendSessions, holderOfBrowser, holderOfGrant, type BackendSessions } from './backend-sessions.ts'
import { createBrowser } from './browser.ts'
import { createBrowserSessions, type BrowserSessions } from './browser-sessions.ts'
import type { BrowserSession, Interaction } from './contract.ts'
import { createDeadlines, sweepPeople } from './deadlines.ts'
import type { Errand } from './errand.ts'
import { createHandles } from './handles.ts'
import { createInteractions } from './interactions.ts'
import { createInvitations, type Invitations } from './invitations.ts'
import { createOutcomes, type Outcomes } from './outcome.ts'
import { createPeople, type People } from './people.ts'
import type { BackendSession } from './renewal.ts'
import { createSteps, type Steps } from './steps.ts'
import { createUsers, endSessions } from './users.ts'
import { createWays, type Ways } from './ways.ts'

declare module 'fastify' {
  interface FastifyInstance { signIn: SignIn }
}

export interface SignIn extends Outcomes, Pick<BrowserSessions, 'visitor' | 'user' | 'leave'> {
  /** In the order of AUTH_BACKEND. */
  backends: ReadonlyMap<string, AuthBackend>
  invitations: Invitations
  people: People
  /** How a person may sign in, and how that is changed. */
  ways: Ways
  /** What takes more than one request. */
  steps: Steps
  /** What the services behind the backends still have of the sign-ins. */
  services: BackendSessions
  /** Parks an errand for this browser, with the invitation that came with it. @returns the handle the pages carry. */
  park (request: FastifyRequest, reply: FastifyReply, errand: Errand, more?: { invite?: string }): Promise<string>
  /** Parks what comes instead of a handle that is spent by it. */
  replace (request: FastifyRequest, handle: string, change: (interaction: Interaction) => Interaction): Promise<string>
  /** Looks at a parked errand without spending it. @throws sign_in_expired also for another browser's. */
  look (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Spends the handle: of any number of callers one goes on. @throws sign_in_expired. */
  take (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Goes on with an errand as the person who is signed in already. @returns a handle that only this session can use. */
  resume (request: FastifyRequest, reply: FastifyReply, errand: Errand): Promise<string>
  /** Ends every session of the person but the one of this browser, which goes on under a new id. */
  signOutOthers (request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>
  /** A value for forms that act on the session without a parked errand; checked by {@link checkFormToken}. */
  formToken (request: FastifyRequest): string
  /** @throws sign_in_expired when the form was not made for this session. */
  checkFormToken (request: FastifyRequest, token: string | undefined): void
}

type Options = Pick<Config, 'publicUrl' | 'backends' | 'allowedEmails' | 'newcomersNeedInvitation'>

export default fp(async function signIn (app: FastifyInstance, options: Options) {
  const backends = await openBackends(app, options)
  app.decorate('signIn', createSignIn(app, options, backends))
  app.signIn.people.whenDeleted((id) => app.audit.forget(id))
  app.signIn.people.whenDeleted(async (id) => { await app.notes.deleteOf(id) })
  sweepPeople(app)
  app.addHook('onClose', async () => { for (const backend of backends.values()) await backend.close?.() })
}, { name: 'sign-in', dependencies: ['storage', 'audit', 'limits', 'grants', 'notes', 'mail', 'workers'] })

async function openBackends (app: FastifyInstance, { backends, publicUrl }: Options): Promise<Map<string, AuthBackend>> {
  const work: House['work'] = (task, input, { deadline }) => app.workers.run(task, input, { person: { server: 'sign-in' }, deadline })
  const house: House = { accounts: createAccounts(app.storage, app.now), sendsMail: app.mail.isOn, publicUrl, now: app.now, work, log: app.log }
  const opened = new Map<string, AuthBackend>()
  for (const backend of backends) opened.set(backend.id, await backend.open(house))
  return opened
}

function createSignIn (app: FastifyInstance, { publicUrl, allowedEmails, newcomersNeedInvitation }: Options, backends: Map<string, AuthBackend>): SignIn {
  const browser = createBrowser(publicUrl.startsWith('https:'))
  const interactions = createInteractions(app, createHandles(app), browser)
  const { park, look, replace } = interactions
  const deadlines = createDeadlines(app.storage, app.now, (id) => backends.get(id)?.oneClick?.lifetime)
  const users = createUsers(app.storage, app.now, deadlines)
  const people = createPeople({ users, deadlines, grants: app.grants, backends, allowedEmails, now: app.now })
  const invitations = createInvitations(app.storage, app.now)

  const store = app.storage.collection<BrowserSession>('browserSession')
  const services = createBackendSessions({
    store: app.storage.collection<BackendSession>('backendSession'),
    backends,
    sealing: app.sealing,
    now: app.now,
    log: app.log,
    onOver: (holders) => endHolders(app.grants, store, holders)
  })
  app.grants.whenEnded(async ({ id, backendSession }) => { if (backendSession) await services.release(backendSession, holderOfGrant(id)) })

  const sessions = createBrowserSessions({ app, store, browser, users, backends, services, interactions })
  const admissions = createAdmissions({
    allowedEmails,
    newcomersNeedInvitation,
    users,
    people,
    now: app.now,
    invitations,
    backends
  })
  const outcomes = createOutcomes({ app, backends, admissions, services, look, replace, user: sessions.user, open: sessions.open })
  const resume: SignIn['resume'] = async (request, reply, errand) => {
    const session = browser.session(request)
    return park(request, { errand, browser: browser.identify(request, reply), ...(session && { session }) })
  }
  const ways = createWays({ now: app.now, sessions, admissions, people, look, take: interactions.take, resume, endSession: services.end })
  const formToken = (request: FastifyRequest) => app.sealing.mac('form', browser.session(request) ?? '')

  return {
    ...outcomes,
    ...interactions,
    ...sessions,
    backends,
    invitations,
    people,
    services,
    steps: createSteps({ ...outcomes, look, replace, newHandle: interactions.newHandle, slowDown: app.limits.slowDown }),
    park: (request, reply, errand, { invite } = {}) => park(request, { errand, browser: browser.identify(request, reply), ...(invite && { invite }) }),
    ways,
    resume,
    async signOutOthers (request, reply, userId) {
      const user = await users.change(userId, endSessions)
      await sessions.renew(request, reply, { epoch: user?.sessionEpoch ?? 0 })
    },
    formToken,
    checkFormToken (request, token) {
      if (token === undefined || !equalSecrets(token, formToken(request))) throw signInExpired()
    }
  }
}

/** The service has ended the session: the browser is signed out, and the apps that were connected in it are disconnected. */
async function endHolders (grants: Grants, browsers: Collection<BrowserSession>, holders: string[]): Promise<void> {
  const named = (prefix: string) => holders.filter((holder) => holder.startsWith(prefix)).map((holder) => holder.slice(prefix.length))
  for (const id of named(holderOfBrowser(''))) await browsers.delete(id)
  for (const id of named(holderOfGrant(''))) await grants.revoke(id)
}
