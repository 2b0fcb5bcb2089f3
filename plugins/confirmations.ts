// What is sent when somebody makes an account, or changes its address or password: a link to confirm it, a notice, or, where there is an account already, a word to its owner. Nobody waits for it, so nobody can time it (threat LG-15).
import type { FastifyInstance } from 'fastify'
import type { OwnAccount, OwnAccounts } from '../auth-backends/contract.ts'

type House = Pick<FastifyInstance, 'accountLinks' | 'mail' | 'issuer'>

/** @param confirmUrl @param resetUrl make the link of a secret. @param forgotUrl where a new password is asked for. */
export async function sendConfirmation (app: House, backend: string, accounts: OwnAccounts, email: string, { confirmUrl, resetUrl, forgotUrl }: { confirmUrl (secret: string): string, resetUrl (secret: string): string, forgotUrl: string }): Promise<void> {
  const account = await accounts.find(email)
  if (!account) return
  if (account.verified) {
    tellOwner(app, account.email, 'make an account', forgotUrl)
    return
  }
  if (account.contested) {
    const secret = await app.accountLinks.issue({ purpose: 'reset', backend, subject: account.subject, email: account.email })
    app.mail.send({
      to: account.email,
      subject: 'Choose the password of your account',
      text: `Somebody, most likely you, made an account at ${app.issuer} with this address, and not for the first time.\n\nOpen this link within 30 minutes to choose its password; those that were typed before do not count:\n${resetUrl(secret)}\n\nIf it was not you, do nothing: nobody can use the account then.\n`
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

/** The same is done, and sent to `account`, whether or not the new address is taken. @param change.epoch of the person's sessions: the link is void once they have signed out everywhere. */
export async function sendAddressChange (app: House, backend: string, accounts: OwnAccounts, { account, to, epoch, changeUrl, forgotUrl }: { account: OwnAccount, to: string, epoch: number, changeUrl (secret: string): string, forgotUrl: string }): Promise<void> {
  app.mail.send({
    to: account.email,
    subject: 'Your address is about to be changed',
    text: `Somebody, most likely you, asked to change the address of your account at ${app.issuer}. It changes once the link is opened that was sent to the new address.\n\nIf it was not you, choose a new password now. That stops it, and signs out everybody else:\n${forgotUrl}\n`
  })
  if (await accounts.find(to)) {
    tellOwner(app, to, 'use', forgotUrl)
    return
  }
  const secret = await app.accountLinks.issue({ purpose: 'change', backend, subject: account.subject, email: to, while: { email: account.email, epoch } })
  app.mail.send({
    to,
    subject: 'Confirm your new address',
    text: `Somebody, most likely you, asked to use this address for an account at ${app.issuer}.\n\nOpen this link within 30 minutes to change it:\n${changeUrl(secret)}\n\nIf it was not you, do nothing: nothing changes then.\n`
  })
}

/** OWASP ASVS 6.3.7: whoever did not do it themselves learns of it. */
export function sendPasswordChanged (app: House, email: string, forgotUrl: string): void {
  app.mail.send({
    to: email,
    subject: 'Your password was changed',
    text: `The password of your account at ${app.issuer} was changed, and every other browser was signed out.\n\nIf it was not you, choose a new one now:\n${forgotUrl}\n`
  })
}

function tellOwner (app: House, email: string, tried: 'make an account' | 'use', forgotUrl: string): void {
  const what = tried === 'use' ? 'use this address for another account at' : 'make an account with this address at'
  app.mail.send({
    to: email,
    subject: 'You have an account already',
    text: `Somebody, most likely you, tried to ${what} ${app.issuer}. There is one already.\n\nSign in with its password, or choose a new one:\n${forgotUrl}\n\nIf it was not you, do nothing.\n`
  })
}
