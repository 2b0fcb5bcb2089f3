// The one place where a sign-in succeeds, fails, or needs another step: whatever a backend answers, by password,
// button, code or redirect, comes through here.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BackendUnavailable, type AuthBackend, type SignedIn, type SignInAnswer } from '../../auth-backends/contract.ts'
import { OAuthError, signInExpired } from '../../errors.ts'
import { hidesSomething, toDisplayName } from '../display-name.ts'
import { hashSecret } from '../secrets.ts'
import { sendWayAdded } from '../accounts/messages.ts'
import type { Admissions, SignInContext } from './admission.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Failure, Interaction, User } from './contract.ts'
import { attemptOf, type SignInIntent } from './intent.ts'
import { describeOutage } from './outages.ts'

/** What the pages show next. `handle` goes on with it, whatever it is. */
export type SignInResult =
  | { kind: 'entered'; user: User; intent: SignInIntent; handle: string }
  /** A code is asked for: of a message, or of a second factor. */
  | { kind: 'code'; handle: string }
  /** Somebody has this address here already: the person says whether it is them. */
  | { kind: 'choice'; handle: string }
  /** It can become one more way to sign in of the person, who is asked first. */
  | { kind: 'addition'; handle: string }
  | { kind: 'failed'; handle: string; failure: Failure }

/** The handle is kept, and another try may follow. */
export type Failed = Extract<SignInResult, { kind: 'failed' }>

/** A try with one backend. */
export interface Submission extends SignInContext {
  handle: string
  backend: string
  /** What was typed as the account's name, if anything was: failures are counted by it. */
  account: string
}

export interface Completion {
  /**
   * Asks the backend. A service that gives no answer that counts is a failure; whatever else is thrown is not caught.
   */
  callBackend<T>(
    request: FastifyRequest,
    attempt: Submission,
    question: (backend: AuthBackend) => Promise<T>
  ): Promise<{ answer: T } | Failed>
  /** @throws access_denied for a person who is kept out, with the handle unspent. */
  complete(
    request: FastifyRequest,
    reply: FastifyReply,
    attempt: Submission,
    answer: SignInAnswer
  ): Promise<SignInResult>
  /** Keeps the handle. @param reason for the audit log. */
  reject(
    request: FastifyRequest,
    attempt: Submission,
    reason: string,
    failure: Omit<Failure, 'backend'>
  ): Promise<Failed>
}

interface Options {
  app: Pick<FastifyInstance, 'audit' | 'limits' | 'mail' | 'issuer'>
  backends: ReadonlyMap<string, AuthBackend>
  admissions: Admissions
  upstream: Pick<UpstreamSessions, 'end'>
  find(request: FastifyRequest, handle: string): Promise<Interaction>
  /** Spends the handle and parks what comes after it. */
  advance(request: FastifyRequest, handle: string, change: (interaction: Interaction) => Interaction): Promise<string>
  user(request: FastifyRequest): Promise<User | undefined>
  /** Starts the session of the browser. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    handle: string,
    entry: { user: User; backend: string; session: string | undefined }
  ): Promise<string>
}

/** RFC 5321 §4.5.3.1.3: no path is longer. */
const MAX_ADDRESS_CHARACTERS = 254
const WRONG = 'That did not match. Check what you typed and try again.'
const TAKEN = 'This way to sign in belongs to another account here, so it cannot be added to yours.'

export function createCompletion ({
  app,
  backends,
  admissions,
  upstream: services,
  find: look,
  advance: replace,
  user,
  open
}: Options): Completion {
  const fail: Completion['reject'] = async (request, { handle, backend, account }, reason, failure) => {
    const { intent } = await look(request, handle)
    app.audit.record(request, 'sign_in_failed', {
      backend,
      account: app.audit.hash(account),
      reason,
      ...attemptOf(intent)
    })
    if (failure.statusCode === 401) await app.limits.noteFailure(request, account)
    return { kind: 'failed', handle, failure: { backend, ...failure } }
  }

  async function joined (request: FastifyRequest, user: User, backend: string): Promise<void> {
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendWayAdded(app, user, backends.get(backend)!.title)
  }

  async function enter (
    request: FastifyRequest,
    reply: FastifyReply,
    attempt: Submission,
    { session, ...identity }: SignedIn
  ): Promise<SignInResult> {
    const { handle, backend } = attempt
    const interaction = await look(request, handle)
    try {
      if (interaction.intent.kind === 'link' && (await user(request))?.id !== interaction.intent.userId) { throw signInExpired() }
      const admission = await admissions.admit(backend, identity, interaction, attempt)
      if (admission.kind === 'twin' || admission.kind === 'addition') {
        const kind = admission.kind === 'twin' ? 'choice' : 'addition'
        const proof = {
          backend,
          identity: { ...identity, ...(session !== undefined && { session }) },
          userId: admission.user.id
        }
        return {
          kind,
          handle: await replace(request, handle, ({ step: _, failure: __, ...kept }) => ({ ...kept, proof }))
        }
      }
      if (admission.kind === 'taken') {
        if (session !== undefined) await services.end(backend, session)
        return await fail(request, attempt, 'taken', { message: TAKEN, statusCode: 409 })
      }
      const person = admission.user
      const { intent, proof } = interaction
      if (proof?.userId === person.id) await joined(request, person, proof.backend)
      return {
        kind: 'entered',
        user: person,
        intent,
        handle: await open(request, reply, handle, { user: person, backend, session })
      }
    } catch (error) {
      if (session !== undefined) await services.end(backend, session)
      if (error instanceof OAuthError) { app.audit.record(request, 'sign_in_failed', { backend, reason: error.code, ...attemptOf(interaction.intent) }) }
      throw error
    }
  }

  return {
    reject: fail,
    async callBackend (request, attempt, question) {
      const backend = backends.get(attempt.backend)!
      try {
        return { answer: await question(backend) }
      } catch (error) {
        if (!(error instanceof BackendUnavailable)) throw error
        request.log.warn({ err: error }, 'sign-in service')
        return fail(request, attempt, error.reason, { ...describeOutage(error, backend.title), statusCode: 503 })
      }
    },
    async complete (request, reply, attempt, answer) {
      if (answer === null) return fail(request, attempt, 'credentials', { message: WRONG, statusCode: 401 })
      if ('refused' in answer) return fail(request, attempt, 'refused', { message: answer.refused, statusCode: 403 })
      if ('factor' in answer) {
        const { prompt, continuation } = answer.factor
        const step = {
          kind: 'factor' as const,
          backend: attempt.backend,
          continuation,
          prompt,
          tries: 0,
          account: hashSecret(attempt.account)
        }
        return {
          kind: 'code',
          handle: await replace(request, attempt.handle, ({ failure: _, ...kept }) => ({ ...kept, step }))
        }
      }
      return enter(request, reply, attempt, presentable(answer))
    }
  }
}

/**
 * What a backend says of a person is shown on pages, in mails and at terminals: its name cleaned, an address that hides
 * something left out.
 */
function presentable ({ name, email, emailVerified, ...identity }: SignedIn): SignedIn {
  const shown = name === undefined ? '' : toDisplayName(name, '')
  const isSound = email !== undefined && email.length <= MAX_ADDRESS_CHARACTERS && !hidesSomething(email)
  return {
    ...identity,
    ...(shown && { name: shown }),
    ...(isSound && { email, ...(emailVerified !== undefined && { emailVerified }) })
  }
}
