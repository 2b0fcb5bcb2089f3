// What is stored of people and of their sign-ins: who a person is here, what they came for, and which browser it is.
// Tested in test/plugins/sign-in/handles.test.ts.
import type { Email, SignedIn } from '../../auth-backends/contract.ts'
import type { Language, Text } from '../../languages/index.ts'
import type { SignInIntent } from './intent.ts'

/** Who a person is to a backend. */
export interface IdentityKey {
  backend: string
  subject: string
}

/** A sign-in method of a person, with what its backend last said of them. */
export interface LinkedIdentity extends IdentityKey {
  email?: Email
  emailVerified?: boolean
  name?: string
  groups?: string[]
}

/** A person of this server. The id never changes. */
export interface User {
  id: string
  /** An identity leads to this record only while it is listed here. */
  identities: LinkedIdentity[]
  /** Name of the backend of the last sign-in, as in AUTH_BACKEND. */
  backend: string
  email?: Email
  emailVerified?: boolean
  name?: string
  /** That the operator put them in. Those that a sign-in method names are with it. */
  groups?: string[]
  /** Seconds since the epoch. */
  createdAt: number
  lastSignInAt: number
  /**
   * Seconds since the epoch: a temporary account, such as a demo's, stops working then and is deleted.
   */
  endsAt?: number
  /** An owner has made them one as well; those of OWNER_EMAIL are owners without it. */
  isOwner?: true
  /**
   * No one can sign in to it, and no token of it works, until the operator unlocks it.
   */
  locked?: true
  /**
   * Raised by everything that ends all browser sessions: sessions, links and steps of an earlier epoch are void.
   */
  sessionEpoch?: number
}

/** Whether a temporary account has expired. */
export const isExpired = ({ endsAt }: User, now: number): boolean => endsAt !== undefined && endsAt <= now

/** Whether somebody may still do anything here: known, not locked, and not of a temporary account that has expired. */
export const isActive = (user: User | undefined, now: number): user is User =>
  user !== undefined && !user.locked && !isExpired(user, now)

/** A signed-in browser. Stored under the hash of its cookie. */
export interface BrowserSession {
  userId: string
  backend: string
  /** Seconds since the epoch. */
  signedInAt: number
  /**
   * Seconds since the epoch: when the person last proved who they are, at the sign-in or afterwards. Absent when
   * the sign-in is no proof, see freshness.ts.
   */
  provenAt?: number
  /**
   * Seconds since the epoch: when they last showed a second factor, here or at the backend's
   * service.
   */
  factorAt?: number
  /** {@link User.sessionEpoch} at the sign-in. */
  epoch: number
  /** Id of the session at the backend's service that came with the sign-in. */
  backendSession?: string
}

/**
 * A sign-in under way, parked while the person goes through the pages. Always sealed as a whole: an address, a PKCE
 * verifier or a token may be in it.
 */
export interface Interaction {
  intent: SignInIntent
  /**
   * Hash of the cookie of the browser that began it: no other browser can continue it.
   */
  browser: string
  /**
   * Hash of the session cookie, once the person has signed in for it: consent counts only from
   * that session.
   */
  session?: string
  /** What the person has done so far, where a sign-in takes several steps. */
  step?: Step
  /**
   * A sign-in that succeeded, and that the person must still join to an account or keep
   * separate from it.
   */
  proof?: Proof
  /**
   * A person who was admitted, and who must still show a second factor or set one up.
   */
  pending?: Pending
  /**
   * Seconds since the epoch: since when {@link proof} or {@link pending} waits, or a sign-in method is being added. What was
   * shown before that counts for a while, however many pages it is carried through (threat FS-10).
   */
  waitingSince?: number
  /** Why the last try failed, for the page that is shown next. */
  failure?: Failure
  /** The invitation the person came with. */
  invite?: string
  /** That the app asked for (`ui_locales`); what the browser says, if absent. */
  language?: Language
}

/** Everything that opens the session, once the second factor has been shown. */
export interface Pending {
  userId: string
  backend: string
  /**
   * {@link User.sessionEpoch} when they were admitted: what ends all sessions ends this too.
   */
  epoch: number
  /** How they came, see ways.ts. */
  way?: string
  /** Of the service behind the backend. */
  session?: string
  /** See {@link BrowserSession.provenAt}. */
  provenAt?: number
  /**
   * `enrol`: there is none yet, and MFA requires one. `step-up`: they are signed in, and show
   * one once more.
   */
  needs: 'verify' | 'enrol' | 'step-up'
  tries: number
}

/** `account` is what failures are counted by, in any spelling; `way` see ways.ts. */
export type Step = { backend: string; way?: string } & (
  | { kind: 'redirect'; continuation: string }
  | { kind: 'email code'; email: string; prompt: Text; tries: number; account: string }
  | { kind: 'factor'; continuation: string; prompt: Text; tries: number; account: string }
)

export interface Proof {
  backend: string
  identity: SignedIn
  /** Whose address it has, or who adds it. */
  userId: string
  /** See {@link BrowserSession.provenAt}. */
  provenAt?: number
  /** The person says that the account is theirs, and signs in to it next. */
  isJoining?: true
}

/** Shown beside the sign-in method that it concerns. */
export interface Failure {
  backend: string
  message: Text
  statusCode: 401 | 403 | 409 | 503
  /** Seconds; for 503. */
  retryAfter?: number
}
