// Changing the address of one's own account: the password is asked for, and with mail the change takes effect when the
// link is opened that goes to the new address (OWASP ASVS 6.3.7). The answer does not depend on whether the address is
// taken (threat LG-15).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Email } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import type { Text } from '../../languages/index.ts'
import { sendAddressChange } from '../../plugins/accounts/messages.ts'
import { isAllowed } from '../../plugins/accounts/user-record.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { checkForm, signInFirst } from './guard.ts'
import { checkCurrentPassword, findLocalAccount, WRONG_PASSWORD, type LocalAccount } from './password-account.ts'

type Options = Pick<Config, 'allowedEmails'>
const MAX_SHOWN_CHARACTERS = 254
const TAKEN = 'There is already an account with this address. Nothing was changed.'
const NOT_ALLOWED = 'This address may not sign in here. Ask the person who runs this server to add it.'

export default async function changeEmail (app: FastifyInstance, { allowedEmails }: Options) {
  const { paths } = app
  app.get(paths.accountEmail, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountEmail)
    const own = await findLocalAccount(app, user, queryParameters(request).get('backend'))
    return reply.page('address', describe(app, own, app.signIn.forms.token(request)))
  })

  app.post(paths.accountEmail, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const own = await findLocalAccount(app, user, form.get('backend'))
    const typed = form.need('email')
    const password = form.need('password')
    const page = { ...describe(app, own, form.need('token')), next: typed.slice(0, MAX_SHOWN_CHARACTERS) }
    const refuse = (field: 'email' | 'password', message: string, statusCode: number) =>
      reply.page('address', { ...page, error: { field, message } }, statusCode)

    const read = readAddress(own, typed, allowedEmails)
    if ('problem' in read) return refuse('email', request.words.say(read.problem), 400)
    const to = read.email
    if (!(await checkCurrentPassword(app, request, user, own, password))) return refuse('password', WRONG_PASSWORD, 401)
    if (app.mail.isOn) return sendLink(app, request, reply, user, own, to)
    const isChanged = await app.accounts.changeAddress(request, reply, { user, account: own, to, verified: false })
    if (!isChanged) return refuse('email', TAKEN, 409)
    return reply.page('message', {
      title: 'Your address is changed',
      text: `From now on you sign in with ${to}. Every other browser was signed out.`,
      action: home(app)
    })
  })
}

const home = ({ paths }: FastifyInstance) => ({ label: 'Go to your account', href: paths.account })

const describe = (app: FastifyInstance, { backend, account }: LocalAccount, token: string): PageData['address'] => ({
  backend,
  email: account.email,
  sendsMail: app.mail.isOn,
  token,
  actions: { change: app.paths.accountEmail, account: app.paths.account }
})

function readAddress (
  { account, accounts }: LocalAccount,
  typed: string,
  allowedEmails: readonly string[]
): { email: Email } | { problem: Text } {
  const read = accounts.readEmail(typed)
  if ('problem' in read) return read
  if (read.email === account.email) return { problem: 'This is already your address.' }
  return isAllowed(allowedEmails, read) ? read : { problem: NOT_ALLOWED }
}

/** In the background, so that it cannot be timed. */
function sendLink (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  { backend, accounts, account }: LocalAccount,
  to: Email
): Promise<FastifyReply> {
  sendAddressChange(app, request.words, app.accounts.urls, backend, accounts, { user, account, to }).catch((error: unknown) => {
    request.log.error({ err: error }, 'a link could not be sent')
  })
  return reply.page('message', {
    title: 'Check your e-mail',
    text: `We sent a message to ${to}. Open the link in it within 30 minutes to change your address; until then nothing changes.`,
    detail: 'Nothing there? Check the spam folder and the address you typed.',
    action: home(app)
  })
}
