// What a page says to a person who came by an invitation: who invites them, and for which address it is.
// Tested in test/routes/signup.test.ts.
import type { FastifyInstance } from 'fastify'
import { displayName } from '../accounts/user-record.ts'
import { OPERATOR } from './contract.ts'

/** `by` is absent for the operator, and where the inviter is not here any more. */
export interface Invited {
  by?: string
  email?: string
}

type App = Pick<FastifyInstance, 'signIn'>

/** @returns undefined for one that is not open, and for that of the first account. */
export async function describeInvited (app: App, secret: string | undefined): Promise<Invited | undefined> {
  const invitation = await app.signIn.invitations.find(secret)
  if (!invitation) return undefined
  const by = await nameOfInviter(app, invitation.by)
  return {
    ...(by !== undefined && { by }),
    ...(invitation.email !== undefined && { email: invitation.email })
  }
}

/** @returns undefined for the operator, and for an owner who is not here any more. */
export async function nameOfInviter ({ signIn }: App, by: string): Promise<string | undefined> {
  const owner = by === OPERATOR.by ? undefined : await signIn.lifecycle.find(by)
  return owner && displayName(owner)
}
