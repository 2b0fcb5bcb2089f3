// Ways to sign in that a person adds to their account or removes from it: as strongly as a password is changed, only
// after they have shown anew who they are (OWASP ASVS 6.3.7, 7.5.1).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SignedIn } from '../../auth-backends/contract.ts'
import { accessDenied, signInExpired } from '../../errors.ts'
import type { Admissions } from '../sign-in/admission.ts'
import type { BrowserSessions, Visitor } from '../sign-in/sessions.ts'
import type { Interaction, LinkedIdentity, User } from '../sign-in/contract.ts'
import type { SignInIntent } from '../sign-in/intent.ts'
import type { AccountLifecycle } from './lifecycle.ts'

/** Seconds for which a password or a sign-in that was shown allows such a change. */
export const FRESH_SECONDS = 300

export interface SignInMethods {
  /** Whether the person of this browser has shown lately who they are. */
  isFresh(request: FastifyRequest): Promise<boolean>
  /**
   * The person has just shown their password: the session goes on under a new id.
   * @throws sign_in_expired for nobody.
   */
  prove(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /**
   * Begins to add one: the person signs in with it next.
   * @returns the handle of that sign-in.
   * @throws access_denied where it is not fresh.
   */
  beginAddition(request: FastifyRequest, reply: FastifyReply, path: string): Promise<string>
  /** What the person has signed in with, and may add. @throws sign_in_expired */
  lookAtAddition(
    request: FastifyRequest,
    handle: string | undefined
  ): Promise<{ backend: string; identity: SignedIn; user: User }>
  /**
   * Spends the handle.
   * @returns the person as they were before, or undefined when the identity came to belong to somebody else.
   */
  add(
    request: FastifyRequest,
    handle: string | undefined
  ): Promise<{ backend: string; identity: SignedIn; user: User | undefined }>
  /**
   * See {@link AccountLifecycle.removeSignInMethods}: it ends this session, too, unless the caller lets it go on.
   * @returns what was removed. @throws access_denied where it is not fresh.
   */
  remove(request: FastifyRequest, which: (identity: LinkedIdentity) => boolean): Promise<LinkedIdentity[]>
}

interface Options {
  now(): number
  sessions: Pick<BrowserSessions, 'current' | 'regenerate'>
  admissions: Pick<Admissions, 'add'>
  lifecycle: Pick<AccountLifecycle, 'removeSignInMethods'>
  find(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  consume(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  resume(request: FastifyRequest, reply: FastifyReply, intent: SignInIntent): Promise<string>
  /** Tells a service that the session of a sign-in is over. */
  endSession(backend: string, session: string): Promise<void>
}

export function createSignInMethods ({
  now,
  sessions,
  admissions,
  lifecycle: people,
  find: look,
  consume: take,
  resume,
  endSession
}: Options): SignInMethods {
  const isFresh = ({ signedInAt, provenAt = signedInAt }: Visitor) => now() - provenAt < FRESH_SECONDS

  async function freshVisitor (request: FastifyRequest): Promise<Visitor> {
    const visitor = await sessions.current(request)
    if (!visitor) throw accessDenied('You are not signed in any more. Sign in and try again.')
    if (!isFresh(visitor)) throw accessDenied('Show that it is you first: open the account page and begin there.')
    return visitor
  }

  const lookAtAddition: SignInMethods['lookAtAddition'] = async (request, handle) => {
    const { intent, proof } = await look(request, handle)
    const user = (await sessions.current(request))?.user
    // An intent of this kind was begun by somebody who had shown who they are, in this session, within the life of a
    // handle.
    if (intent.kind !== 'link' || !proof || !user || user.id !== intent.userId || proof.userId !== user.id) { throw signInExpired() }
    return { backend: proof.backend, identity: proof.identity, user }
  }

  return {
    lookAtAddition,
    async isFresh (request) {
      const visitor = await sessions.current(request)
      return visitor !== undefined && isFresh(visitor)
    },
    prove: (request, reply) => sessions.regenerate(request, reply, { provenAt: now() }),
    async beginAddition (request, reply, path) {
      const { user } = await freshVisitor(request)
      return resume(request, reply, { kind: 'link', userId: user.id, path })
    },
    async add (request, handle) {
      const { backend, identity, user } = await lookAtAddition(request, handle)
      await take(request, handle)
      const { session, ...shown } = identity
      // The browser stays signed in as it is.
      if (session !== undefined) await endSession(backend, session)
      return { backend, identity, user: await admissions.add(user.id, backend, shown) }
    },
    async remove (request, which) {
      const { user } = await freshVisitor(request)
      return people.removeSignInMethods(user.id, which)
    }
  }
}
