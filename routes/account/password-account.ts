// The account with a password that a person keeps on this server: found through their identity, its password looked at
// with the care of a sign-in.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PasswordAccount, PasswordAccounts } from '../../auth-backends/contract.ts'
import { invalidRequest } from '../../errors.ts'
import type { User } from '../../plugins/sign-in/contract.ts'

/** An account, and the backend that keeps it. */
export interface LocalAccount {
  backend: string
  title: string
  accounts: PasswordAccounts
  account: PasswordAccount
}

/** What the person has of it: usually one, or none. */
export async function localAccountsOf (app: FastifyInstance, { identities }: User): Promise<LocalAccount[]> {
  const found = identities.map(async ({ backend, subject }): Promise<LocalAccount[]> => {
    const { title, accounts } = app.signIn.backends.get(backend) ?? {}
    const account = await accounts?.findBySubject(subject)
    return account ? [{ backend, title: title!, accounts: accounts!, account }] : []
  })
  return (await Promise.all(found)).flat()
}

/**
 * @param backend as the form or the link names it; undefined for the first.
 * @throws invalid_request when the person has no such account.
 */
export async function localAccountOf (
  app: FastifyInstance,
  user: User,
  backend: string | undefined
): Promise<LocalAccount> {
  const kept = (await localAccountsOf(app, user)).find((one) => backend === undefined || one.backend === backend)
  if (!kept) throw invalidRequest('You sign in with another service. Your password and address are changed there.')
  return kept
}

/**
 * Does what needs the present password, as slowly as a sign-in where it failed lately, and counts a wrong one as one
 * does: whoever has
 * stolen a session must not guess the password from many addresses, nor with many tries at once.
 * @param attempt answers false for a wrong password. @throws too_many_requests
 */
export async function withPassword (
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  { backend, account }: LocalAccount,
  attempt: () => Promise<boolean>
): Promise<boolean> {
  await app.limits.attempt('sign-in', request)
  const name = `${backend} ${account.email}`
  return app.limits.oneAtATime(request, user.id, async () => {
    await app.limits.slowDown(request, name)
    if (await attempt()) return true
    app.audit.record(request, 'sign_in_failed', {
      user: user.id,
      backend,
      account: app.audit.hash(name),
      reason: 'present password'
    })
    await app.limits.noteFailure(request, name)
    return false
  })
}

export const WRONG_PASSWORD = 'This is not your present password. Nothing was changed.'

type Changed = Pick<LocalAccount, 'backend' | 'accounts' | 'account'>

/**
 * Every session of the person ends but the one of this browser, if it is theirs.
 * @returns false, with nothing changed, when the address is taken.
 */
export async function changeAddress (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  { backend, accounts, account }: Changed,
  { to, verified }: { to: string; verified: boolean }
): Promise<boolean> {
  const from = account.email
  const isHere = (await app.signIn.sessions.user(request))?.id === user.id
  if (!(await accounts.changeEmail(account, { to, verified }))) return false
  await app.signIn.lifecycle.changeAddress(user.id, { from, to, verified })
  if (isHere) await app.signIn.sessions.signOutOthers(request, reply, user.id)
  else await app.signIn.lifecycle.signOutEverywhere(user.id)
  app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'address' })
  return true
}
