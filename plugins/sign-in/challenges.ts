// A sign-in that takes several requests: to another site and back, a code by e-mail, a second factor, and the choice
// about an account that is there already (threats LG-07..09, LG-20; RFC 9700 §4.7).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SignInAnswer } from '../../auth-backends/contract.ts'
import { signInExpired } from '../../errors.ts'
import { hashSecret } from '../secrets.ts'
import type { Interaction, Step } from './contract.ts'
import type { Submission, Failed, SignInResult, Completion } from './complete.ts'

/** Codes have six digits: a few tries, then the way begins anew. */
const MAX_TRIES = 5

export interface Challenges {
  /** @returns where the browser goes, or a failure. */
  beginRedirect(
    request: FastifyRequest,
    begin: { handle: string; backend: string; provider: string; callbackUrl: string }
  ): Promise<{ kind: 'away'; url: string } | Failed>
  /**
   * @param finish.url the callback with its query.
   * @throws sign_in_expired when `state` is not this browser's, or was another backend's.
   */
  finishRedirect(
    request: FastifyRequest,
    reply: FastifyReply,
    finish: { state: string | undefined; isFor(backend: string): boolean; url: URL }
  ): Promise<SignInResult>
  sendCode(
    request: FastifyRequest,
    send: { handle: string; backend: string; email: string; mayCreate: boolean }
  ): Promise<Extract<SignInResult, { kind: 'code' | 'failed' }>>
  /**
   * Of any number of callers with one handle, one gets its code looked at.
   * @throws sign_in_expired when no code is waited for.
   */
  verifyCode(
    request: FastifyRequest,
    reply: FastifyReply,
    verify: { handle: string; code: string }
  ): Promise<SignInResult>
  /**
   * The account with the same address is another person's, or shall stay apart.
   * @throws sign_in_expired when there is nothing to decide.
   */
  keepSeparate(request: FastifyRequest, reply: FastifyReply, handle: string): Promise<SignInResult>
}

interface Options extends Completion {
  find(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Spends the handle and parks what comes after it. @returns its handle. */
  advance(
    request: FastifyRequest,
    handle: string,
    change: (interaction: Interaction) => Interaction,
    next?: string
  ): Promise<string>
  /** Waits, the longer the more often codes of this account were wrong lately. */
  slowDown(request: FastifyRequest, account: string): Promise<void>
  /** Stands for a sign-in that will be parked, at the site of a provider. */
  newHandle(): Promise<string>
}

type CodeStep = Exclude<Step, { kind: 'redirect' }>

const withoutStep = ({ step: _, failure: __, ...interaction }: Interaction): Interaction => interaction

export function createChallenges (options: Options): Challenges {
  const { find: look, advance: replace, newHandle, callBackend: ask, complete: settle } = options
  return {
    async beginRedirect (request, { handle, backend, provider, callbackUrl }) {
      // The state is the handle that the callback goes on with: known to this browser and the provider, and stored as a
      // hash.
      const state = await newHandle()
      const { intent } = await look(request, handle)
      const again = intent.kind === 'visit' && intent.again ? { again: true as const } : {}
      const begun = await ask(request, { handle, backend, account: '' }, ({ redirect }) =>
        redirect!.begin({ provider, callbackUrl, state, ...again })
      )
      if ('kind' in begun) return begun
      const { url, continuation } = begun.answer
      await replace(
        request,
        handle,
        (interaction) => ({ ...withoutStep(interaction), step: { kind: 'redirect', backend, continuation } }),
        state
      )
      return { kind: 'away', url }
    },
    async finishRedirect (request, reply, { state, isFor, url }) {
      const { step } = await look(request, state)
      // RFC 9700 §4.4: an answer counts at the callback of the one it was asked of.
      if (step?.kind !== 'redirect' || !isFor(step.backend)) throw signInExpired()
      const attempt = { handle: await replace(request, state!, withoutStep), backend: step.backend, account: '' }
      const answered = await ask(request, attempt, ({ redirect }) =>
        redirect!.finish({ url, state: state!, continuation: step.continuation })
      )
      return 'kind' in answered ? answered : settle(request, reply, attempt, answered.answer)
    },
    async sendCode (request, { handle, backend, email, mayCreate }) {
      const attempt = { handle, backend, account: `${backend} ${email}` }
      const sent = await ask(request, attempt, ({ emailCode }) => emailCode!.send({ email, mayCreate }))
      if ('kind' in sent) return sent
      if ('refused' in sent.answer) { return options.reject(request, attempt, 'refused', { message: sent.answer.refused, statusCode: 403 }) }
      const step: Step = {
        kind: 'email code',
        backend,
        email,
        prompt: sent.answer.prompt,
        tries: 0,
        account: hashSecret(attempt.account)
      }
      return {
        kind: 'code',
        handle: await replace(request, handle, (interaction) => ({ ...withoutStep(interaction), step }))
      }
    },
    async verifyCode (request, reply, { handle, code }) {
      const { step } = await look(request, handle)
      if (step?.kind !== 'email code' && step?.kind !== 'factor') throw signInExpired()
      const attempt = {
        backend: step.backend,
        account: step.account,
        handle: await replace(request, handle, withoutStep)
      }
      return checkCode(options, request, reply, attempt, step, code)
    },
    async keepSeparate (request, reply, handle) {
      const { proof } = await look(request, handle)
      if (!proof) throw signInExpired()
      const next = await replace(request, handle, ({ proof: _, ...interaction }) => interaction)
      return settle(
        request,
        reply,
        { handle: next, backend: proof.backend, account: '', separate: true },
        proof.identity
      )
    }
  }
}

async function checkCode (
  { callBackend: ask, complete: settle, advance: replace, slowDown }: Options,
  request: FastifyRequest,
  reply: FastifyReply,
  attempt: Submission,
  step: CodeStep,
  code: string
): Promise<SignInResult> {
  await slowDown(request, step.account)
  const again = (tries: number, failure: Failed['failure']) =>
    replace(request, attempt.handle, (interaction) => ({ ...interaction, step: { ...step, tries }, failure }))
  const answered = await ask(request, attempt, (backend): Promise<SignInAnswer> =>
    step.kind === 'factor'
      ? backend.secondFactor!.verify({ continuation: step.continuation, code })
      : backend.emailCode!.verify({ email: step.email, code })
  )
  if ('kind' in answered) return { kind: 'code', handle: await again(step.tries, answered.failure) }
  const outcome = await settle(request, reply, attempt, answered.answer)
  if (answered.answer !== null || outcome.kind !== 'failed') return outcome
  const tries = step.tries + 1
  if (tries >= MAX_TRIES) { return { ...outcome, failure: { ...outcome.failure, message: 'That were too many wrong codes. Sign in anew.' } } }
  return {
    kind: 'code',
    handle: await again(tries, {
      ...outcome.failure,
      message: 'That code is not right, or it is over. Try the newest one.'
    })
  }
}
