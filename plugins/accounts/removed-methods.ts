// What follows the removal of sign-in methods, from either place: the account page, or the link of a new
// password (OWASP ASVS 6.3.7).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Words } from '../../languages/index.ts'
import type { LinkedIdentity, User } from '../sign-in/contract.ts'
import { organizationOf } from './organizations.ts'
import { sendSignInMethodsRemoved } from './messages.ts'

/** For example `Example: ann@example.com`, in the words of the reader. */
export function describeIdentity (
  words: Words,
  { backend, email, name }: { backend: string; email?: string; name?: string },
  backends: ReadonlyMap<string, AuthBackend>
): string {
  const method = titleOf(words, backend, backends)
  const who = email ?? name
  return who === undefined ? method : words.text('account.identity', { method, who })
}

/** What a way in is called. @param backend as in {@link IdentityKey.backend}. */
export function titleOf (words: Words, backend: string, backends: ReadonlyMap<string, AuthBackend>): string {
  const host = organizationOf(backend)
  if (host !== undefined) return words.text('account.organization', { host })
  const title = backends.get(backend)?.title
  return title === undefined ? words.text('account.unusedMethod', { method: backend }) : words.say(title)
}

/** Records removed methods and notifies the owner. @param user as they were before. */
export function noteRemovedMethods (
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  removed: LinkedIdentity[]
): void {
  for (const { backend } of removed) {
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way removed' })
  }
  sendSignInMethodsRemoved(
    app,
    request.words,
    user,
    removed.map((identity) => describeIdentity(request.words, identity, app.signIn.backends))
  )
}
