// Signing in by a passkey alone: it says who the person is, and is two factors by itself (Web Authentication §7.2, step 6).
// Only where this server holds the account: who has theirs elsewhere may have lost it there (threats FS-06, FS-07, FS-09).
// Tested in test/routes/login/passkey.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { invalidRequest, signInExpired } from '../../errors.ts'
import type { Key } from '../../languages/index.ts'
import type { AccountLifecycle } from '../accounts/lifecycle.ts'
import { findOwnAccount } from '../accounts/own-account.ts'
import type { Users } from '../accounts/users.ts'
import type { Answer } from '../second-factors/contract.ts'
import type { SignInResult } from './complete.ts'
import type { Entry } from './entry.ts'
import { attemptOf } from './intent.ts'
import type { Interactions } from './interactions.ts'
import { PASSKEY } from './ways.ts'

export interface PasskeySignIn {
  /** Whether somebody may sign in that way here. */
  isOffered(): boolean
  /**
   * The handle of a failure is not consumed.
   * @throws invalid_request where it is not offered, or a sign-in method is being added.
   */
  submit(request: FastifyRequest, reply: FastifyReply, handle: string, answer: Answer): Promise<SignInResult>
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'limits' | 'mail' | 'now' | 'secondFactors'>
  backends: ReadonlyMap<string, AuthBackend>
  users: Pick<Users, 'find' | 'change'>
  lifecycle: Pick<AccountLifecycle, 'mayHoldTokens'>
  interactions: Pick<Interactions, 'find'>
  entry: Pick<Entry, 'enter'>
}

export function createPasskeySignIn (deps: Deps): PasskeySignIn {
  const { app, backends, users, interactions, entry } = deps
  const isOffered = () => {
    const { policy, takesPasskeys } = app.secondFactors
    return policy !== 'off' && takesPasskeys && [...backends.values()].some(({ accounts }) => accounts)
  }
  return {
    isOffered,
    async submit (request, reply, handle, answer) {
      const { browser, intent } = await interactions.find(request, handle)
      if (!isOffered() || intent.kind === 'link') throw invalidRequest({ key: 'sign-in.noMethod' })
      await app.limits.attempt('sign-in', request)
      const userId = await app.secondFactors.verifyPasskey(browser, answer)
      const entering = userId === undefined ? undefined : await findEntering(deps, userId)
      if (entering === undefined || 'reason' in entering) {
        const { reason, key, statusCode } = entering ?? { reason: PASSKEY, key: 'sign-in.passkeyWrong' as const, statusCode: 401 as const }
        app.audit.record(request, 'sign_in_failed', { reason, ...attemptOf(intent) })
        return { kind: 'failed', handle, failure: { backend: PASSKEY, message: { key }, statusCode } }
      }
      const { backend } = entering
      const user = await users.change(userId!, (known) => ({ ...known, lastSignInAt: app.now() }))
      // A removal ends the sessions before and after it: it ends this one, or is seen here (threat AC-30).
      if (!user || !(await app.secondFactors.stillHas(user.id, answer))) throw signInExpired()
      const admitted = { user, backend, provenAt: app.now(), way: PASSKEY, shown: { passkey: true } }
      return { kind: 'parked', parked: await entry.enter(request, reply, handle, admitted) }
    }
  }
}

interface KeptOut {
  reason: string
  key: Key
  statusCode: 403
}

/**
 * @returns the backend of the person's account on this server, or why they may not enter by
 * it.
 */
async function findEntering ({ app, users, lifecycle, backends }: Deps, userId: string): Promise<{ backend: string } | KeptOut> {
  const keptOut = (reason: string, key: Key): KeptOut => ({ reason, key, statusCode: 403 })
  const user = await users.find(userId)
  if (!user) return keptOut(PASSKEY, 'sign-in.notAllowed')
  if (user.locked) return keptOut('access_denied', 'problems.locked')
  const own = await findOwnAccount(backends, user)
  if (!own) return keptOut('no account here', 'sign-in.passkeyKeptOut')
  const { backend, account } = own
  // As by the password: it may be the address of somebody else.
  if (app.mail.isOn && !account.verified) return keptOut('refused', 'sign-up.unconfirmed')
  return (await lifecycle.mayHoldTokens(userId, backend)) ? { backend } : keptOut('access_denied', 'sign-in.notAllowed')
}
