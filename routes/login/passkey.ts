// Signing in by a passkey alone, from the sign-in page: by its button, or from the field that offers passkeys.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { showLogin } from './page.ts'

export default async function loginPasskey (app: FastifyInstance, { signup }: Pick<Config, 'signup'>) {
  app.post(app.paths.loginPasskey, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    const answer = { state: form.need('state'), response: form.get('response') ?? '' }
    const result = await app.signIn.passkeys.submit(request, reply, handle, answer)
    if (result.kind === 'parked') return reply.redirect(app.signIn.next(result.parked), 303)
    return showLogin(app, signup, request, reply, { handle, failure: result.failure })
  })
}
