// Signing in and out: one page with every way in that the backends state. Wrong credentials tell nobody whether the
// account exists.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend, SignInAnswer } from '../auth-backends/contract.ts'
import type { Config } from '../config/index.ts'
import { invalidRequest } from '../errors.ts'
import { callbackPath, pageAfter, paths, withInteraction } from '../paths.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/oauth/parameters.ts'
import { canAddSignInMethod } from '../plugins/sign-in/admission.ts'
import type { Failure, Interaction } from '../plugins/sign-in/contract.ts'
import { describeIntent, pageIntent } from '../plugins/sign-in/intent.ts'
import type { SignInResult } from '../plugins/sign-in/complete.ts'

interface Chosen {
  form: Parameters
  handle: string
  browser: string
  backend: string
  ways: AuthBackend
  callbackUrl: string
  mayCreate: boolean
}
type Shown = Pick<Failure, 'backend' | 'message' | 'statusCode' | 'retryAfter'> & { identifier?: string | undefined }

export default async function login (app: FastifyInstance, { signup, publicUrl }: Pick<Config, 'signup' | 'publicUrl'>) {
  const signUpIsOffered = (backend: AuthBackend) => backend.signUp !== undefined && signup === 'open'

  async function showLogin (request: FastifyRequest, reply: FastifyReply, handle: string, failure?: Shown) {
    const interaction = await app.signIn.interactions.find(request, handle)
    const { purpose, offers } = await purposeOf(app, interaction)
    const shown: Shown | undefined = failure ?? interaction.failure
    const backends = [...app.signIn.backends]
      .filter(([id, backend]) => offers(id, backend))
      .map(([id, backend]) => describeBackend(id, backend, purpose === undefined && signUpIsOffered(backend)))
    if (shown?.retryAfter !== undefined) reply.header('retry-after', String(shown.retryAfter))
    return reply.page(
      'login',
      {
        interaction: handle,
        ...describeIntent(interaction.intent),
        ...(purpose === 'proof' && { proving: true }),
        ...(purpose === 'link' && { adding: true }),
        backends,
        ...(shown && {
          error: shown.message,
          failedBackend: shown.backend,
          ...(shown.identifier && { identifier: shown.identifier })
        }),
        actions: {
          login: paths.login,
          ...(backends.some(({ signUp }) => signUp) && { signup: withInteraction(paths.signup, handle) }),
          ...([...app.signIn.backends.values()].some(({ accounts }) => accounts) && { forgot: paths.forgotPassword })
        }
      },
      shown?.statusCode ?? 200
    )
  }

  app.get(paths.login, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    if (handle === undefined) {
      return reply.redirect(
        withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, pageIntent(paths.home))),
        303
      )
    }
    return showLogin(request, reply, handle)
  })

  app.post(paths.login, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    // Before any password is looked at: a form of another browser is refused, and costs no hashing.
    const { browser } = await app.signIn.interactions.find(request, handle)
    const backend = form.need('backend')
    const ways = app.signIn.backends.get(backend)
    if (!ways) throw invalidRequest('There is no such way to sign in.')
    await app.limits.attempt('sign-in', request)
    const outcome = await goThrough(app, request, reply, {
      form,
      handle,
      browser,
      backend,
      ways,
      callbackUrl: publicUrl + callbackPath(backend),
      mayCreate: signup === 'open'
    })
    if (outcome.kind === 'failed') { return showLogin(request, reply, handle, { ...outcome.failure, identifier: form.get('email')?.slice(0, 254) }) }
    return reply.redirect(outcome.kind === 'away' ? outcome.url : pageAfter(outcome), 303)
  })

  app.post(paths.logout, async (request, reply) => {
    app.signIn.forms.check(request, formParameters(request).get('token'))
    const user = await app.signIn.sessions.user(request)
    const away = await app.signIn.sessions.signOut(request, reply, publicUrl)
    if (user) app.audit.record(request, 'sign_out', { user: user.id, backend: user.backend })
    if (away !== undefined) return reply.redirect(away, 303)
    return reply.page('message', {
      title: 'You are signed out',
      text: 'Apps you connected stay connected.',
      action: { label: 'To the start page', href: paths.home }
    })
  })
}

/**
 * For whom the page is: everybody; somebody who shows that an account is theirs; somebody who adds a way in to their
 * own.
 */
async function purposeOf (
  app: FastifyInstance,
  { intent, proof }: Interaction
): Promise<{ purpose?: 'proof' | 'link'; offers(id: string, backend: AuthBackend): boolean }> {
  const userId = proof?.userId ?? (intent.kind === 'link' ? intent.userId : undefined)
  const user = userId === undefined ? undefined : await app.signIn.lifecycle.find(userId)
  if (!user) return { offers: () => true }
  const leadsTo = (id: string) => user.identities.some(({ backend }) => backend === id)
  return proof
    ? { purpose: 'proof', offers: leadsTo }
    : { purpose: 'link', offers: (id, backend) => canAddSignInMethod(user, [id, backend]) }
}

const describeBackend = (
  id: string,
  { title, password, oneClick, redirect, emailCode, accounts }: AuthBackend,
  signUp: boolean
) => ({
  id,
  title,
  ...(password && { password: { label: password.label } }),
  ...(oneClick && { oneClick: { label: oneClick.label } }),
  ...(redirect && { redirect: redirect.providers.map(({ id, label }) => ({ id, label })) }),
  ...(emailCode && { emailCode: { label: emailCode.label } }),
  ...(accounts && { forgettable: true }),
  signUp
})

/** One of the ways in that the page has a form for. */
async function goThrough (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { form, handle, browser, backend, ways, callbackUrl, mayCreate }: Chosen
): Promise<SignInResult | { kind: 'away'; url: string }> {
  const identifier = form.get('email')
  const provider = form.get('provider')
  if (provider !== undefined) {
    if (!ways.redirect?.providers.some(({ id }) => id === provider)) { throw invalidRequest('There is no such way to sign in.') }
    return app.signIn.challenges.beginRedirect(request, { handle, backend, provider, callbackUrl })
  }
  if (form.get('way') === 'code') {
    if (!ways.emailCode || identifier === undefined) { throw invalidRequest('Write the address that the code shall go to.') }
    return app.signIn.challenges.sendCode(request, { handle, backend, email: identifier, mayCreate })
  }
  const attempt = { handle, backend, account: `${backend} ${identifier ?? ''}` }
  if (form.get('password') !== undefined) await app.limits.slowDown(request, attempt.account)
  const answered = await app.signIn.completion.callBackend(request, attempt, () => identify(ways, form, browser))
  return 'kind' in answered ? answered : app.signIn.completion.complete(request, reply, attempt, answered.answer)
}

async function identify (backend: AuthBackend, form: Parameters, browser: string): Promise<SignInAnswer> {
  if (form.get('password') === undefined && backend.oneClick) return backend.oneClick.signIn(browser)
  if (!backend.password) throw invalidRequest('This way to sign in takes no password.')
  return backend.password.verify({ identifier: form.get('email') ?? '', password: form.get('password') ?? '' })
}
