// Signing in and out: one page with every sign-in method that the backends offer. Wrong credentials do not reveal
// whether the account exists.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { callbackPath } from '../../paths.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { pageIntent } from '../../plugins/sign-in/intent.ts'
import { showLogin } from './page.ts'

const MAX_IDENTIFIER_CHARACTERS = 254

export default async function login (
  app: FastifyInstance,
  { signup, publicUrl, mcpUrl }: Pick<Config, 'signup' | 'publicUrl' | 'mcpUrl'>
) {
  const { paths, signInPages } = app
  const { interactions } = app.signIn

  app.get(paths.login, async (request, reply) => {
    const query = queryParameters(request)
    const handle = query.get('interaction')
    if (handle !== undefined) return showLogin(app, signup, request, reply, { handle, chosen: query.get('with') })
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
    const isForm = submitted.wantsCode || submitted.password !== undefined
    const typed = {
      kind: submitted.wantsCode ? ('code' as const) : ('password' as const),
      identifier: identifier?.slice(0, MAX_IDENTIFIER_CHARACTERS)
    }
    return showLogin(app, signup, request, reply, { handle, failure: result.failure, ...(isForm && { typed }) })
  })

  app.post(paths.logout, async (request, reply) => {
    app.signIn.forms.check(request, formParameters(request).get('token'))
    const user = await app.signIn.sessions.user(request)
    const away = await app.signIn.sessions.signOut(request, reply, mcpUrl)
    if (user) app.audit.record(request, 'sign_out', { user: user.id, backend: user.backend })
    if (away !== undefined) return reply.redirect(away, 303)
    const { words } = request
    return reply.page('message', {
      title: words.text('sign-in.signedOutTitle'),
      text: words.text('sign-in.signedOutText'),
      action: { label: words.text('common.home'), href: paths.home }
    })
  })
}
