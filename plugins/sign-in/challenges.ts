// A sign-in that takes several requests: to another site and back, a code by e-mail, a second factor, and the choice
// about an account with the same address (threats LG-07..09, LG-20; RFC 9700 §4.7).
// Tested in test/plugins/sign-in/admission.test.ts and test/journeys/openid.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SignedIn, SignInAnswer } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { signInExpired } from '../../errors.ts'
import type { Message } from '../../languages/index.ts'
import type { Completion, SignInFailed, SignInResult, Submission } from './complete.ts'
import type { Interaction, Step } from './contract.ts'
import { askedOf } from './freshness.ts'
import type { Interactions, Parked } from './interactions.ts'
import { asksForCode } from './next.ts'
import { wayId } from './ways.ts'

/** A code has six digits: after a few wrong ones the person starts over. */
const MAX_TRIES = 5

/**
 * Methods that return {@link Parked} have stored a failure for the page that is shown next.
 */
export interface Challenges {
  /** @returns the URL of the provider, or a failure. */
  beginRedirect(
    request: FastifyRequest,
    begin: { handle: string; backend: string; provider: string; callbackUrl: string }
  ): Promise<{ kind: 'away'; url: string } | SignInFailed>
  /**
   * @param finish.url the callback with its query.
   * @throws sign_in_expired when `state` is not this browser's, or was another backend's.
   */
  finishRedirect(
    request: FastifyRequest,
    reply: FastifyReply,
    finish: { state: string | undefined; isFor(backend: string): boolean; url: URL }
  ): Promise<Parked>
  sendCode(
    request: FastifyRequest,
    send: { handle: string; backend: string; email: string; mayCreate: boolean }
  ): Promise<SignInResult>
  /**
   * Of any number of callers with one handle, the code of one is checked.
   * @throws sign_in_expired when no code is expected.
   */
  verifyCode(request: FastifyRequest, reply: FastifyReply, verify: { handle: string; code: string }): Promise<Parked>
  /**
   * The account with the same address is the person's: they sign in to it next. @throws
   * sign_in_expired
   */
  join(request: FastifyRequest, handle: string): Promise<Parked>
  /**
   * It is another person's, or should stay separate. @throws sign_in_expired when there is
   * nothing to decide.
   */
  keepSeparate(request: FastifyRequest, reply: FastifyReply, handle: string): Promise<Parked>
}

interface Deps {
  completion: Completion
  interactions: Interactions
  now: Clock
  limits: Pick<FastifyInstance['limits'], 'slowDown'>
}

type CodeStep = Exclude<Step, { kind: 'redirect' }>

/** Who was admitted before is forgotten: the sign-in begins again. */
const withoutStep = ({ step: _, failure: __, pending: ___, ...interaction }: Interaction): Interaction => interaction

export function createChallenges (deps: Deps): Challenges {
  const { completion, interactions, now } = deps

  return {
    beginRedirect: (request, begin) => beginRedirect(deps, request, begin),
    async finishRedirect (request, reply, { state, isFor, url }) {
      const { step } = await interactions.find(request, state)
      // RFC 9700 §4.4: an answer counts at the callback of the backend that was asked.
      if (step?.kind !== 'redirect' || !isFor(step.backend)) throw signInExpired()
      const { handle } = await interactions.advance(request, state!, withoutStep)
      const submission: Submission = { handle, backend: step.backend, account: '', way: step.way }
      const answered = await completion.callBackend(request, submission, ({ redirect }) =>
        redirect!.finish({ url, state: state!, continuation: step.continuation })
      )
      if ('kind' in answered) return store(deps, request, answered)
      const proven = { ...submission, ...provenThrough(answered.answer, now()) }
      return store(deps, request, await completion.complete(request, reply, proven, answered.answer))
    },
    sendCode: (request, send) => sendCode(deps, request, send),
    async verifyCode (request, reply, { handle, code }) {
      const { step } = await interactions.find(request, handle)
      if (!asksForCode(step)) throw signInExpired()
      const { handle: next } = await interactions.advance(request, handle, withoutStep)
      const submission = { handle: next, backend: step.backend, account: step.account, provenAt: now(), way: step.way }
      return checkCode(deps, request, reply, submission, step, code)
    },
    async join (request, handle) {
      const { proof } = await interactions.find(request, handle)
      if (!proof) throw signInExpired()
      return interactions.advance(request, handle, (rest) => ({ ...rest, proof: { ...proof, isJoining: true } }))
    },
    async keepSeparate (request, reply, handle) {
      const { proof } = await interactions.find(request, handle)
      if (!proof) throw signInExpired()
      const { backend, identity, provenAt } = proof
      const next = await interactions.advance(request, handle, ({ proof: _, ...rest }) => rest)
      const submission = { handle: next.handle, backend, account: '', separate: true }
      const proven = { ...submission, ...(provenAt !== undefined && { provenAt }) }
      return store(deps, request, await completion.complete(request, reply, proven, identity))
    }
  }
}

