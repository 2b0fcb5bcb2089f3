// The one place where a sign-in succeeds, fails, or needs another step: whatever a backend answers, by password, button, code or redirect, comes through here.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BackendUnavailable, type AuthBackend, type SignedIn, type SignInAnswer } from '../../auth-backends/contract.ts'
import { OAuthError, signInExpired } from '../../errors.ts'
import { hidesSomething, shownName } from '../display-name.ts'
import { hashSecret } from '../secrets.ts'
import { sendWayAdded } from '../accounts/messages.ts'
import type { Admissions, Way } from './admission.ts'
import type { BackendSessions } from '../upstream-sessions/index.ts'
import type { Failure, Interaction, User } from './contract.ts'
import { attemptOf, type Errand } from './intent.ts'
import { describeFault } from './outages.ts'

/** What the pages show next. `handle` goes on with it, whatever it is. */
export type Outcome =
  | { kind: 'entered', user: User, errand: Errand, handle: string }
  /** A code is asked for: of a message, or of a second factor. */
  | { kind: 'code', handle: string }
  /** Somebody has this address here already: the person says whether it is them. */
  | { kind: 'choice', handle: string }
  /** It can become one more way to sign in of the person, who is asked first. */
  | { kind: 'addition', handle: string }
  | { kind: 'failed', handle: string, failure: Failure }

/** The handle is kept, and another try may follow. */
export type Failed = Extract<Outcome, { kind: 'failed' }>

/** A try with one backend. */
export interface Attempt extends Way {
  handle: string
  backend: string
  /** What was typed as the account's name, if anything was: failures are counted by it. */
  account: string
}

export interface Outcomes {
  /** Asks the backend. A service that gives no answer that counts is a failure; whatever else is thrown is not caught. */
  ask<T> (request: FastifyRequest, attempt: Attempt, question: (backend: AuthBackend) => Promise<T>): Promise<{ answer: T } | Failed>
  /** @throws access_denied for a person who is kept out, with the handle unspent. */
  settle (request: FastifyRequest, reply: FastifyReply, attempt: Attempt, answer: SignInAnswer): Promise<Outcome>
  /** Keeps the handle. @param reason for the audit log. */
  fail (request: FastifyRequest, attempt: Attempt, reason: string, failure: Omit<Failure, 'backend'>): Promise<Failed>
}

interface Options {
  app: Pick<FastifyInstance, 'audit' | 'limits' | 'mail' | 'issuer'>
  backends: ReadonlyMap<string, AuthBackend>
  admissions: Admissions
  services: Pick<BackendSessions, 'end'>
  look (request: FastifyRequest, handle: string): Promise<Interaction>
  /** Spends the handle and parks what comes after it. */
  replace (request: FastifyRequest, handle: string, change: (interaction: Interaction) => Interaction): Promise<string>
  user (request: FastifyRequest): Promise<User | undefined>
  /** Starts the session of the browser. */
  open (request: FastifyRequest, reply: FastifyReply, handle: string, entry: { user: User, backend: string, session: string | undefined }): Promise<string>
}

/** RFC 5321 §4.5.3.1.3: no path is longer. */
const MAX_ADDRESS_CHARACTERS = 254
const WRONG = 'That did not match. Check what you typed and try again.'
const TAKEN = 'This way to sign in belongs to another account here, so it cannot be added to yours.'

export function createOutcomes ({ app, backends, admissions, services, look, replace, user, open }: Options): Outcomes {
  const fail: Outcomes['fail'] = async (request, { handle, backend, account }, reason, failure) => {
    const { errand } = await look(request, handle)
    app.audit.record(request, 'sign_in_failed', { backend, account: app.audit.hash(account), reason, ...attemptOf(errand) })
    if (failure.statusCode === 401) await app.limits.noteFailure(request, account)
    return { kind: 'failed', handle, failure: { backend, ...failure } }
  }

  async function joined (request: FastifyRequest, user: User, backend: string): Promise<void> {
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendWayAdded(app, user, backends.get(backend)!.title)
  }

  async function enter (request: FastifyRequest, reply: FastifyReply, attempt: Attempt, { session, ...identity }: SignedIn): Promise<Outcome> {
    const { handle, backend } = attempt
    const interaction = await look(request, handle)
    try {
      if (interaction.errand.kind === 'link' && (await user(request))?.id !== interaction.errand.userId) throw signInExpired()
      const admission = await admissions.admit(backend, identity, interaction, attempt)
      if (admission.kind === 'twin' || admission.kind === 'addition') {
        const kind = admission.kind === 'twin' ? 'choice' : 'addition'
        const proof = { backend, identity: { ...identity, ...(session !== undefined && { session }) }, userId: admission.user.id }
        return { kind, handle: await replace(request, handle, ({ step: _, failure: __, ...kept }) => ({ ...kept, proof })) }
      }
      if (admission.kind === 'taken') {
        if (session !== undefined) await services.end(backend, session)
        return await fail(request, attempt, 'taken', { message: TAKEN, statusCode: 409 })
      }
      const person = admission.user
      const { errand, proof } = interaction
      if (proof?.userId === person.id) await joined(request, person, proof.backend)
      return { kind: 'entered', user: person, errand, handle: await open(request, reply, handle, { user: person, backend, session }) }
    } catch (error) {
      if (session !== undefined) await services.end(backend, session)
      if (error instanceof OAuthError) app.audit.record(request, 'sign_in_failed', { backend, reason: error.code, ...attemptOf(interaction.errand) })
      throw error
    }
  }

  return {
    fail,
    async ask (request, attempt, question) {
      const backend = backends.get(attempt.backend)!
      try {
        return { answer: await question(backend) }
      } catch (error) {
        if (!(error instanceof BackendUnavailable)) throw error
        request.log.warn({ err: error }, 'sign-in service')
        return fail(request, attempt, error.fault, { ...describeFault(error, backend.title), statusCode: 503 })
      }
    },
    async settle (request, reply, attempt, answer) {
      if (answer === null) return fail(request, attempt, 'credentials', { message: WRONG, statusCode: 401 })
      if ('refused' in answer) return fail(request, attempt, 'refused', { message: answer.refused, statusCode: 403 })
      if ('factor' in answer) {
        const { prompt, memo } = answer.factor
        const step = { kind: 'factor' as const, backend: attempt.backend, memo, prompt, tries: 0, account: hashSecret(attempt.account) }
        return { kind: 'code', handle: await replace(request, attempt.handle, ({ failure: _, ...kept }) => ({ ...kept, step })) }
      }
      return enter(request, reply, attempt, presentable(answer))
    }
  }
}

/** What a backend says of a person is shown on pages, in mails and at terminals: its name cleaned, an address that hides something left out. */
function presentable ({ name, email, emailVerified, ...identity }: SignedIn): SignedIn {
  const shown = name === undefined ? '' : shownName(name, '')
  const isSound = email !== undefined && email.length <= MAX_ADDRESS_CHARACTERS && !hidesSomething(email)
  return { ...identity, ...(shown && { name: shown }), ...(isSound && { email, ...(emailVerified !== undefined && { emailVerified }) }) }
}
