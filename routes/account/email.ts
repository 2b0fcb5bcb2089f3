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
import { checkCurrentPassword, findLocalAccount, type LocalAccount } from './password-account.ts'
import { askForFactor, lacksFactor } from './second-factors/ask.ts'

type Options = Pick<Config, 'allowedEmails'>
const MAX_SHOWN_CHARACTERS = 254

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
    // The mailbox can end lost second factors.
    if (await lacksFactor(app, request, user)) return askForFactor(app, request, reply, user, paths.accountEmail)
    const form = formParameters(request)
    const own = await findLocalAccount(app, user, form.get('backend'))
    const typed = form.need('email')
    const password = form.need('password')
    const page = { ...describe(app, own, form.need('token')), next: typed.slice(0, MAX_SHOWN_CHARACTERS) }
    const refuse = (field: 'email' | 'password', problem: Text, statusCode: number) =>
      reply.page('address', { ...page, error: { field, message: request.words.say(problem) } }, statusCode)

    const read = readAddress(own, typed, allowedEmails)
    if ('problem' in read) return refuse('email', request.words.say(read.problem), 400)
    const to = read.email
    if (!(await checkCurrentPassword(app, request, user, own, password))) return refuse('password', { key: 'account.wrongPassword' }, 401)
    if (app.mail.isOn) return sendLink(app, request, reply, user, own, to)
    const isChanged = await app.accounts.changeAddress(request, reply, { user, account: own, to, verified: false })
    if (!isChanged) return refuse('email', { key: 'account.takenAddress' }, 409)
    const { text } = request.words
    return reply.page('message', {
      title: text('account.addressChanged'),
      text: text('account.addressChangedText', { email: to }),
      action: { label: text('account.toAccount'), href: paths.account }
    })
  })
}

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
  if (read.email === account.email) return { problem: { key: 'account.sameAddress' } }
  return isAllowed(allowedEmails, read) ? read : { problem: { key: 'account.refusedAddress' } }
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
  const { text } = request.words
  return reply.page('message', {
    title: text('account.checkEmail'),
    text: text('account.linkSent', { email: to }),
    detail: [text('account.notArrived')],
    action: { label: text('account.toAccount'), href: app.paths.account }
  })
}
