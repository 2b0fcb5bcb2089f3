// The pages of a sign-in after the first one: back from a provider, a code, and the question whether an existing account
// is the person's own (OAuth 2.1 §4.1.2, RFC 9700 §4.7).
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Config } from '../config/index.ts'
import { invalidRequest, signInExpired } from '../errors.ts'
import { callbackPath } from '../paths.ts'
import { formParameters, queryParameters } from '../plugins/oauth/parameters.ts'
import { describeIntent } from '../plugins/sign-in/intent.ts'
import type { Parked } from '../plugins/sign-in/interactions.ts'
import { asksForCode } from '../plugins/sign-in/next.ts'
import { scoped } from '../plugins/scoped.ts'

/** What a provider may answer (RFC 6749 §4.1.2, RFC 9207); `user` is Apple's. */
const ANSWER = ['code', 'state', 'iss', 'error', 'user']
/** It becomes a URL. */
const MAX_FORM_BYTES = 4_096

export default async function loginSteps (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const { paths } = app
  const { challenges, interactions } = app.signIn
  const goOn = (reply: FastifyReply, parked: Parked) => reply.redirect(app.signIn.next(parked), 303)

  // A wildcard, so that no length or spelling of the name is special.
  app.get(`${paths.loginCallback}/*`, async (request, reply) => {
    const [path] = request.raw.url!.split('?') as [string]
    const parked = await challenges.finishRedirect(request, reply, {
      state: queryParameters(request).get('state'),
      isFor: (backend) => callbackPath(paths, backend) === path,
      // Under the name that the provider knows, even if the request used another.
      url: new URL(request.raw.url!, publicUrl)
    })
    return goOn(reply, parked)
  })

  // A form that the page of a provider posts (OAuth 2.0 Form Post Response Mode), without our
  // cookies: they are Lax. The
  // browser repeats it as the request above, with its cookies, where everything is checked; here nothing is read.
  app.post(`${paths.loginCallback}/*`, { config: { anyOrigin: true }, bodyLimit: MAX_FORM_BYTES }, async (request, reply) => {
    const form = formParameters(request)
    const [path] = request.raw.url!.split('?') as [string]
    const query = new URLSearchParams()
    for (const name of ANSWER) {
      const value = form.get(name)
      if (value !== undefined) query.set(name, value)
    }
    return reply.redirect(`${path}?${query}`, 303)
  })

  app.post(paths.loginCode, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    await interactions.find(request, handle)
    await app.limits.attempt('sign-in', request)
    // People type the gaps that the message shows.
    const code = (form.get('code') ?? '').replace(/[\s-]/g, '')
    return goOn(reply, await challenges.verifyCode(request, reply, { handle, code }))
  })

  app.post(paths.loginChoice, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    const decision = form.get('decision')
    const { proof } = await interactions.find(request, handle)
    if (!proof) throw signInExpired()
    if (decision === 'join') return goOn(reply, await challenges.join(request, handle))
    if (decision === 'separate') return goOn(reply, await challenges.keepSeparate(request, reply, handle))
    throw invalidRequest({ key: 'sign-in.choiceMissing' })
  })

  await app.register(scoped(loginStepPages))
}

async function loginStepPages (app: FastifyInstance) {
  const { paths, signInPages } = app
  app.get(paths.loginCode, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { step, failure, intent } = await app.signIn.interactions.find(request, handle)
    if (!asksForCode(step)) throw signInExpired()
    if (failure?.retryAfter !== undefined) reply.header('retry-after', String(failure.retryAfter))
    const page = {
      interaction: handle!,
      ...describeIntent(intent),
      prompt: request.words.say(step.prompt),
      ...(failure && { error: request.words.say(failure.message) }),
      actions: { code: paths.loginCode, login: signInPages.login(handle!) }
    }
    return reply.page('code', page, failure?.statusCode ?? 200)
  })

  app.get(paths.loginChoice, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { proof, intent } = await app.signIn.interactions.find(request, handle)
    const user = proof && (await app.signIn.lifecycle.find(proof.userId))
    if (!user) throw signInExpired()
    const methods = [...app.signIn.backends]
      .filter(([id]) => user.identities.some(({ backend }) => backend === id))
      .map(([, { title }]) => request.words.say(title))
    return reply.page('choice', {
      interaction: handle!,
      ...describeIntent(intent),
      email: user.email!,
      methods,
      separate: (await app.signIn.findHeld(proof.identity, undefined)) === undefined,
      actions: { choice: paths.loginChoice }
    })
  })
}
