// A passkey is added: the browser makes it, with a script of ours.
// Tested in test/routes/account/second-factors/in-browser.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { formParameters } from '../../../plugins/oauth/parameters.ts'
import { asFields } from '../../../plugins/second-factors/shown.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { factorAdded } from './added.ts'
import { needProof, unlessShown } from './proof.ts'

export default async function addPasskey (app: FastifyInstance) {
  const { paths, secondFactors, signIn } = app

  async function show (request: FastifyRequest, reply: FastifyReply, user: User, error?: string): Promise<FastifyReply> {
    const page = {
      ...asFields(await secondFactors.beginPasskey(user, signIn.browserOf(request, reply))),
      ...(error !== undefined && { error }),
      token: signIn.forms.token(request),
      actions: { add: paths.accountPasskey, app: paths.accountApp, factors: paths.accountFactors }
    }
    return reply.page('add-passkey', page, error === undefined ? 200 : 400)
  }

  app.get(paths.accountPasskey, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountPasskey)
    return visitor ? show(request, reply, visitor.user) : reply
  })

  app.post(paths.accountPasskey, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountPasskey)
    if (!visitor) return reply
    await app.limits.attempt('sign-in', request)
    const form = formParameters(request)
    const answer = { state: form.need('state'), response: form.get('response') ?? '', name: form.get('name') ?? '' }
    const asked = { ...answer, ...unlessShown(app, visitor) }
    const factor = await secondFactors.addPasskey(visitor.user, signIn.browserOf(request, reply), asked)
    if (!factor) return show(request, reply, visitor.user, request.words.text('second-factors.passkey-refused'))
    return factorAdded(app, request, reply, visitor.user, factor)
  })
}
