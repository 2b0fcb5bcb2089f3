// Where every sign-in ends, by whatever way it came: the person gets a session, once they have shown the second factor that
// they need (NIST SP 800-63B-4 §2.2; threat FS-01). No other file opens one.
// Tested in test/routes/login-factor.test.ts and test/plugins/sign-in/entry.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { signInExpired } from '../../errors.ts'
import type { AccountLifecycle } from '../accounts/lifecycle.ts'
import { sendSignInMethodAdded } from '../accounts/messages.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Admissions } from './admission.ts'
import type { Interaction, Pending, User } from './contract.ts'
import type { Cookies } from './cookies.ts'
import type { Interactions, Parked } from './interactions.ts'
import type { BrowserSessions, SessionOpening } from './sessions.ts'

/** A person whom a backend or a passkey has named, and who may sign in. */
export interface Admitted {
  user: User
  backend: string
  /** Of the service behind the backend. */
  session?: string | undefined
  /** Seconds since the epoch; see `BrowserSession.provenAt`. */
  provenAt?: number | undefined
  /** How they came, see ways.ts. */
  way?: string | undefined
  /** The second factor that this sign-in has shown already. */
  shown: { secondFactor?: boolean | undefined; passkey?: boolean | undefined }
}

export interface Entry {
  /**
   * Consumes the handle.
   * @returns the sign-in in its new session, or waiting for a second factor.
   */
  enter(request: FastifyRequest, reply: FastifyReply, handle: string, admitted: Admitted): Promise<Parked>
  /**
   * Consumes the handle of somebody who has just shown their second factor, or set one up. For factor-step.ts alone.
   * @throws sign_in_expired as {@link Entry.findWaiting} does.
   */
  finish(request: FastifyRequest, reply: FastifyReply, handle: string): Promise<Parked>
  /**
   * @throws sign_in_expired when nobody waits, or whoever does may not sign in any more.
   */
  findWaiting(request: FastifyRequest, handle: string | undefined): Promise<Waiting>
  /** A sign-in method has become a person's: recorded, and told them by mail. */
  noteAdded(request: FastifyRequest, user: User, backend: string): void
}

/** A sign-in that waits for a second factor. */
export interface Waiting {
  user: User
  pending: Pending
  interaction: Interaction
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'mail' | 'issuer' | 'identity' | 'now' | 'secondFactors'>
  backends: ReadonlyMap<string, AuthBackend>
  lifecycle: Pick<AccountLifecycle, 'find' | 'mayHoldTokens'>
  cookies: Pick<Cookies, 'rememberWay'>
  admissions: Pick<Admissions, 'join'>
  upstream: Pick<UpstreamSessions, 'end'>
  interactions: Pick<Interactions, 'find' | 'advance' | 'consume'>
  sessions: Pick<BrowserSessions, 'open' | 'user' | 'regenerate'>
}

export function createEntry (deps: Deps): Entry {
  const { app, backends, interactions } = deps
  const noteAdded: Entry['noteAdded'] = (request, user, backend) => {
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendSignInMethodAdded(app, request.words, user, request.words.say(backends.get(backend)!.title))
  }
  const findWaiting: Entry['findWaiting'] = async (request, handle) => {
    const interaction = await interactions.find(request, handle)
    if (!interaction.pending) throw signInExpired()
    return { user: await findPerson(deps, request, interaction.pending), pending: interaction.pending, interaction }
  }
  return {
    noteAdded,
    findWaiting,
    async enter (request, reply, handle, { shown, ...admitted }) {
      const needs = await app.secondFactors.neededAfter(admitted.user, admitted.backend, shown)
      if (needs !== 'nothing') return wait(deps, request, handle, admitted, needs)
      // A service vouches for what was shown there, minutes ago perhaps (threat FL-03).
      const factorAt = admitted.provenAt ?? app.now()
      const factor = (shown.secondFactor || shown.passkey) && { factorAt, byPasskey: shown.passkey }
      return open(deps, noteAdded, request, reply, handle, { ...admitted, ...factor })
    },
    async finish (request, reply, handle) {
      const { user, pending } = await findWaiting(request, handle)
      const { backend, session, way } = pending
      const proof = { provenAt: app.now(), factorAt: app.now() }
      if (pending.needs !== 'step-up') return open(deps, noteAdded, request, reply, handle, { user, backend, session, way, ...proof })
      const { pending: _, ...interaction } = await interactions.consume(request, handle)
      await deps.sessions.regenerate(request, reply, proof)
      return { handle, interaction }
    }
  }
}

/** What a session is opened with, and what is remembered of how the person came. */
type Opening = Omit<Admitted, 'shown'> & Pick<SessionOpening, 'factorAt' | 'byPasskey'>

/**
 * Nothing that was shown so far opens anything: it waits, sealed, for the second factor.
 */
const wait = (
  { interactions }: Deps,
  request: FastifyRequest,
  handle: string,
  { user, backend, session, provenAt, way }: Opening,
  needs: Pending['needs']
): Promise<Parked> =>
  interactions.advance(request, handle, ({ step: _, failure: __, ...rest }) => ({
    ...rest,
    pending: {
      userId: user.id,
      backend,
      epoch: user.sessionEpoch ?? 0,
      needs,
      tries: 0,
      ...(session !== undefined && { session }),
      ...(provenAt !== undefined && { provenAt }),
      ...(way !== undefined && { way })
    }
  }))

/** Read again, as they are now. @throws sign_in_expired */
async function findPerson (
  { lifecycle, backends, sessions }: Deps,
  request: FastifyRequest,
  { userId, backend, epoch, needs }: Pending
): Promise<User> {
  const user = await lifecycle.find(userId)
  const mayEnter = backends.has(backend) && (await lifecycle.mayHoldTokens(userId, backend))
  if (!user || !mayEnter || (user.sessionEpoch ?? 0) !== epoch) throw signInExpired()
  if (needs === 'step-up' && (await sessions.user(request))?.id !== userId) throw signInExpired()
  return user
}

async function open (
  { admissions, cookies, interactions, sessions, upstream }: Deps,
  noteAdded: Entry['noteAdded'],
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  { way, ...opening }: Opening
): Promise<Parked> {
  const interaction = await interactions.find(request, handle)
  const added = await admissions.join(opening.user, interaction)
  if (added !== undefined) noteAdded(request, opening.user, added)
  const parked = await sessions.open(request, reply, handle, opening)
  if (way !== undefined) cookies.rememberWay(reply, way)
  // Whatever became of a method that was shown before, the session is that of this one: the
  // other's is no one's.
  const { proof } = interaction
  if (proof?.identity.session !== undefined) await upstream.end(proof.backend, proof.identity.session)
  return parked
}
