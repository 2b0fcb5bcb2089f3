// The state of a sign-in between two requests: who a person is here, what they came for, and which browser it is.
import type { SignedIn } from '../../auth-backends/contract.ts'
import type { SignInIntent } from './intent.ts'

/** Who a person is to a backend. */
export interface IdentityKey {
  backend: string
  subject: string
}

/** A way to sign in that leads to a person, with what its backend last said of them. */
export interface LinkedIdentity extends IdentityKey {
  email?: string
  emailVerified?: boolean
  name?: string
}

/** A person of this server. The id never changes. */
export interface User {
  id: string
  /** What leads to this record: an identity that is not listed leads to nobody. */
  identities: LinkedIdentity[]
  /** Name of the backend in AUTH_BACKEND. */
  backend: string
  email?: string
  emailVerified?: boolean
  name?: string
  /** Seconds since the epoch. */
  createdAt: number
  lastSignInAt: number
  /**
   * Seconds since the epoch: from then on nobody is signed in to it, and it is deleted. For accounts of a while, such
   * as a demo's.
   */
  endsAt?: number
  /** Nobody signs in to it, and no token of it works, until the operator unlocks it. */
  locked?: true
  /**
   * Raised by whatever ends every browser session: those of an earlier count are over, and links and steps that were
   * made then are void.
   */
  sessionEpoch?: number
}

/** Whether an account of a while has had its time. */
export const isExpired = ({ endsAt }: User, now: number): boolean => endsAt !== undefined && endsAt <= now

/** A signed-in browser. Stored under the hash of its cookie. */
export interface BrowserSession {
  userId: string
  backend: string
  /** Seconds since the epoch. */
  signedInAt: number
  /** Seconds since the epoch: when the person last showed who they are, at the sign-in or afterwards. */
  provenAt?: number
  /** {@link User.sessionEpoch} at the sign-in. */
  epoch: number
  /** Id of the session at the backend's service that came with the sign-in. */
  backendSession?: string
}

/**
 * A sign-in under way, parked while the person deals with the pages. Sealed as a whole, wherever it is: an address, a
 * PKCE verifier or a token may be in it.
 */
export interface Interaction {
  intent: SignInIntent
  /** Hash of the cookie of the browser that began it: no other browser can go on with it. */
  browser: string
  /** Hash of the session cookie, once the person has signed in for it: consent counts only from that session. */
  session?: string
  /** What the person has done so far, where a sign-in takes several steps. */
  step?: Step
  /**
   * A sign-in that is right, and waits for the person to show that they are also the one who has its verified address
   * here.
   */
  proof?: Proof
  /** Why the last try came to nothing, for the page that is shown next. */
  failure?: Failure
  /** The invitation the person came with. */
  invite?: string
}

/** `account` is what failures are counted by. */
export type Step =
  | { kind: 'redirect'; backend: string; continuation: string }
  | { kind: 'email code'; backend: string; email: string; prompt: string; tries: number; account: string }
  | { kind: 'factor'; backend: string; continuation: string; prompt: string; tries: number; account: string }

export interface Proof {
  backend: string
  identity: SignedIn
  /** Whose address it has. */
  userId: string
}

/** Shown beside the way in that it concerns. */
export interface Failure {
  backend: string
  message: string
  statusCode: 401 | 403 | 409 | 503
  /** Seconds; for 503. */
  retryAfter?: number
}
