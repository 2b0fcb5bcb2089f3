// A new password by a link: it ends every session, and everything else that others may have of the account (OWASP "Forgot
// Password"; threats AC-03, AC-04).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Text } from '../../languages/index.ts'
import type { IdentityKey, LinkedIdentity, User } from '../sign-in/contract.ts'
import type { LiveLink } from './email-links.ts'
import { endKeys, type KeysAfter } from './end-keys.ts'
import { sendPasswordChanged, type MessageUrls } from './messages.ts'
import { noteRemovedMethods } from './removed-methods.ts'

export interface PasswordReset {
  link: LiveLink
  password: string
  /**
   * What the person wants to end as well. All of it ends where no one has ever verified the
   * mailbox, with the second factors.
   */
  endApps: boolean
  endKeys: boolean
  removeOthers: boolean
}

/**
 * `refused`: the password will not do, and the link is still valid. `expired`: the account was
 * changed meanwhile.
 */
export type ResetOutcome =
  | { kind: 'done'; apps: boolean; keys: KeysAfter | undefined; others: boolean }
  | { kind: 'refused'; problem: Text }
  | { kind: 'expired' }

export type ResetPassword = (request: FastifyRequest, reset: PasswordReset) => Promise<ResetOutcome>

export function createResetPassword (app: FastifyInstance, urls: MessageUrls): ResetPassword {
  const choose: ResetPassword = async (request, reset) => {
    const { accounts, account, user, by, email } = reset.link
    const problem = await accounts.passwordProblem(account.email, reset.password)
    if (problem !== undefined) return { kind: 'refused', problem }
    // What others have made of it ends before the link is used up and the mailbox counts as verified: a fault of storage in
    // between would leave it to them. The other methods of whoever has verified it stay until the password is theirs.
    const before = await endOthers(app, request, { ...reset, removeOthers: false })
    const isSet = await accounts.setPassword(account, reset.password, { verified: by === 'mail' })
    if (!isSet) return { kind: 'expired' }
    const after = await endOthers(app, request, reset)
    const removed = [...before.removed, ...after.removed]
    if (user) noteReset(app, request, user, reset.link, removed)
    sendPasswordChanged(app, request.words, { user, mailbox: by === 'mail' ? email : undefined }, urls.forgot)
    return { kind: 'done', apps: after.apps, keys: before.keys ?? after.keys, others: removed.length > 0 }
  }
  return (request, reset) => app.limits.passwordWork(request, () => choose(request, reset))
}

function noteReset (app: FastifyInstance, request: FastifyRequest, user: User, { backend }: LiveLink, removed: LinkedIdentity[]): void {
  app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'password' })
  noteRemovedMethods(app, request, user, removed)
}

/** Whether an identity is not the one of the link's account. */
export const isOtherIdentity = ({ backend, subject }: IdentityKey, link: LiveLink): boolean =>
  backend !== link.backend || subject !== link.account.subject

async function endOthers (
  app: FastifyInstance,
  request: FastifyRequest,
  { link, endApps, endKeys: endsKeys, removeOthers }: PasswordReset
): Promise<{ apps: boolean; keys: KeysAfter | undefined; removed: LinkedIdentity[] }> {
  const { account, user } = link
  const { lifecycle } = app.signIn
  if (!user) return { apps: false, keys: undefined, removed: [] }
  await lifecycle.signOutEverywhere(user.id)
  const apps = !account.verified || endApps
  if (apps) await lifecycle.disconnectApps(user.id)
  const keys = await endKeys(app, request, user.id, !account.verified || endsKeys)
  if (!account.verified) await removeFactors(app, request, user.id)
  const removed =
    !account.verified || removeOthers
      ? await lifecycle.removeSignInMethods(user.id, (identity) => isOtherIdentity(identity, link))
      : []
  return { apps, keys, removed }
}

/**
 * Those of whoever made the account. An owner who has verified the mailbox keeps theirs: it is not to be gone around by
 * the mailbox alone (threat SF-12).
 */
async function removeFactors ({ audit, secondFactors }: FastifyInstance, request: FastifyRequest, userId: string): Promise<void> {
  if (!(await secondFactors.hasAny(userId))) return
  await secondFactors.removeAll(userId)
  audit.record(request, 'factor_removed', { user: userId, reason: 'all' })
}
