// Who a person is to a backend, and how a step of a sign-in ends. Tested in test/auth-backends/contract.ts.

import type { Text } from '../languages/index.ts'

/** A person as a backend knows them. */
export interface Identity {
  /** The backend's own id of the person. It never changes. */
  subject: string
  email?: string
  /**
   * `true` only if the backend itself has proof that the person reads this mailbox; `false` if it knows that there is
   * no proof.
   */
  emailVerified?: boolean
  name?: string
  /**
   * Names of groups that the service says they are in; 500 of 200 characters are kept, the
   * others left out.
   */
  groups?: readonly string[]
  /**
   * For a backend with {@link AuthBackend.accounts}: the generation of the account whose password was given. The server
   * refuses a sign-in with an earlier one.
   */
  generation?: number
}

/** A finished sign-in. */
export interface SignedIn extends Identity {
  /**
   * The service has vouched that the person showed a second factor there just now, so none is
   * asked for here.
   */
  secondFactor?: true
  /**
   * What {@link Sessions} needs to continue for this person, in the backend's own format; it may hold tokens. The server
   * stores it encrypted and does not interpret it.
   */
  session?: string
  /**
   * Of a {@link RedirectSignIn}: seconds between the person's last authentication at the provider and this sign-in, as
   * the provider vouches for it (`auth_time`, OpenID Connect Core §2). Without it the sign-in is no fresh proof: a
   * provider that still has a session of the browser answers without asking anyone.
   */
  authenticationAgeSeconds?: number
}

/**
 * The result of one step of a sign-in. `refused`: the person is who they say and may still not sign in, for this reason.
 * `factor`: everything is right so far, and {@link SecondFactor} is required too. `null`: what was typed is wrong.
 */
export type SignInAnswer = SignedIn | { refused: Text } | { factor: FactorNeeded } | null

export interface FactorNeeded {
  /** For the person, for example `Enter the code from your authenticator app.` */
  prompt: Text
  /**
   * What {@link SecondFactor.verify} needs to continue. The server stores it encrypted; it
   * never reaches the browser.
   */
  continuation: string
  /**
   * Whose factor it is, as {@link Identity.subject}, if that is known by now: wrong codes are counted by it. Otherwise
   * they count by what was typed, and after a redirect, where nothing was, only by address.
   */
  subject?: string
}
