// The state of a sign-in between two requests: who a person is here, what they came for, and which browser it is.
import type { Errand } from './errand.ts'

/** Who a person is to a backend. */
export interface IdentityKey { backend: string, subject: string }

/** A person of this server. The id never changes. */
export interface User {
  id: string
  /** What leads to this record. */
  identities: IdentityKey[]
  /** Name of the backend in AUTH_BACKEND. */
  backend: string
  email?: string
  emailVerified?: boolean
  name?: string
  /** Seconds since the epoch. */
  createdAt: number
  lastSignInAt: number
  /** Nobody signs in to it, and no token of it works, until the operator unlocks it. */
  locked?: true
  /** Counts how often the person signed out everywhere: browser sessions of an earlier count are over. */
  sessionEpoch?: number
}

/** A signed-in browser. Stored under the hash of its cookie. */
export interface BrowserSession {
  userId: string
  backend: string
  /** Seconds since the epoch. */
  signedInAt: number
  /** {@link User.sessionEpoch} at the sign-in. */
  epoch: number
}

/** A sign-in under way, parked while the person deals with the pages. Stored under the hash of its handle. */
export interface Interaction {
  errand: Errand
  /** Hash of the cookie of the browser that began it: no other browser can go on with it. */
  browser: string
  /** Hash of the session cookie, once the person has signed in for it: consent counts only from that session. */
  session?: string
}
