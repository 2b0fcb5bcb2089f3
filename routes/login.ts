// Signing in and out: one page with every way in that the backends state (password, one click). Wrong credentials tell nobody whether the account exists.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, SignInAnswer } from '../auth-backends/contract.ts'
import type { Config } from '../config.ts'
import { invalidRequest, OAuthError } from '../errors.ts'
import { paths, withInteraction } from '../paths.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/parameters.ts'
import { attemptOf, describeErrand } from '../plugins/sign-in/errand.ts'

interface Failure { backend: string, message: string, identifier: string | undefined, statusCode: number }

export default async function login (app: FastifyInstance, { signup }: Pick<Config, 'signup'>) {
  const signUpIsOffered = (backend: AuthBackend) => backend.signUp !== undefined && signup === 'open'

  async function showLogin (request: FastifyRequest, reply: FastifyReply, handle: string, failure?: Failure) {
    const { errand } = await app.signIn.look(request, handle)
    const backends = [...app.signIn.backends].map(([id, backend]) => ({
      id,
      title: backend.title,
      ...(backend.password && { password: { label: backend.password.label } }),
      ...(backend.oneClick && { oneClick: { label: backend.oneClick.label } }),
      signUp: signUpIsOffered(backend)
    }))
    return reply.page('login', {
      interaction: handle,
      ...describeErrand(errand),
      backends,
      ...(failure && { error: failure.message, failedBackend: failure.backend, ...(failure.identifier && { identifier: failure.identifier }) }),
      actions: { login: paths.login, ...(backends.some(({ signUp }) => signUp) && { signup: withInteraction(paths.signup, handle) }) }
    }, failure?.statusCode ?? 200)
  }

  app.get(paths.login, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    if (handle === undefined) {
      return reply.redirect(withInteraction(paths.login, await app.signIn.park(request, reply, { kind: 'visit', path: paths.home })), 303)
    }
    return showLogin(request, reply, handle)
  })

  app.post(paths.login, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    // Before any password is looked at: a form of another browser is refused, and costs no hashing.
    const { browser, errand: parked } = await app.signIn.look(request, handle)
    const id = form.need('backend')
    const backend = app.signIn.backends.get(id)
    if (!backend) throw invalidRequest('There is no such way to sign in.')
    await app.limits.attempt('sign-in', request)
    const account = `${id} ${form.get('email') ?? ''}`
    if (form.get('password') !== undefined) await app.limits.slowDown(request, account)
    const failed = (reason: string) => app.audit.record(request, 'sign_in_failed', { backend: id, account: app.audit.hash(account), reason, ...attemptOf(parked) })
    const answer = await identify(backend, form, browser, failed)
    if (answer === null || 'refused' in answer || 'factor' in answer) {
      failed(answer === null ? 'credentials' : 'refused')
      await app.limits.noteFailure(request, account)
      const message = (answer !== null && 'refused' in answer) ? answer.refused : 'That did not match. Check what you typed and try again.'
      return showLogin(request, reply, handle, { backend: id, message, identifier: form.get('email')?.slice(0, 254), statusCode: 401 })
    }
    const { errand, handle: next } = await app.signIn.enter(request, reply, handle, id, answer)
    return reply.redirect(errand.kind === 'visit' ? errand.path : withInteraction(paths.consent, next), 303)
  })

  app.post(paths.logout, async (request, reply) => {
    app.signIn.checkFormToken(request, formParameters(request).get('token'))
    const user = await app.signIn.user(request)
    await app.signIn.leave(request, reply)
    if (user) app.audit.record(request, 'sign_out', { user: user.id })
    return reply.page('message', {
      title: 'You are signed out',
      text: 'Apps you connected stay connected.',
      action: { label: 'To the start page', href: paths.home }
    })
  })
}

async function identify (backend: AuthBackend, form: Parameters, browser: string, failed: (reason: string) => void): Promise<SignInAnswer> {
  try {
    if (form.get('password') === undefined && backend.oneClick) return await backend.oneClick.enter(browser)
    if (!backend.password) throw invalidRequest('This way to sign in takes no password.')
    return await backend.password.verify({ identifier: form.get('email') ?? '', password: form.get('password') ?? '' })
  } catch (error) {
    failed(error instanceof OAuthError ? error.code : 'unavailable')
    throw error
  }
}
