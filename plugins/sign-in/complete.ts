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
import { english, type Message, type Text } from '../../languages/index.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Admission, Admissions, SignInContext } from './admission.ts'
import { presentable, readAnswer } from './answers.ts'
import type { Failure, Proof } from './contract.ts'
import type { Entry } from './entry.ts'
import { provesEnough } from './freshness.ts'
import { attemptOf } from './intent.ts'
import type { Interactions, Parked } from './interactions.ts'
import { describeOutage } from './outages.ts'
import type { BrowserSessions } from './sessions.ts'

/**
 * The sign-in as it is now, or why it failed. The handle of a failure is not consumed: another
 * try may follow.
 */
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
  /**
   * Seconds since the epoch: when the person proved who they are. Absent when this sign-in is
   * no proof of it.
   */
  provenAt?: number
  /** How, for the sign-in page to remember; see ways.ts. */
  way?: string | undefined
}

export interface Completion {
  /**
   * Calls the backend. A service without a usable answer is a failure; any other error is
   * thrown.
   */
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
  app: Pick<FastifyInstance, 'audit' | 'limits'>
  now: Clock
  backends: ReadonlyMap<string, AuthBackend>
  admissions: Admissions
  upstream: Pick<UpstreamSessions, 'end'>
  interactions: Pick<Interactions, 'find' | 'advance'>
  sessions: Pick<BrowserSessions, 'user'>
  entry: Pick<Entry, 'enter' | 'noteAdded'>
}

/** The same for an account that does not exist. */
const wrong = ({ password }: AuthBackend): Message => ({ key: password && asksForMail(password.label) ? 'sign-in.wrongMail' : 'sign-in.wrongDetails' })
const IN_USE: Message = { key: 'sign-in.inUse' }

/** Whether the first field of a form is for an e-mail address. */
export const asksForMail = (label: Text): boolean => /mail/i.test(english.say(label))

export function createCompletion (deps: Deps): Completion {
  const { app, backends, interactions } = deps

  const reject: Completion['reject'] = async (request, { handle, backend, account }, reason, failure) => {
    const { intent } = await interactions.find(request, handle)
    const details = { backend, account: app.audit.hash(account), reason, ...attemptOf(intent) }
    app.audit.record(request, 'sign_in_failed', details)
    if (failure.statusCode === 401) await app.limits.noteFailure(request, account)
    return { kind: 'failed', handle, failure: { backend, ...failure } }
  }

  const noteOutage = (request: FastifyRequest, submission: Submission, error: BackendUnavailable): Promise<SignInFailed> => {
    request.log.warn({ err: error }, 'sign-in service')
    const outage = describeOutage(error, request.words.say(backends.get(submission.backend)!.title))
    return reject(request, submission, error.reason, { ...outage, statusCode: 503 })
  }

  async function needFactor (
    request: FastifyRequest,
    { handle, backend, account: typed, way }: Submission,
    { subject, ...factor }: FactorNeeded
  ): Promise<SignInResult> {
    const account = subject === undefined ? typed : `${backend} ${subject}`
    const step = { kind: 'factor' as const, backend, ...factor, tries: 0, account, ...(way !== undefined && { way }) }
    const parked = await interactions.advance(request, handle, ({ failure: _, pending: __, ...rest }) => ({ ...rest, step }))
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
        return noteOutage(request, submission, error)
      }
    },
    async complete (request, reply, submission, said) {
      const read = readAnswer(said)
      if ('problem' in read) {
        return noteOutage(request, submission, new BackendUnavailable(`${submission.backend} ${read.problem}`, { reason: 'unreadable' }))
      }
      const { answer } = read
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

/**
 * The backend knows the person: signs them in, asks them about an account, or keeps them out.
 */
async function signIn (
  deps: Deps,
  reject: Completion['reject'],
  request: FastifyRequest,
  reply: FastifyReply,
  submission: Submission,
  { session, authenticationAgeSeconds: _, ...identity }: SignedIn
): Promise<SignInResult> {
  const { handle, backend, provenAt } = submission
  const interaction = await deps.interactions.find(request, handle)
  const { intent } = interaction
  const endUpstream = async () => {
    if (session !== undefined) await deps.upstream.end(backend, session)
  }
  try {
    if (!provesEnough(interaction, provenAt, deps.now())) {
      await endUpstream()
      const title = request.words.say(deps.backends.get(backend)!.title)
      const message: Message = { key: 'sign-in.notProven', values: { title } }
      return await reject(request, submission, 'refused', { message, statusCode: 403 })
    }
    if (intent.kind === 'link' && (await deps.sessions.user(request))?.id !== intent.userId) throw signInExpired()
    const admission = await deps.admissions.admit(backend, identity, interaction, submission)
    if (admission.kind === 'identity-in-use') {
      await endUpstream()
      return await reject(request, submission, 'taken', { message: IN_USE, statusCode: 409 })
    }
    const shown = { ...identity, ...(session !== undefined && { session }) }
    return { kind: 'parked', parked: await park(deps, request, reply, submission, admission, shown) }
  } catch (error) {
    await endUpstream()
    if (error instanceof OAuthError) {
      const details = { backend, reason: error.reason ?? error.code, ...attemptOf(intent) }
      deps.app.audit.record(request, 'sign_in_failed', details)
    }
    throw error
  }
}

/** Lets an admitted person enter, or parks what has to be asked of them first. */
async function park (
  { interactions, entry }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { handle, backend, provenAt, way }: Submission,
  { kind, user, isLinked }: Exclude<Admission, { kind: 'identity-in-use' }>,
  identity: SignedIn
): Promise<Parked> {
  if (kind !== 'user') {
    const proof: Proof = { backend, identity: withFewGroups(identity), userId: user.id, ...(provenAt !== undefined && { provenAt }) }
    return interactions.advance(request, handle, ({ step: _, failure: __, pending: ___, ...rest }) => ({ ...rest, proof }))
  }
  if (isLinked) entry.noteAdded(request, user, backend)
  const { session, secondFactor } = identity
  return entry.enter(request, reply, handle, { user, backend, session, provenAt, way, shown: { secondFactor } })
}

/**
 * A sign-in under way has little room. More groups than that are known from the next sign-in
 * on.
 */
const MAX_PARKED_GROUPS_CHARACTERS = 4_000

const withFewGroups = ({ groups = [], ...identity }: SignedIn): SignedIn =>
  groups.join().length > MAX_PARKED_GROUPS_CHARACTERS ? identity : { ...identity, groups }
