// The page on which somebody who has shown the first factor shows the second, or sets one up where MFA requires it
// (threats FS-01..05).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest, signInExpired } from '../errors.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/oauth/parameters.ts'
import type { LostState } from '../plugins/second-factors/contract.ts'
import { askForOwnPasskey, asFields, describeNewApp } from '../plugins/second-factors/shown.ts'
import type { NewFactor, ShownFactor, WrongFactor } from '../plugins/sign-in/factor-step.ts'
import { describeIntent } from '../plugins/sign-in/intent.ts'

export default async function loginFactor (app: FastifyInstance) {
  const { paths, secondFactors } = app
  const { factorStep } = app.signIn

  app.get(paths.loginFactor, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    if (handle === undefined) throw signInExpired()
    return showPage(app, request, reply, handle)
  })

  app.post(paths.loginFactor, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    const { user, pending } = await factorStep.find(request, handle)
    if (form.get('lost') !== undefined) {
      if (pending.needs !== 'verify') throw signInExpired()
      await app.limits.attempt('sign-in', request)
      await secondFactors.lost.ask(request, user)
      return reply.redirect(app.signInPages.factor(handle), 303)
    }
    if (form.get('enrol') !== undefined) return enrol(app, request, reply, handle, form)
    const shown = await factorStep.show(request, reply, handle, readShown(form))
    if (shown.kind === 'parked') return reply.redirect(app.signIn.next(shown.parked), 303)
    return showPage(app, request, reply, shown.handle, shown)
  })
}

function readShown (form: Parameters): ShownFactor {
  const code = form.get('code')
  if (code !== undefined) return { kind: 'code', code }
  return { kind: 'passkey', answer: { state: form.need('state'), response: form.need('response') } }
}

async function enrol (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  form: Parameters
): Promise<FastifyReply> {
  const state = form.need('state')
  const kind = form.get('enrol')
  if (kind !== 'app' && kind !== 'passkey') throw invalidRequest({ key: 'sign-in.choiceMissing' })
  const made: NewFactor = kind === 'app'
    ? { kind, state, code: form.get('code') ?? '' }
    : { kind, answer: { state, response: form.get('response') ?? '' } }
  const result = await app.signIn.factorStep.enrol(request, reply, handle, made)
  if (result.kind === 'wrong') {
    return showPage(app, request, reply, handle, result, kind === 'app' ? state : undefined)
  }
  return reply.page('recovery-codes', { codes: result.codes, actions: { next: app.signIn.next(result.parked) } })
}

/** @param state of an app that is still being set up. */
async function showPage (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  wrong?: WrongFactor,
  state?: string
): Promise<FastifyReply> {
  const { secondFactors, paths, signInPages } = app
  const { user, pending, interaction } = await app.signIn.factorStep.find(request, handle)
  if (wrong?.retryAfter !== undefined) reply.header('retry-after', wrong.retryAfter)
  const status = wrong?.statusCode ?? 200
  const frame = {
    interaction: handle,
    ...describeIntent(interaction.intent),
    ...(wrong && { error: request.words.say(wrong.message) })
  }
  const login = signInPages.login(handle)
  if (pending.needs === 'enrol') {
    const passkey = secondFactors.takesPasskeys ? await secondFactors.beginPasskey(user, interaction.browser) : undefined
    const page = {
      ...frame,
      ...(passkey && { passkey: asFields(passkey) }),
      app: describeNewApp(await secondFactors.beginApp(user, state)),
      actions: { factor: paths.loginFactor, login }
    }
    return reply.page('factor-enrol', page, status)
  }
  const factors = await secondFactors.list(user.id)
  const passkey = await askForOwnPasskey(secondFactors, interaction.browser, user.id, factors)
  const lost = pending.needs === 'verify' ? await secondFactors.lost.stateOf(user) : undefined
  const page = {
    ...frame,
    hasApp: factors.some(({ kind }) => kind === 'app'),
    ...(passkey && { passkey }),
    ...(lost && { lost: describeLost(request, lost) }),
    actions: { factor: paths.loginFactor, ...(pending.needs === 'verify' && { login }) }
  }
  return reply.page('factor', page, status)
}

const describeLost = ({ words }: FastifyRequest, lost: LostState) =>
  lost.kind === 'waiting' ? { kind: lost.kind, until: words.minute(lost.until) } : { kind: lost.kind }
