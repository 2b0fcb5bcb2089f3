// Accounts: the people of this server and how each of them signs in. This room owns the records of people (users,
// identities, verified-emails, expiry), local accounts with a password (local-accounts, account-records), invitations,
// the links and messages that go to mailboxes, and what can be done with an account. Who may sign in, and the sessions,
// are in ../sign-in, which builds the parts of this room that it needs; this plugin adds what takes several of them.
// Tested in test/cli/users.test.ts and test/routes/.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { createChangeAddress, type ChangeAddress } from './change-address.ts'
import { createForgotPassword, type ForgotPassword } from './forgot-password.ts'
import { createInTurn, type InTurn } from './in-turn.ts'
import type { MessageUrls } from './messages.ts'
import { createResetPassword, type ResetPassword } from './reset-password.ts'
import { createSignUp, type SignUpAccount } from './sign-up.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: AccountActions
  }
}

export interface AccountActions {
  signUp: SignUpAccount
  forgotPassword: ForgotPassword
  resetPassword: ResetPassword
  changeAddress: ChangeAddress
  /** For the page on which a person changes their password. */
  changingPassword: InTurn
  /** For the operator to hand over. @returns the URL, or undefined when no account has this address. */
  issueResetLink(address: string): Promise<string | undefined>
  /** For messages to people. */
  urls: MessageUrls
}

export default fp(
  async function accounts (
    app: FastifyInstance,
    { urls, ...config }: Pick<Config, 'signup' | 'allowedEmails'> & { urls: MessageUrls }
  ) {
    app.decorate('accounts', {
      signUp: createSignUp(app, config, urls),
      forgotPassword: createForgotPassword(app, urls),
      resetPassword: createResetPassword(app, urls),
      changeAddress: createChangeAddress(app),
      changingPassword: createInTurn(app.storage.collection('passwordChange')),
      async issueResetLink (address) {
        for (const [backend, { accounts }] of app.signIn.backends) {
          const account = await accounts?.find(parseEmail(address))
          if (!account) continue
          return urls.reset(await app.accountLinks.issue({ purpose: 'reset', backend, account, by: 'operator' }))
        }
        return undefined
      },
      urls
    } satisfies AccountActions)
  },
  { name: 'accounts', dependencies: ['account-links', 'mail', 'sign-in'] }
)
