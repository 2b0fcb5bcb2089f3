// The step of a second factor: a few tries, each with a handle of its own, and then the sign-in is over (NIST SP 800-63B-4
// §3.2.2; threats FS-02..05).
// Tested in test/routes/login-factor.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError, signInExpired } from '../../errors.ts'
import type { Text } from '../../languages/index.ts'
import type { Answer, SecondFactors } from '../second-factors/contract.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Failure } from './contract.ts'
import type { Entry, Waiting } from './entry.ts'
import { attemptOf } from './intent.ts'
import type { Interactions, Parked } from './interactions.ts'

/** Then the person starts over, with their password. */
export const MAX_FACTOR_TRIES = 5

/** What the person shows: a code of an app or a recovery code, or a passkey. */
export type ShownFactor = { kind: 'code'; code: string } | { kind: 'passkey'; answer: Answer }
/** What they set up: an app, with the code that it shows first, or a passkey. */
export type NewFactor = { kind: 'app'; state: string; code: string } | { kind: 'passkey'; answer: Answer }

/** Of a try that was wrong, for the page that is shown next. */
export interface WrongFactor {
  kind: 'wrong'
  handle: string
  message: Text
  statusCode: 400 | 401 | 429
  /** Seconds; for 429. */
  retryAfter?: string
}

export interface FactorStep {
  find: Entry['findWaiting']
  /**
   * Of any number of callers with one handle, the factor of one is checked. @throws
   * sign_in_expired, too_many_requests
   */
  show(
    request: FastifyRequest,
    reply: FastifyReply,
    handle: string,
    shown: ShownFactor
  ): Promise<{ kind: 'parked'; parked: Parked } | WrongFactor>
  /**
   * Where MFA requires one and the person has none. They are told by mail. @returns their recovery codes, to be shown once.
   * @throws sign_in_expired where they have one by now: a password alone adds no second.
   */
  enrol(
    request: FastifyRequest,
    reply: FastifyReply,
    handle: string,
    made: NewFactor
  ): Promise<{ kind: 'enrolled'; parked: Parked; codes: string[] } | WrongFactor>
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'limits' | 'secondFactors'>
  entry: Pick<Entry, 'findWaiting' | 'finish'>
  interactions: Pick<Interactions, 'advance'>
  upstream: Pick<UpstreamSessions, 'end'>
}

export function createFactorStep (deps: Deps): FactorStep {
  const { app, entry, interactions } = deps
  return {
    find: entry.findWaiting,
    async show (request, reply, handle, shown) {
      const waiting = await entry.findWaiting(request, handle)
      const { pending, user, interaction } = waiting
      if (pending.needs === 'enrol') throw signInExpired()
      await app.limits.attempt('sign-in', request)
      const tried = { ...pending, tries: pending.tries + 1 }
      // The try is spent before it is checked: nobody gets two of one handle.
      const next = await interactions.advance(request, handle, (rest) => ({ ...rest, pending: tried }))
      const used = await check(app.secondFactors, user.id, interaction.browser, shown)
      if (typeof used === 'string') {
        if (used === 'recovery code') app.audit.record(request, 'recovery_code_used', { user: user.id })
        return { kind: 'parked', parked: await entry.finish(request, reply, next.handle) }
      }
      const details = { user: user.id, backend: pending.backend, reason: shown.kind, ...attemptOf(interaction.intent) }
      app.audit.record(request, 'factor_failed', details)
      if (tried.tries >= MAX_FACTOR_TRIES) return { kind: 'parked', parked: await giveUp(deps, request, next.handle, waiting) }
      return { ...used, kind: 'wrong', handle: next.handle }
    },
    async enrol (request, reply, handle, made) {
      const { user, pending, interaction } = await entry.findWaiting(request, handle)
      const isDue = pending.needs === 'enrol' && (await app.secondFactors.neededAfter(user, pending.backend, {})) === 'enrol'
      if (!isDue) throw signInExpired()
      await app.limits.attempt('sign-in', request)
      const factor = made.kind === 'app'
        ? await app.secondFactors.addApp(user, { ...made, name: '', isFirst: true })
        : await app.secondFactors.addPasskey(user, interaction.browser, { ...made.answer, name: '', isFirst: true })
      if (!factor) return { kind: 'wrong', handle, message: { key: 'sign-in.enrolFailed' }, statusCode: 400 }
      app.audit.record(request, 'factor_added', { user: user.id, reason: factor.kind })
      // Before the sign-in goes on: whoever ends it at this moment must not keep the mail from the owner (threat SF-15).
      app.secondFactors.first.tellAdded(request, user, factor)
      const codes = await app.secondFactors.newRecoveryCodes(user.id)
      return { kind: 'enrolled', parked: await entry.finish(request, reply, handle), codes }
    }
  }
}

type Check = Pick<WrongFactor, 'message' | 'statusCode' | 'retryAfter'>

/** @returns what was shown, or why it does not count. */
async function check (factors: SecondFactors, userId: string, browser: string, shown: ShownFactor): Promise<string | Check> {
  if (shown.kind === 'passkey') {
    const owner = await factors.verifyPasskey(browser, shown.answer, userId)
    return owner === userId ? 'passkey' : { message: { key: 'sign-in.passkeyWrong' }, statusCode: 401 }
  }
  try {
    const used = await factors.verifyCode(userId, shown.code)
    return used ?? { message: { key: 'sign-in.factorWrong' }, statusCode: 401 }
  } catch (error) {
    if (!(error instanceof OAuthError) || error.statusCode !== 429) throw error
    const retryAfter = error.headers['retry-after']
    return { message: error.said ?? error.message, statusCode: 429, ...(retryAfter !== undefined && { retryAfter }) }
  }
}

/** Nothing of the sign-in is left but what the person came for. */
async function giveUp (
  { interactions, upstream }: Deps,
  request: FastifyRequest,
  handle: string,
  { pending, interaction }: Waiting
): Promise<Parked> {
  const { backend, session } = pending
  const { proof } = interaction
  const parked = proof?.identity.session
  if (session !== undefined) await upstream.end(backend, session)
  if (parked !== undefined) await upstream.end(proof!.backend, parked)
  const failure: Failure = {
    backend,
    message: { key: 'sign-in.factorTooMany' },
    statusCode: 401
  }
  return interactions.advance(request, handle, ({ pending: _, proof: __, ...rest }) => ({ ...rest, failure }))
}
