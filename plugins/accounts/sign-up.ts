// Making an account at a backend, where sign-up is open or an invitation allows it.
// Tested in test/routes/signup.test.ts and test/plugins/accounts/invitations.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseEmail, type SignUpRequest, type SignUpResult } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { accessDenied } from '../../errors.ts'
import type { Text } from '../../languages/index.ts'
import { networkOf, siteOf } from '../client-address.ts'
import type { SignInResult } from '../sign-in/complete.ts'
import { attemptOf } from '../sign-in/intent.ts'
import { wayId } from '../sign-in/ways.ts'
import type { TakenInvitation } from './invitations.ts'
import { sendConfirmation, type MessageUrls } from './messages.ts'
import { createUnconfirmed } from './unconfirmed.ts'
import { isAllowed } from './user-record.ts'

export interface SignUpForm {
  handle: string
  backend: string
  invite: string | undefined
  asked: SignUpRequest
}

/**
 * `refused`: nothing was made, and the form is shown again. `confirm`: a message must be acted
 * on first.
 */
export type SignUpOutcome =
  | { kind: 'refused'; field: 'email' | 'password' | 'name'; message: Text }
  | { kind: 'confirm'; message: Text }
  | SignInResult

export type SignUpAccount = (
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignUpForm
) => Promise<SignUpOutcome>

const NOT_ALLOWED: Text = { key: 'sign-up.notAllowed' }

export const notInvited = () =>
  accessDenied({ key: 'sign-up.notInvited' }).because('no_invitation')

/**
 * @throws access_denied without a valid invitation where one is needed; nothing was made or
 * used up then.
 */
export function createSignUp (
  app: FastifyInstance,
  { signup, allowedEmails }: Pick<Config, 'signup' | 'allowedEmails'>,
  urls: MessageUrls
): SignUpAccount {
  const unconfirmed = createUnconfirmed(app)
  return async (request, reply, { handle, backend: id, invite, asked }) => {
    const { backends, invitations, completion } = app.signIn
    const backend = backends.get(id)!
    const email = parseEmail(asked.email)
    if (!isAllowed(allowedEmails, { email })) return { kind: 'refused', field: 'email', message: NOT_ALLOWED }
    const invited = await invitations.find(invite)
    if (invited?.email !== undefined && invited.email !== email) return onlyFor(invited.email)
    // Taken before the account is made, so that one invitation makes one account; given back
    // when none was made.
    const invitation = await invitations.take(invite)
    if (signup !== 'open' && !invitation) throw notInvited()
    // The link was in a message to this mailbox, and is known to nobody else.
    const isProven = invitation !== undefined && invited?.isMailed === true
    const account = { ...asked, ...(isProven && { emailVerified: true as const }) }
    const make = async () => {
      if (backend.accounts && app.mail.isOn && !isProven) await unconfirmed.takePlace(email, siteOf(networkOf(request)))
      return backend.signUp!.create(account)
    }
    const result = await orGiveBack(invitation, () => backend.accounts ? app.limits.passwordWork(request, make) : make())
    if (result.kind === 'refused') return result
    // The person is new here at their first sign-in: now, or when they return with a confirmed address. First, since what is
    // closed is closed at the sign-in as well.
    if (invitation) await invitations.hold(id, email, invitation)
    await invitations.close()
    const { intent } = await app.signIn.interactions.find(request, handle)
    app.audit.record(request, 'sign_up', { backend: id, account: app.audit.hash(asked.email), ...attemptOf(intent) })
    if (result.kind === 'confirm') {
      if (backend.accounts && app.mail.isOn) {
        sendConfirmation(app, request, urls, id, backend.accounts, email).catch((error: unknown) => {
          request.log.error({ err: error }, 'a link could not be sent')
        })
      }
      return result
    }
    const submission = { handle, backend: id, account: `${id} ${asked.email}`, signedUp: true, provenAt: app.now(), way: wayId('password', id) }
    return completion.complete(request, reply, submission, result.identity)
  }
}

const onlyFor = (email: string): SignUpOutcome => ({
  kind: 'refused',
  field: 'email',
  message: { key: 'invitations.onlyFor', values: { email } }
})

/**
 * An invitation that made no account is given back, also when the service did not answer.
 */
async function orGiveBack (
  invitation: TakenInvitation | undefined,
  make: () => Promise<SignUpResult>
): Promise<SignUpResult> {
  let result: SignUpResult | undefined
  try {
    result = await make()
    return result
  } finally {
    if (result === undefined || result.kind === 'refused') await invitation?.giveBack()
  }
}
