// Where every sign-in ends, by whatever way it came: the person gets a session, once they have shown the second factor that
// they need (NIST SP 800-63B-4 §2.2; threats SG-01..). No other file opens one.
// Tested in test/plugins/sign-in/joining.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { sendSignInMethodAdded } from '../accounts/messages.ts'
import type { UpstreamSessions } from '../upstream-sessions/index.ts'
import type { Admissions } from './admission.ts'
import type { User } from './contract.ts'
import type { Cookies } from './cookies.ts'
import type { Interactions, Parked } from './interactions.ts'
import type { BrowserSessions } from './sessions.ts'

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
  shown: { secondFactor?: boolean | undefined; passkey?: boolean }
}

export interface Entry {
  /**
   * Consumes the handle.
   * @returns the sign-in in its new session, or waiting for a second factor.
   */
  enter(request: FastifyRequest, reply: FastifyReply, handle: string, admitted: Admitted): Promise<Parked>
  /** A sign-in method has become a person's: recorded, and told them by mail. */
  noteAdded(request: FastifyRequest, user: User, backend: string): void
}

interface Deps {
  app: Pick<FastifyInstance, 'audit' | 'mail' | 'issuer' | 'identity'>
  now: Clock
  backends: ReadonlyMap<string, AuthBackend>
  cookies: Pick<Cookies, 'rememberWay'>
  admissions: Pick<Admissions, 'join'>
  upstream: Pick<UpstreamSessions, 'end'>
  interactions: Pick<Interactions, 'find' | 'advance'>
  sessions: Pick<BrowserSessions, 'open'>
}

export function createEntry (deps: Deps): Entry {
  const { app, backends } = deps
  const noteAdded: Entry['noteAdded'] = (request, user, backend) => {
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendSignInMethodAdded(app, request.words, user, backends.get(backend)!.title)
  }
  return {
    noteAdded,
    enter: async (request, reply, handle, admitted) => open(deps, noteAdded, request, reply, handle, admitted)
  }
}

async function open (
  { admissions, cookies, interactions, sessions, upstream }: Deps,
  noteAdded: Entry['noteAdded'],
  request: FastifyRequest,
  reply: FastifyReply,
  handle: string,
  { user, backend, session, provenAt, way }: Admitted
): Promise<Parked> {
  const interaction = await interactions.find(request, handle)
  const added = await admissions.join(user, interaction)
  if (added !== undefined) noteAdded(request, user, added)
  const parked = await sessions.open(request, reply, handle, { user, backend, session, provenAt })
  if (way !== undefined) cookies.rememberWay(reply, way)
  // Whatever became of a method that was shown before, the session is that of this one: the other's is no one's.
  const { proof } = interaction
  if (proof?.identity.session !== undefined) await upstream.end(proof.backend, proof.identity.session)
  return parked
}
