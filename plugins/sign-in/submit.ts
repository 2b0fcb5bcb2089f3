// What the sign-in page posts: one try with one of the methods that a backend offers.
// Tested in test/routes/login/index.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, SignInAnswer } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { invalidRequest } from '../../errors.ts'
import type { Challenges } from './challenges.ts'
import type { Completion, SignInFailed, SignInResult, Submission } from './complete.ts'
import { wayId } from './ways.ts'

/** The fields of a form of the sign-in page; each backend has its own forms. */
export interface SignInForm {
  handle: string
  /** Hash that names the browser. */
  browser: string
  backend: string
  /** Of a redirect. */
  provider: string | undefined
  /** A code is asked for, instead of a password. */
  wantsCode: boolean
  /** What was typed into the first field. */
  identifier: string | undefined
  password: string | undefined
}

interface Deps {
  backends: ReadonlyMap<string, AuthBackend>
  challenges: Challenges
  completion: Completion
  limits: Pick<FastifyInstance['limits'], 'attempt' | 'slowDown' | 'passwordWork'>
  now: Clock
  /** Whether an unknown address may become an account by a code. */
  mayCreate: boolean
}

export type SubmitForm = (
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignInForm,
  callbackUrl: string
) => Promise<SignInResult | { kind: 'away'; url: string } | SignInFailed>

const noSuchMethod = () => invalidRequest({ key: 'sign-in.noMethod' })

/**
 * @throws invalid_request for a method that the backend does not have, too_many_requests.
 */
export function createSubmit ({ backends, challenges, completion, limits, now, mayCreate }: Deps): SubmitForm {
  return async (request, reply, form, callbackUrl) => {
    const { handle, backend, provider, identifier } = form
    const methods = backends.get(backend)
    if (!methods) throw noSuchMethod()
    await limits.attempt('sign-in', request)
    if (provider !== undefined) {
      if (!methods.redirect?.providers.some(({ id }) => id === provider)) throw noSuchMethod()
      return challenges.beginRedirect(request, { handle, backend, provider, callbackUrl })
    }
    if (form.wantsCode) {
      if (!methods.emailCode || identifier === undefined) throw invalidRequest({ key: 'sign-in.noAddress' })
      return challenges.sendCode(request, { handle, backend, email: identifier, mayCreate })
    }
    const way = wayId(form.password === undefined ? 'one click' : 'password', backend)
    const submission: Submission = { handle, backend, account: `${backend} ${identifier ?? ''}`, provenAt: now(), way }
    if (form.password !== undefined) await limits.slowDown(request, submission.account)
    const check = () => identify(methods, form)
    const isOurs = form.password !== undefined && methods.accounts !== undefined
    const answered = await completion.callBackend(request, submission, () => isOurs ? limits.passwordWork(request, check) : check())
    return 'kind' in answered ? answered : completion.complete(request, reply, submission, answered.answer)
  }
}

async function identify (
  backend: AuthBackend,
  { identifier = '', password, browser }: SignInForm
): Promise<SignInAnswer> {
  if (password === undefined && backend.oneClick) return backend.oneClick.signIn(browser)
  if (!backend.password) throw invalidRequest({ key: 'sign-in.noPassword' })
  return backend.password.verify({ identifier, password: password ?? '' })
}
