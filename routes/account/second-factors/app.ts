// An authenticator app is added: it scans the secret, or the person types it, and shows a code.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toDisplayName } from '../../../plugins/display-name.ts'
import { formParameters } from '../../../plugins/oauth/parameters.ts'
import { describeNewApp } from '../../../plugins/second-factors/shown.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { factorAdded } from './added.ts'
import { needProof, unlessShown } from './proof.ts'

export default async function addApp (app: FastifyInstance) {
  const { paths, secondFactors, signIn } = app

  async function show (
    request: FastifyRequest,
    reply: FastifyReply,
    user: User,
    wrong?: { state: string; name: string }
  ): Promise<FastifyReply> {
    const page = {
      ...describeNewApp(await secondFactors.beginApp(user, wrong?.state)),
      name: wrong?.name ?? '',
      ...(wrong && { error: request.words.text('second-factors.app-wrong') }),
      token: signIn.forms.token(request),
      actions: { add: paths.accountApp, factors: paths.accountFactors }
    }
    return reply.page('add-app', page, wrong ? 400 : 200)
  }

  app.get(paths.accountApp, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountApp)
    return visitor ? show(request, reply, visitor.user) : reply
  })

  app.post(paths.accountApp, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountApp)
    if (!visitor) return reply
    await app.limits.attempt('sign-in', request)
    const form = formParameters(request)
    const answer = { state: form.need('state'), code: form.get('code') ?? '', name: form.get('name') ?? '' }
    const factor = await secondFactors.addApp(visitor.user, { ...answer, ...unlessShown(app, visitor) })
    if (!factor) return show(request, reply, visitor.user, { state: answer.state, name: toDisplayName(answer.name, '') })
    return factorAdded(app, request, reply, visitor.user, factor)
  })
}
