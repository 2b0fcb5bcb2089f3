// Sign-in methods that a person adds to their account or removes from it: as strictly as a password is changed, only
// with fresh proof of who they are (OWASP ASVS 6.3.7, 7.5.1; threat AW-01).
// Tested in test/routes/account/add-sign-in-method.test.ts.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SignedIn } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { accessDenied, signInExpired } from '../../errors.ts'
import type { SecondFactors } from '../second-factors/contract.ts'
import type { Admissions } from '../sign-in/admission.ts'
import type { LinkedIdentity, User } from '../sign-in/contract.ts'
import { isFresh } from '../sign-in/freshness.ts'
import type { SignInIntent } from '../sign-in/intent.ts'
import type { Interactions } from '../sign-in/interactions.ts'
import type { BrowserSessions, Visitor } from '../sign-in/sessions.ts'
import type { AccountLifecycle } from './lifecycle.ts'

/** An identity that the person has signed in with, and may add. */
export interface Addition {
  backend: string
  identity: SignedIn
  user: User
}

export interface SignInMethods {
  /**
   * Whether the person of this browser has proved lately who they are: whoever has a second factor, by that. Otherwise a
   * stolen session with the password could add a method that vouches for one (threat FL-01).
   */
  isFresh(request: FastifyRequest): Promise<boolean>
  /**
   * The person has just shown their password: the session continues under a new id.
   * @throws sign_in_expired without a session.
   */
  noteProof(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /**
   * Begins to add one: the person signs in with it next.
   * @returns the handle of that sign-in.
   * @throws access_denied without fresh proof.
   */
  beginAddition(request: FastifyRequest, reply: FastifyReply, path: string): Promise<string>
  /** @throws sign_in_expired */
  findAddition(request: FastifyRequest, handle: string | undefined): Promise<Addition>
  /**
   * Consumes the handle.
   * @returns the person as they were before, or undefined when the identity came to belong to another one.
   * @throws sign_in_expired, with nothing added, also where the session ends meanwhile.
   */
  add(
    request: FastifyRequest,
    handle: string | undefined
  ): Promise<Omit<Addition, 'user'> & { user: User | undefined }>
  /**
   * See {@link AccountLifecycle.removeSignInMethods}: it also ends this session, unless the caller continues it.
   * @returns what was removed. @throws access_denied without fresh proof.
   */
  remove(request: FastifyRequest, which: (identity: LinkedIdentity) => boolean): Promise<LinkedIdentity[]>
}

interface Deps {
  now: Clock
  secondFactors: Pick<SecondFactors, 'hasAny'>
  sessions: Pick<BrowserSessions, 'current' | 'regenerate'>
  admissions: Pick<Admissions, 'add'>
  lifecycle: Pick<AccountLifecycle, 'removeSignInMethods'>
  interactions: Pick<Interactions, 'find' | 'consume'>
  resume(request: FastifyRequest, reply: FastifyReply, intent: SignInIntent): Promise<string>
  /** Ends the session of a sign-in at the service behind the backend. */
  endSession(backend: string, session: string): Promise<void>
}

export function createSignInMethods (deps: Deps): SignInMethods {
  const { now, secondFactors, sessions, admissions, lifecycle, interactions, resume, endSession } = deps

  async function isProven ({ user, provenAt, factorAt }: Visitor): Promise<boolean> {
    return isFresh((await secondFactors.hasAny(user.id)) ? factorAt : provenAt, now())
  }

  async function needFreshVisitor (request: FastifyRequest): Promise<Visitor> {
    const visitor = await sessions.current(request)
    if (!visitor) throw accessDenied({ key: 'problems.notSignedIn' })
    if (!(await isProven(visitor))) throw accessDenied({ key: 'problems.proveFirst' })
    return visitor
  }

  async function findAddition (request: FastifyRequest, handle: string | undefined): Promise<Addition> {
    const { intent, proof } = await interactions.find(request, handle)
    const user = (await sessions.current(request))?.user
    // Such an intent was begun with fresh proof, in this session, and waits no longer than half an hour.
    if (intent.kind !== 'link' || !proof || !user) throw signInExpired()
    if (user.id !== intent.userId || proof.userId !== user.id) throw signInExpired()
    return { backend: proof.backend, identity: proof.identity, user }
  }

  return {
    findAddition,
    async isFresh (request) {
      const visitor = await sessions.current(request)
      return visitor !== undefined && isProven(visitor)
    },
    noteProof: (request, reply) => sessions.regenerate(request, reply, { provenAt: now() }),
    async beginAddition (request, reply, path) {
      const { user } = await needFreshVisitor(request)
      return resume(request, reply, { kind: 'link', userId: user.id, path })
    },
    async add (request, handle) {
      const { backend, identity, user } = await findAddition(request, handle)
      await interactions.consume(request, handle)
      const { session, ...shown } = identity
      // The browser stays signed in as it is.
      if (session !== undefined) await endSession(backend, session)
      const isStillSignedIn = async () => (await sessions.current(request))?.user.id === user.id
      return { backend, identity, user: await admissions.add(user.id, backend, shown, isStillSignedIn) }
    },
    async remove (request, which) {
      const { user } = await needFreshVisitor(request)
      return lifecycle.removeSignInMethods(user.id, which, () => needFreshVisitor(request))
    }
  }
}
