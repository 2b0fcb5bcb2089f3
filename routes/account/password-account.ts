// The account with a password that a person has on this server: found through their identity; its password is checked
// as carefully as at a sign-in.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PasswordAccount, PasswordAccounts } from '../../auth-backends/contract.ts'
import { invalidRequest } from '../../errors.ts'
import { english } from '../../languages/index.ts'
import type { User } from '../../plugins/sign-in/contract.ts'

/** An account, and the backend that stores it. */
export interface LocalAccount {
  backend: string
  title: string
  accounts: PasswordAccounts
  account: PasswordAccount
}

/** @returns usually one, or none. */
export async function findLocalAccounts (app: FastifyInstance, { identities }: User): Promise<LocalAccount[]> {
  const found = identities.map(async ({ backend, subject }): Promise<LocalAccount[]> => {
    const { title, accounts } = app.signIn.backends.get(backend) ?? {}
    const account = await accounts?.findBySubject(subject)
    return account ? [{ backend, title: english.say(title!), accounts: accounts!, account }] : []
  })
  return (await Promise.all(found)).flat()
}

/**
 * @param backend as the form or the link names it; undefined for the first.
 * @throws invalid_request when the person has no such account.
 */
export async function findLocalAccount (
  app: FastifyInstance,
  user: User,
  backend: string | undefined
): Promise<LocalAccount> {
  const found = (await findLocalAccounts(app, user)).find((one) => backend === undefined || one.backend === backend)
  if (!found) throw invalidRequest({ key: 'account.otherService' })
  return found
}

/**
 * Checks the current password. After failures it is as slow as a sign-in, and a wrong one counts as a failed sign-in:
 * with a stolen session the password must not be guessed from many addresses, nor with many tries at once.
 * @throws too_many_requests
 */
export async function checkCurrentPassword (
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  { backend, account, accounts }: LocalAccount,
  password: string
): Promise<boolean> {
  await app.limits.attempt('sign-in', request)
  const name = `${backend} ${account.email}`
  return app.limits.oneAtATime(request, user.id, async () => {
    await app.limits.slowDown(request, name)
    if (await app.limits.passwordWork(request, () => accounts.checkPassword(account.subject, password))) return true
    const details = { user: user.id, backend, account: app.audit.hash(name), reason: 'present password' }
    app.audit.record(request, 'sign_in_failed', details)
    await app.limits.noteFailure(request, name)
    return false
  })
}
