// What follows the removal of sign-in methods, from either place: the account page, or the link of a new
// password (OWASP ASVS 6.3.7).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { english } from '../../languages/index.ts'
import type { LinkedIdentity, User } from '../sign-in/contract.ts'
import { organizationTitle } from './organizations.ts'
import { sendSignInMethodsRemoved } from './messages.ts'

/** For example `Example: ann@example.com`. */
export function describeIdentity (
  { backend, email, name }: { backend: string; email?: string; name?: string },
  backends: ReadonlyMap<string, AuthBackend>
): string {
  const named = backends.get(backend)?.title
  const title = organizationTitle(backend) ?? (named && english.say(named)) ?? `${backend} (not in use)`
  const who = email ?? name
  return who === undefined ? title : `${title}: ${who}`
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
    removed.map((identity) => describeIdentity(identity, app.signIn.backends))
  )
}
