// Another address for a local account: every session of the person ends but the one that asks for it.
// Tested in test/routes/account/email.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Email } from '../../auth-backends/contract.ts'
import type { User } from '../sign-in/contract.ts'
import type { LiveLink } from './email-links.ts'
import { refuseHeld } from './held-address.ts'

export interface NewAddress {
  user: User
  account: Pick<LiveLink, 'backend' | 'accounts' | 'account'>
  to: Email
  verified: boolean
}

/**
 * @returns false, with nothing changed, when the address is taken or the account was changed meanwhile.
 * @throws access_denied for the address of somebody who is not to be gone around by it.
 */
export type ChangeAddress = (request: FastifyRequest, reply: FastifyReply, change: NewAddress) => Promise<boolean>

export function createChangeAddress ({ signIn, audit }: FastifyInstance): ChangeAddress {
  return async (request, reply, { user, account: { backend, accounts, account }, to, verified }) => {
    refuseHeld(await signIn.findHeld({ email: to, emailVerified: verified }, user))
    const from = account.email
    const isHere = (await signIn.sessions.user(request))?.id === user.id
    // Before as well: where storage fails in between, whoever is signed in would go on with the address before. One that was
    // only typed may be taken, and nobody is signed out for it.
    if (verified) await signIn.lifecycle.signOutEverywhere(user.id)
    if (!(await accounts.changeEmail(account, { to, verified }))) return false
    const identity = { backend, subject: account.subject }
    await signIn.lifecycle.changeAddress(user.id, { identity, from, to, verified })
    audit.record(request, 'account_changed', { user: user.id, backend, reason: 'address' })
    if (isHere) await signIn.sessions.signOutOthers(request, reply, user.id, verified ? 1 : 0)
    else await signIn.lifecycle.signOutEverywhere(user.id)
    return true
  }
}
