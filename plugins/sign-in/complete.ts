// The one place where a sign-in succeeds, fails or needs another step: for every answer of a backend, by password, button,
// code or redirect, is handled here.
// Tested in test/plugins/sign-in/admission.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  BackendUnavailable,
  type AuthBackend,
  type FactorNeeded,
  type SignedIn,
  type SignInAnswer
} from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { OAuthError, signInExpired } from '../../errors.ts'
import { english } from '../../languages/index.ts'
import { sendSignInMethodAdded } from '../accounts/messages.ts'
import { hidesSomething, toDisplayName } from '../display-name.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import { joins, type Admission, type Admissions, type SignInContext } from './admission.ts'
import type { Failure, Interaction, Proof } from './contract.ts'
import { provesEnough } from './freshness.ts'
import { attemptOf } from './intent.ts'
import type { Interactions, Parked } from './interactions.ts'
import { describeOutage } from './outages.ts'
import type { BrowserSessions } from './sessions.ts'

/** The sign-in as it is now, or why it failed. The handle of a failure is not consumed: another try may follow. */
export type SignInResult = { kind: 'parked'; parked: Parked } | SignInFailed
export interface SignInFailed {
  kind: 'failed'
  handle: string
  failure: Failure
}

/** One try with one backend. */
export interface Submission extends SignInContext {
  handle: string
  backend: string
  /** What was typed to name the account, or nothing: failures are counted by it. */
  account: string
  /** Seconds since the epoch: when the person proved who they are. Absent when this sign-in is no proof of it. */
  provenAt?: number
}

export interface Completion {
  /** Calls the backend. A service without a usable answer is a failure; any other error is thrown. */
  callBackend<T>(
    request: FastifyRequest,
    submission: Submission,
    call: (backend: AuthBackend) => Promise<T>
  ): Promise<{ answer: T } | SignInFailed>
  /** @throws access_denied for a person who is kept out; the handle is not consumed. */
  complete(
    request: FastifyRequest,
    reply: FastifyReply,
    submission: Submission,
    answer: SignInAnswer
  ): Promise<SignInResult>
  /** Records a failed try. @param reason for the audit log. */
  reject(
    request: FastifyRequest,
    submission: Submission,
    reason: string,
    failure: Omit<Failure, 'backend'>
  ): Promise<SignInFailed>
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'limits' | 'mail' | 'issuer' | 'identity'>
  now: Clock
  backends: ReadonlyMap<string, AuthBackend>
  admissions: Admissions
  upstream: Pick<UpstreamSessions, 'end'>
  interactions: Pick<Interactions, 'find' | 'advance'>
  sessions: Pick<BrowserSessions, 'user' | 'open'>
}

/** RFC 5321 §4.5.3.1.3: no path is longer. */
const MAX_ADDRESS_CHARACTERS = 254
/** The same for an account that does not exist. */
const wrong = ({ password }: AuthBackend): string =>
  /mail/i.test(english.say(password?.label ?? '')) ? 'Incorrect e-mail address or password.' : 'Incorrect sign-in details. Check them and try again.'
const IN_USE = 'This sign-in method belongs to another account here, so it cannot be added to yours.'
const notProven = (title: string): string =>
  `${title} did not confirm that you signed in there again just now, so this is no proof that it is you. Use another sign-in method of your account; if there is none, ask the person who runs this server.`

export function createCompletion (deps: Deps): Completion {
  const { app, backends, interactions } = deps

  const reject: Completion['reject'] = async (request, { handle, backend, account }, reason, failure) => {
    const { intent } = await interactions.find(request, handle)
    const details = { backend, account: app.audit.hash(account), reason, ...attemptOf(intent) }
    app.audit.record(request, 'sign_in_failed', details)
    if (failure.statusCode === 401) await app.limits.noteFailure(request, account)
    return { kind: 'failed', handle, failure: { backend, ...failure } }
  }

  async function needFactor (
    request: FastifyRequest,
    { handle, backend, account: typed }: Submission,
    { subject, ...factor }: FactorNeeded
  ): Promise<SignInResult> {
    const account = subject === undefined ? typed : `${backend} ${subject}`
    const step = { kind: 'factor' as const, backend, ...factor, tries: 0, account }
    const parked = await interactions.advance(request, handle, ({ failure: _, ...rest }) => ({ ...rest, step }))
    return { kind: 'parked', parked }
  }

  return {
    reject,
    async callBackend (request, submission, call) {
      const backend = backends.get(submission.backend)!
      try {
        return { answer: await call(backend) }
      } catch (error) {
        if (!(error instanceof BackendUnavailable)) throw error
        request.log.warn({ err: error }, 'sign-in service')
        return reject(request, submission, error.reason, { ...describeOutage(error, backend.title), statusCode: 503 })
      }
    },
    async complete (request, reply, submission, answer) {
      if (answer === null) {
        return reject(request, submission, 'credentials', { message: wrong(backends.get(submission.backend)!), statusCode: 401 })
      }
      if ('refused' in answer) {
        return reject(request, submission, 'refused', { message: answer.refused, statusCode: 403 })
      }
      if ('factor' in answer) return needFactor(request, submission, answer.factor)
      return signIn(deps, reject, request, reply, submission, presentable(answer))
    }
  }
}

