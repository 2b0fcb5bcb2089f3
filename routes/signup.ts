// The form that creates an account, where SIGNUP or an invitation allows it; the person then continues with what they came
// for.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { accessDenied, signInExpired } from '../errors.ts'
import { withInteraction } from '../paths.ts'
import { describeInvited } from '../plugins/administration/invited.ts'
import { notInvited, type SignUpForm, type SignUpOutcome } from '../plugins/accounts/sign-up.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/oauth/parameters.ts'
import { describeIntent, pageIntent } from '../plugins/sign-in/intent.ts'

type Refusal = Extract<SignUpOutcome, { kind: 'refused' }>

export default async function signUp (app: FastifyInstance, { signup }: Pick<Config, 'signup'>) {
  const { paths, signInPages } = app
  const { interactions, invitations } = app.signIn

  app.get(paths.signup, async (request, reply) => {
    const query = queryParameters(request)
    const [named, invite] = [query.get('backend'), query.get('invite')]
    const backend = findBackend(app, named)
    await app.limits.attempt('authorization', request)
    if (signup !== 'open' && !(await invitations.isValid(invite))) throw invite === undefined ? notInvited() : usedInvitation(paths.account)
    const begin = () => interactions.begin(request, reply, pageIntent(paths.home), invite === undefined ? {} : { invite })
    // Where accounts are made elsewhere, the invitation goes along to the sign-in.
    if (backend === undefined && invite !== undefined) return reply.redirect(signInPages.login(await begin()), 303)
    if (backend === undefined) throw notOffered(paths.account)
    const handle = query.get('interaction')
    if (handle !== undefined) {
      return showForm(app, request, reply, { handle, backend, invite, asked: { email: '', password: '' } })
    }
    const kept = { ...(named !== undefined && { backend: named }), ...(invite && { invite }) }
    return reply.redirect(formAddress(paths.signup, await begin(), kept), 303)
  })

  app.post(paths.signup, async (request, reply) => {
    const posted = formParameters(request)
    const handle = posted.need('interaction')
    await interactions.find(request, handle)
    const backend = findBackend(app, posted.get('backend'))
    if (backend === undefined) throw signInExpired()
    await app.limits.attempt('sign-up', request)
    const form: SignUpForm = { handle, backend, invite: posted.get('invite'), asked: readAccount(posted) }
    const outcome = await app.accounts.signUp(request, reply, form)
    if (outcome.kind === 'refused') return showForm(app, request, reply, form, outcome)
    if (outcome.kind === 'parked') return reply.redirect(app.signIn.next(outcome.parked), 303)
    if (outcome.kind === 'failed') {
      const { failure } = outcome
      // For the page of the sign-in, which says why.
      const parked = await interactions.advance(request, outcome.handle, (rest) => ({ ...rest, failure }))
      return reply.redirect(app.signIn.next(parked), 303)
    }
    return reply.page('message', {
      title: request.words.text('sign-up.checkTitle'),
      text: request.words.say(outcome.message),
      action: { label: request.words.text('sign-up.backToSignIn'), href: signInPages.login(handle) }
    })
  })
}

/** Most people who come with a used invitation have used it themselves. */
function usedInvitation (signInPath: string) {
  const refusal = accessDenied({ key: 'sign-up.invitationUsed' })
  refusal.title = { key: 'sign-up.invitationTitle' }
  refusal.action = { label: { key: 'common.signIn' }, href: signInPath }
  return refusal
}

function notOffered (signInPath: string) {
  const refusal = accessDenied({ key: 'sign-up.notOffered' })
  refusal.action = { label: { key: 'common.signIn' }, href: signInPath }
  return refusal
}

/**
 * The backend that the form names, or the first in AUTH_BACKEND, if it makes accounts.
 */
const findBackend = (app: FastifyInstance, id: string | undefined): string | undefined =>
  [...app.signIn.backends].find(([name, { signUp }]) => signUp && (id === undefined || id === name))?.[0]

/** There are people whose account at another service is enough. */
const hasElsewhere = (app: FastifyInstance): boolean => [...app.signIn.backends.values()].some(({ redirect }) => redirect)

async function showForm (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { handle, backend, invite, asked }: SignUpForm,
  refusal?: Refusal
): Promise<FastifyReply> {
  const { paths, signInPages } = app
  const { intent } = await app.signIn.interactions.find(request, handle)
  const invited = await describeInvited(app, invite)
  const page = {
    interaction: handle,
    backend,
    ...describeIntent(intent),
    ...(invite && { invite }),
    ...(invited && { invited }),
    ...(invite && hasElsewhere(app) && { elsewhere: true as const }),
    ...(refusal && { error: { field: refusal.field, message: request.words.say(refusal.message) } }),
    ...((invited?.email ?? asked.email) && { email: invited?.email ?? asked.email }),
    ...(asked.name && { name: asked.name }),
    actions: { signup: paths.signup, login: signInPages.login(handle) }
  }
  return reply.page('signup', page, refusal ? 400 : 200)
}

/** The form of a parked sign-up, with what else the link said. */
const formAddress = (path: string, handle: string, kept: Record<string, string>): string =>
  [
    withInteraction(path, handle),
    ...Object.entries(kept).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  ].join('&')

const readAccount = (form: Parameters): SignUpForm['asked'] => {
  const name = form.get('name')
  return { email: form.get('email') ?? '', password: form.get('password') ?? '', ...(name !== undefined && { name }) }
}
