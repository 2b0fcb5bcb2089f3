// What a sign-in backend is: it answers "who is this person?" and says which sign-in methods it offers. It knows no
// Fastify and no OAuth client. This room holds the contract, the registry, and the backends that come with the server:
// demo, local (with the password files), github/, oidc/ and supabase/. Sessions, pages and accounts of users are the server's.
// Tested in test/auth-backends/contract.ts.
import type { ZodObject } from 'zod'
import type { Text } from '../languages/index.ts'
import type { PasswordAccounts } from './accounts.ts'
import type { BackendHost } from './host.ts'
import type { Identity } from './identity.ts'
import type { EmailCodeSignIn, OneClickSignIn, PasswordSignIn, RedirectSignIn, SecondFactor, SignUp } from './methods.ts'

export { BackendUnavailable, type OutageReason } from './unavailable.ts'
export { parseEmail, type Email } from './accounts.ts'
export type { Account, Accounts, AccountVersion, PasswordAccount, PasswordAccounts } from './accounts.ts'
export type { FactorNeeded, Identity, SignedIn, SignInAnswer } from './identity.ts'
export type { BackendHost } from './host.ts'
export type {
  Credentials,
  EmailCodeSignIn,
  Mark,
  OneClickSignIn,
  PasswordSignIn,
  RedirectProvider,
  RedirectRequest,
  RedirectSignIn,
  SecondFactor,
  SignUp,
  SignUpRequest,
  SignUpResult
} from './methods.ts'

/**
 * What a backend can do with the `session` of a sign-in while the person stays signed in here. The server stores one
 * session for all apps that were connected in it, and calls {@link Sessions.renew} for one caller at a time across all
 * instances.
 */
export interface Sessions {
  /** Seconds for which a result of {@link Sessions.renew} is valid; 60 if absent. */
  freshForSeconds?: number
  /**
   * Asks the service whether the session still exists, and gets new tokens where the old ones expire.
   * @returns the session to store from now on, or `null` if the service has ended it: the server then ends everything
   * that depends on it. With the groups of the person, where the service has named them again.
   * @throws BackendUnavailable, with the session to store where the service gave new tokens before it failed.
   */
  renew?(session: string): Promise<string | Renewed | null>
  /** Ends the session at the service, once nothing here depends on it. */
  end?(session: string): Promise<void>
  /**
   * @returns where the browser must go to be signed out at the service as well, if there is such a page (OpenID Connect
   * RP-Initiated Logout).
   */
  logoutUrl?(session: string, returnTo: string): Promise<string | undefined>
  /**
   * A client of the service for tools, with the person's rights there. `service` names its kind, for example `supabase`.
   */
  onBehalfOf?: {
    service: string
    open(session: string): unknown
    /** The claims about the person in the service's own token (RFC 7519 §4). */
    claims?(session: string): Record<string, unknown>
  }
}

/** {@link Identity} has the members of `person`. */
export interface Renewed {
  session: string
  person?: Required<Pick<Identity, 'subject' | 'groups'>>
}

/** An open backend. The sign-in page renders each sign-in method that is present. */
export interface AuthBackend {
  /** For people, for example `Account on this server`. */
  title: Text
  password?: PasswordSignIn
  signUp?: SignUp
  oneClick?: OneClickSignIn
  redirect?: RedirectSignIn
  emailCode?: EmailCodeSignIn
  /** Required if an answer may be `factor`. */
  secondFactor?: SecondFactor
  /** Required if an answer may have a `session`. */
  sessions?: Sessions
  /**
   * Present if this server stores the passwords: pages then offer to change password and address, and to reset the
   * password by e-mail.
   */
  accounts?: PasswordAccounts
  /**
   * Deletes what this server stores about a person for the backend. What a service elsewhere stores is not deleted. May
   * be called twice.
   */
  deleteUser?(subject: string): Promise<void>
  /** May be called twice. */
  close?(): Promise<void>
}

/** A backend as the registry knows it: the variables it needs, and how to open it. */
export interface BackendModule<Env = unknown> {
  /**
   * The environment variables that this backend reads. What is wrong with them joins the one
   * start-up message.
   */
  env: ZodObject
  /**
   * AUTH_BACKEND may name it several times, for several services of its kind: as `oidc:google`, each with variables of its
   * own, which end in `_GOOGLE`.
   */
  severalTimes?: true
  /** Anyone can sign in by it, without an account: what its people do is among what strangers cause in the audit log. */
  developmentOnly?: true
  open(env: Env, host: BackendHost): AuthBackend | Promise<AuthBackend>
}