/** When the person authenticated at the provider, if it says so. */
function provenThrough (answer: SignInAnswer, now: number): Pick<Submission, 'provenAt'> {
  const age = (answer as Partial<SignedIn> | null)?.authenticationAgeSeconds
  // A service may write `null` for what it does not know: that is not now.
  return typeof age === 'number' ? { provenAt: now - Math.max(0, age) } : {}
}

/** A failure is stored for the page that is shown next. */
async function store ({ interactions }: Deps, request: FastifyRequest, result: SignInResult): Promise<Parked> {
  if (result.kind === 'parked') return result.parked
  const { handle, failure } = result
  return interactions.advance(request, handle, (interaction) => ({ ...interaction, failure }))
}

const beginRedirect = async (
  { completion, interactions }: Deps,
  request: FastifyRequest,
  { handle, backend, provider, callbackUrl }: Parameters<Challenges['beginRedirect']>[1]
): ReturnType<Challenges['beginRedirect']> => {
  // The state is the handle with which the callback continues: known to this browser and the
  // provider, stored as a hash.
  const state = await interactions.newHandle(request)
  const asked = askedOf(await interactions.find(request, handle))
  const begun = await completion.callBackend(request, { handle, backend, account: '' }, ({ redirect }) =>
    redirect!.begin({ provider, callbackUrl, state, ...asked })
  )
  if ('kind' in begun) return begun
  const { url, continuation } = begun.answer
  const step: Step = { kind: 'redirect', backend, continuation, way: wayId('redirect', backend, provider) }
  await interactions.advance(request, handle, (interaction) => ({ ...withoutStep(interaction), step }), state)
  return { kind: 'away', url }
}

async function sendCode (
  { completion, interactions }: Deps,
  request: FastifyRequest,
  { handle, backend, email, mayCreate }: Parameters<Challenges['sendCode']>[1]
): Promise<SignInResult> {
  const submission = { handle, backend, account: `${backend} ${email}` }
  const sent = await completion.callBackend(request, submission, ({ emailCode }) =>
    emailCode!.send({ email, mayCreate })
  )
  if ('kind' in sent) return sent
  if ('refused' in sent.answer) {
    return completion.reject(request, submission, 'refused', { message: sent.answer.refused, statusCode: 403 })
  }
  const { prompt } = sent.answer
  const step: Step = { kind: 'email code', backend, email, prompt, tries: 0, account: submission.account, way: wayId('code', backend) }
  const parked = await interactions.advance(request, handle, (rest) => ({ ...withoutStep(rest), step }))
  return { kind: 'parked', parked }
}

async function checkCode (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  submission: Submission,
  step: CodeStep,
  code: string
): Promise<Parked> {
  const { completion, interactions, limits } = deps
  await limits.slowDown(request, step.account)
  const askAgain = (tries: number, failure: SignInFailed['failure']) =>
    interactions.advance(request, submission.handle, (rest) => ({ ...rest, step: { ...step, tries }, failure }))
  const answered = await completion.callBackend(request, submission, (backend): Promise<SignInAnswer> =>
    step.kind === 'factor'
      ? backend.secondFactor!.verify({ continuation: step.continuation, code })
      : backend.emailCode!.verify({ email: step.email, code })
  )
  if ('kind' in answered) return askAgain(step.tries, answered.failure)
  const result = await completion.complete(request, reply, submission, answered.answer)
  if (answered.answer !== null || result.kind !== 'failed') return store(deps, request, result)
  const tries = step.tries + 1
  const isLast = tries >= MAX_TRIES
  const message: Message = { key: isLast ? 'sign-in.tooManyCodes' : 'sign-in.wrongCode' }
  const failed = { ...result, failure: { ...result.failure, message } }
  return isLast ? store(deps, request, failed) : askAgain(tries, failed.failure)
}
