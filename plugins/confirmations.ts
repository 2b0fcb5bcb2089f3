// What is sent when somebody makes an account: a link to confirm it; or, where there is one already, a word to its owner. Nobody waits for it, so nobody can time it (threat LG-15).
import type { FastifyInstance } from 'fastify'
import type { OwnAccounts } from '../auth-backends/contract.ts'

/** @param confirmUrl makes the link of a secret. @param forgotUrl where a new password is asked for. */
export async function sendConfirmation (app: Pick<FastifyInstance, 'accountLinks' | 'mail' | 'issuer'>, backend: string, accounts: OwnAccounts, email: string, { confirmUrl, forgotUrl }: { confirmUrl (secret: string): string, forgotUrl: string }): Promise<void> {
  const account = await accounts.find(email)
  if (!account) return
  if (account.verified) {
    app.mail.send({
      to: account.email,
      subject: 'You have an account already',
      text: `Somebody, most likely you, tried to make an account at ${app.issuer} with this address. There is one already.\n\nSign in with its password, or choose a new one:\n${forgotUrl}\n\nIf it was not you, do nothing.\n`
    })
    return
  }
  const secret = await app.accountLinks.issue({ purpose: 'confirm', backend, subject: account.subject, email: account.email })
  app.mail.send({
    to: account.email,
    subject: 'Confirm your address',
    text: `Somebody, most likely you, made an account at ${app.issuer} with this address.\n\nOpen this link within 30 minutes to confirm it:\n${confirmUrl(secret)}\n\nIf it was not you, do nothing: nobody can use the account then.\n`
  })
}
