// Making an account, where SIGNUP or an invitation allows it; the person goes on with what they came for.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SignUp, SignUpRequest, SignUpResult } from '../auth-backends/contract.ts'
import type { Config } from '../config/index.ts'
import { accessDenied, signInExpired } from '../errors.ts'
import { pageAfter, paths, withInteraction, withSecret } from '../paths.ts'
import { sendConfirmation } from '../plugins/accounts/messages.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/oauth/parameters.ts'
import { describeIntent, pageIntent } from '../plugins/sign-in/intent.ts'
import type { TakenInvitation } from '../plugins/accounts/invitations.ts'
import { isAllowed } from '../plugins/accounts/users.ts'

type Field = 'email' | 'password' | 'name' | 'form'
interface Refusal {
  field: Field
  message: string
  email: string | undefined
  name: string | undefined
}

export default async function signUp (
  app: FastifyInstance,
  { publicUrl, signup, allowedEmails }: Pick<Config, 'publicUrl' | 'signup' | 'allowedEmails'>
) {
  /** The first backend that makes accounts: named by the form, or the first in AUTH_BACKEND. */
  const findBackend = (id: string | undefined) =>
    [...app.signIn.backends].find(([name, { signUp }]) => signUp && (id === undefined || id === name))

  const notInvited = () =>
    accessDenied('New accounts are made by invitation here. Ask the person who runs this server for a link.')
  const { invitations } = app.signIn

  async function show (
    request: FastifyRequest,
    reply: FastifyReply,
    handle: string,
    backend: string,
    invite: string | undefined,
    refusal?: Refusal
  ) {
    const { intent } = await app.signIn.interactions.find(request, handle)
    return reply.page(
      'signup',
      {
        interaction: handle,
        backend,
        ...describeIntent(intent),
        ...(invite && { invite }),
        ...(refusal && {
          error: { field: refusal.field, message: refusal.message },
          ...(refusal.email && { email: refusal.email }),
          ...(refusal.name && { name: refusal.name })
        }),
        actions: { signup: paths.signup, login: withInteraction(paths.login, handle) }
      },
      refusal ? 400 : 200
    )
  }

  app.get(paths.signup, async (request, reply) => {
    const query = queryParameters(request)
    const [backend, invite] = [query.get('backend'), query.get('invite')]
    const found = findBackend(backend)
    await app.limits.attempt('authorization', request)
    if (signup !== 'open' && !(await invitations.isValid(invite))) throw notInvited()
    // Where accounts are made elsewhere, the invitation goes along to the sign-in.
    if (!found && invite !== undefined) {
      return reply.redirect(
        withInteraction(
          paths.login,
          await app.signIn.interactions.begin(request, reply, pageIntent(paths.home), { invite })
        ),
        303
      )
    }
    if (!found) throw accessDenied('Accounts are not made on this server.')
    const handle = query.get('interaction')
    if (handle !== undefined) return show(request, reply, handle, found[0], invite)
    const parked = await app.signIn.interactions.begin(
      request,
      reply,
      pageIntent(paths.home),
      invite === undefined ? {} : { invite }
    )
    return reply.redirect(
      formAddress(parked, { ...(backend !== undefined && { backend }), ...(invite && { invite }) }),
      303
    )
  })

  app.post(paths.signup, async (request, reply) => {
    const form = formParameters(request)
    const handle = form.need('interaction')
    await app.signIn.interactions.find(request, handle)
    const found = findBackend(form.get('backend'))
    if (!found) throw signInExpired()
    await app.limits.attempt('sign-up', request)
    const [id, backend] = found
    const [invite, asked] = [form.get('invite'), readForm(form)]
    if (!isAllowed(allowedEmails, { email: asked.email })) {
      return show(request, reply, handle, id, invite, {
        ...asked,
        field: 'email',
        message: 'This address may not sign in here. Ask the person who runs this server to add it.'
      })
    }
    // Spent before the account is made, so that one invitation makes one account; given back when none was made.
    const invitation = signup === 'open' ? undefined : await invitations.take(invite)
    if (signup !== 'open' && !invitation) throw notInvited()
    const result = await createAccount(backend.signUp!, asked, invitation)
    if (result.kind === 'refused') {
      await invitation?.giveBack()
      return show(request, reply, handle, id, invite, { ...asked, ...result })
    }
    await invitations.close()
    app.audit.record(request, 'sign_up', { backend: id, account: app.audit.hash(asked.email) })
    if (result.kind === 'confirm') {
      // Where the account is kept elsewhere, the person is new here when they come back with a confirmed address.
      if (invitation && !backend.accounts) await invitations.hold(id, asked.email)
      if (backend.accounts && app.mail.isOn) {
        sendConfirmation(app, id, backend.accounts, asked.email, linksOf(publicUrl)).catch((error: unknown) => {
          request.log.error({ err: error }, 'a link could not be sent')
        })
      }
      return reply.page('message', {
        title: 'Check your mailbox',
        text: result.message,
        action: { label: 'Back to sign-in', href: withInteraction(paths.login, handle) }
      })
    }
    const outcome = await app.signIn.completion.complete(
      request,
      reply,
      { handle, backend: id, account: `${id} ${asked.email}`, signedUp: true },
      result.identity
    )
    return reply.redirect(pageAfter(outcome), 303)
  })
}

/** The form of a parked sign-up, with what else the link has said. */
const formAddress = (handle: string, kept: Record<string, string>): string =>
  [
    withInteraction(paths.signup, handle),
    ...Object.entries(kept).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  ].join('&')

const linksOf = (publicUrl: string) => ({
  confirmUrl: (secret: string) => withSecret(publicUrl + paths.confirmEmail, secret),
  resetUrl: (secret: string) => withSecret(publicUrl + paths.resetPassword, secret),
  forgotUrl: publicUrl + paths.forgotPassword
})

/** An invitation that made no account is given back, also where the service did not answer. */
const createAccount = (
  signUp: SignUp,
  asked: SignUpRequest,
  invitation: TakenInvitation | undefined
): Promise<SignUpResult> =>
  signUp.create(asked).catch(async (error: unknown) => {
    await invitation?.giveBack()
    throw error
  })

const readForm = (form: Parameters) => ({
  email: form.get('email') ?? '',
  password: form.get('password') ?? '',
  name: form.get('name')
})
