// The pages of a sign-in after the first one: back from a provider, a code, and the question whether an account that is
// there is the person's own (OAuth 2.1 §4.1.2, RFC 9700 §4.7).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { invalidRequest, signInExpired } from '../errors.ts'
import { callbackPath, pageAfter, paths, withInteraction } from '../paths.ts'
import { formParameters, queryParameters } from '../plugins/oauth/parameters.ts'
import { describeIntent } from '../plugins/sign-in/intent.ts'
import type { SignInResult } from '../plugins/sign-in/complete.ts'

export default async function loginSteps (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const { challenges } = app.signIn

  /** What came to nothing is shown on the sign-in page, where another try can be made. */
  async function goOn (request: FastifyRequest, reply: FastifyReply, outcome: SignInResult): Promise<FastifyReply> {
    if (outcome.kind !== 'failed') return reply.redirect(pageAfter(outcome), 303)
    const { failure } = outcome
    const handle = await app.signIn.interactions.advance(request, outcome.handle, (interaction) => ({
      ...interaction,
      failure
    }))
    return reply.redirect(pageAfter({ kind: 'failed', handle }), 303)
  }

  // A wildcard, so that no length or spelling of the name is special.
  app.get(`${paths.loginCallback}/*`, async (request, reply) => {
    const query = queryParameters(request)
    const [path] = request.raw.url!.split('?') as [string]
    return goOn(
      request,
      reply,
      await challenges.finishRedirect(request, reply, {
        state: query.get('state'),
        isFor: (backend) => callbackPath(backend) === path,
        // Under the name the provider knows, whatever name the request came to.
        url: new URL(request.raw.url!, publicUrl)
      })
    )
  })

  app.get(paths.loginCode, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { step, failure, intent } = await app.signIn.interactions.find(request, handle)
    if (step?.kind !== 'email code' && step?.kind !== 'factor') throw signInExpired()
    if (failure?.retryAfter !== undefined) reply.header('retry-after', String(failure.retryAfter))
    return reply.page(
      'code',
      {
        interaction: handle!,
        ...describeIntent(intent),
        prompt: step.prompt,
        ...(failure && { error: failure.message }),
        actions: { code: paths.loginCode, login: withInteraction(paths.login, handle!) }
      },
      failure?.statusCode ?? 200
    )
  })

  app.post(paths.loginCode, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    await app.signIn.interactions.find(request, handle)
    await app.limits.attempt('sign-in', request)
    // People type the gaps that the message shows.
    const code = (form.get('code') ?? '').replace(/[\s-]/g, '')
    return goOn(request, reply, await challenges.verifyCode(request, reply, { handle, code }))
  })

  app.get(paths.loginChoice, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { proof, intent } = await app.signIn.interactions.find(request, handle)
    const user = proof && (await app.signIn.lifecycle.find(proof.userId))
    if (!user) throw signInExpired()
    const ways = [...app.signIn.backends]
      .filter(([id]) => user.identities.some(({ backend }) => backend === id))
      .map(([, { title }]) => title)
    return reply.page('choice', {
      interaction: handle!,
      ...describeIntent(intent),
      email: user.email!,
      ways,
      actions: { choice: paths.loginChoice }
    })
  })

  app.post(paths.loginChoice, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    const decision = form.get('decision')
    const { proof } = await app.signIn.interactions.find(request, handle)
    if (!proof) throw signInExpired()
    if (decision === 'join') {
      return reply.redirect(
        withInteraction(
          paths.login,
          await app.signIn.interactions.advance(request, handle, (interaction) => interaction)
        ),
        303
      )
    }
    if (decision === 'apart') return goOn(request, reply, await challenges.keepSeparate(request, reply, handle))
    throw invalidRequest('Choose one of the two.')
  })
}
