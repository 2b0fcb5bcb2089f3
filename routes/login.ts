// Signing in and out: one page with every sign-in method that the backends offer. Wrong credentials do not reveal
// whether the account exists.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../auth-backends/contract.ts'
import type { Config } from '../config/index.ts'
import { english, type Words } from '../languages/index.ts'
import { callbackPath } from '../paths.ts'
import { formParameters, queryParameters } from '../plugins/oauth/parameters.ts'
import { canAddSignInMethod } from '../plugins/sign-in/admission.ts'
import type { Failure, Interaction } from '../plugins/sign-in/contract.ts'
import { describeIntent, pageIntent } from '../plugins/sign-in/intent.ts'

const MAX_IDENTIFIER_CHARACTERS = 254

type ShownFailure = Pick<Failure, 'backend' | 'message' | 'statusCode' | 'retryAfter'> & {
  /** What was typed into the first field. */
  identifier?: string | undefined
}

export default async function login (
  app: FastifyInstance,
  { signup, publicUrl, mcpUrl }: Pick<Config, 'signup' | 'publicUrl' | 'mcpUrl'>
) {
  const { paths, signInPages } = app
  const { interactions } = app.signIn

  app.get(paths.login, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    if (handle !== undefined) return showLogin(app, signup, request, reply, handle)
    return reply.redirect(signInPages.login(await interactions.begin(request, reply, pageIntent(paths.home))), 303)
  })

  app.post(paths.login, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    // Before any password is checked: the form of another browser is refused, and costs no hashing.
    const { browser } = await interactions.find(request, handle)
    const backend = form.need('backend')
    const identifier = form.get('email')
    const submitted = {
      handle,
      browser,
      backend,
      provider: form.get('provider'),
      wantsCode: form.get('way') === 'code',
      identifier,
      password: form.get('password')
    }
    const result = await app.signIn.submit(request, reply, submitted, publicUrl + callbackPath(paths, backend))
    if (result.kind === 'away') return reply.redirect(result.url, 303)
    if (result.kind === 'parked') return reply.redirect(app.signIn.next(result.parked), 303)
    const failure = { ...result.failure, identifier: identifier?.slice(0, MAX_IDENTIFIER_CHARACTERS) }
    return showLogin(app, signup, request, reply, handle, failure)
  })

  app.post(paths.logout, async (request, reply) => {
    app.signIn.forms.check(request, formParameters(request).get('token'))
    const user = await app.signIn.sessions.user(request)
    const away = await app.signIn.sessions.signOut(request, reply, mcpUrl)
    if (user) app.audit.record(request, 'sign_out', { user: user.id, backend: user.backend })
    if (away !== undefined) return reply.redirect(away, 303)
    return reply.page('message', {
      title: 'You are signed out',
      text: 'Apps you connected stay connected.',
      action: { label: 'Go to the home page', href: paths.home }
    })
  })
}

async function showLogin (
  app: FastifyInstance,
  signup: Config['signup'],
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  failure?: ShownFailure
): Promise<FastifyReply> {
  const { paths } = app
  const interaction = await app.signIn.interactions.find(request, handle)
  const { purpose, offers } = await purposeOf(app, interaction)
  const shown: ShownFailure | undefined = failure ?? interaction.failure
  const offersSignUp = (backend: AuthBackend) =>
    purpose === undefined && backend.signUp !== undefined && signup === 'open'
  const backends = [...app.signIn.backends]
    .filter(([id, backend]) => offers(id, backend))
    .map(([id, backend]) => describeBackend(request.words, id, backend, offersSignUp(backend)))
  const hasPasswords = [...app.signIn.backends.values()].some(({ accounts }) => accounts)
  if (shown?.retryAfter !== undefined) reply.header('retry-after', String(shown.retryAfter))
  const page = {
    interaction: handle,
    ...describeIntent(interaction.intent),
    ...(purpose === 'proof' && { proving: true }),
    ...(purpose === 'link' && { adding: true }),
    backends,
    ...(shown && {
      error: request.words.say(shown.message),
      failedBackend: shown.backend,
      ...(shown.identifier && { identifier: shown.identifier })
    }),
    actions: {
      login: paths.login,
      ...(backends.some(({ signUp }) => signUp) && { signup: `${paths.signup}?interaction=${handle}` }),
      ...(hasPasswords && { forgot: paths.forgotPassword })
    }
  }
  return reply.page('login', page, shown?.statusCode ?? 200)
}

/** Whom the page is for: anyone; a person who proves that an account is theirs; one who adds a method to their own. */
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
  { say }: Words,
  id: string,
  { title, password, oneClick, redirect, emailCode, accounts }: AuthBackend,
  signUp: boolean
) => ({
  id,
  title: say(title),
  ...(password && { password: { label: say(password.label), ...(/mail/i.test(english.say(password.label)) && { isEmail: true }) } }),
  ...(oneClick && { oneClick: { label: say(oneClick.label) } }),
  ...(redirect && { redirect: redirect.providers.map(({ label, ...shown }) => ({ ...shown, label: say(label) })) }),
  ...(emailCode && { emailCode: { label: say(emailCode.label) } }),
  ...(accounts && { hasReset: true }),
  signUp
})