/** The backend knows the person: signs them in, asks them about an account, or keeps them out. */
async function signIn (
  deps: Deps,
  reject: Completion['reject'],
  request: FastifyRequest,
  reply: FastifyReply,
  submission: Submission,
  { session, authenticationAgeSeconds: _, ...identity }: SignedIn
): Promise<SignInResult> {
  const { handle, backend, provenAt } = submission
  const { title } = deps.backends.get(backend)!
  const interaction = await deps.interactions.find(request, handle)
  const { intent } = interaction
  const endUpstream = async () => {
    if (session !== undefined) await deps.upstream.end(backend, session)
  }
  try {
    if (!provesEnough(interaction, provenAt, deps.now())) {
      await endUpstream()
      return await reject(request, submission, 'refused', { message: notProven(english.say(title)), statusCode: 403 })
    }
    if (intent.kind === 'link' && (await deps.sessions.user(request))?.id !== intent.userId) throw signInExpired()
    const admission = await deps.admissions.admit(backend, identity, interaction, submission)
    if (admission.kind === 'identity-in-use') {
      await endUpstream()
      return await reject(request, submission, 'taken', { message: IN_USE, statusCode: 409 })
    }
    const shown = { ...identity, ...(session !== undefined && { session }) }
    const parked = await park(deps, request, reply, submission, admission, interaction, shown)
    await endParked(deps, interaction)
    return { kind: 'parked', parked }
  } catch (error) {
    await endUpstream()
    if (error instanceof OAuthError) {
      const details = { backend, reason: error.code, ...attemptOf(intent) }
      deps.app.audit.record(request, 'sign_in_failed', details)
    }
    throw error
  }
}

/** Opens the session of an admitted person, or parks what has to be asked of them first. */
async function park (
  { app, backends, interactions, sessions }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { handle, backend, provenAt }: Submission,
  { kind, user, isLinked }: Exclude<Admission, { kind: 'identity-in-use' }>,
  interaction: Interaction,
  identity: SignedIn
): Promise<Parked> {
  if (kind !== 'user') {
    const proof: Proof = { backend, identity: withFewGroups(identity), userId: user.id, ...(provenAt !== undefined && { provenAt }) }
    return interactions.advance(request, handle, ({ step: _, failure: __, ...rest }) => ({ ...rest, proof }))
  }
  const { proof } = interaction
  const added = proof && joins(proof, user) ? proof.backend : isLinked ? backend : undefined
  if (added !== undefined) {
    app.audit.record(request, 'account_changed', { user: user.id, backend: added, reason: 'way added' })
    sendSignInMethodAdded(app, request.words, user, request.words.say(backends.get(added)!.title))
  }
  return sessions.open(request, reply, handle, { user, backend, session: identity.session, provenAt })
}

/** A sign-in under way has little room. More groups than that are known from the next sign-in on. */
const MAX_PARKED_GROUPS_CHARACTERS = 4_000

const withFewGroups = ({ groups = [], ...identity }: SignedIn): SignedIn =>
  groups.join().length > MAX_PARKED_GROUPS_CHARACTERS ? identity : { ...identity, groups }

/**
 * Whatever became of a sign-in method that was shown before, the browser's session is that of the sign-in after it: its
 * own at the service would be no one's.
 */
async function endParked ({ upstream }: Deps, { proof }: Interaction): Promise<void> {
  if (proof?.identity.session !== undefined) await upstream.end(proof.backend, proof.identity.session)
}

/**
 * What a backend says of a person appears on pages, in mail and at terminals: the name is cleaned, an address with
 * hidden characters is left out.
 */
export function presentable ({ name, email, emailVerified, ...identity }: SignedIn): SignedIn {
  const shown = name === undefined ? '' : toDisplayName(name, '')
  const isSound = email !== undefined && email.length <= MAX_ADDRESS_CHARACTERS && !hidesSomething(email)
  return {
    ...identity,
    ...(shown && { name: shown }),
    ...(isSound && { email, ...(emailVerified !== undefined && { emailVerified }) })
  }
}
