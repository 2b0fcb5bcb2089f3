// The sign-in methods that a backend may offer: password, sign-up, one click, redirect, code by e-mail, second factor.
// Tested in test/auth-backends/contract.ts.
import type { Language, Text } from '../languages/index.ts'
import type { Identity, SignedIn, SignInAnswer } from './identity.ts'

export interface Credentials {
  /**
   * What the person typed into the first field: an e-mail address, unless the backend's label
   * says otherwise.
   */
  identifier: string
  password: string
}

export interface SignUpRequest {
  email: string
  password: string
  name?: string
  /**
   * The server has proof that the person reads this mailbox: they opened a link that was sent
   * there alone.
   */
  emailVerified?: true
}

/**
 * `signed-up`: the person continues at once. `confirm`: a message was sent, and its link must be opened first. `refused`:
 * the form is shown again with the reason next to the field.
 */
export type SignUpResult =
  | { kind: 'signed-up'; identity: SignedIn }
  | { kind: 'confirm'; message: Text }
  | { kind: 'refused'; field: 'email' | 'password' | 'name'; message: Text }

/** A form with an identifier and a password. */
export interface PasswordSignIn {
  /** Label of the first field, for example `E-mail address`. */
  label: Text
  /**
   * Wrong credentials return `null`. An unknown person and a wrong password must not be distinguishable, not by timing
   * either. An unreachable service throws {@link BackendUnavailable}.
   */
  verify(credentials: Credentials): Promise<SignInAnswer>
}

/**
 * A form that creates an account. Whether it is open is the server's decision (`SIGNUP`), not
 * the backend's.
 */
export interface SignUp {
  create(request: SignUpRequest): Promise<SignUpResult>
}

/** One button and no form: for demonstrations. */
export interface OneClickSignIn {
  label: Text
  /**
   * @param browser an opaque id of the visitor's browser, stable for its session, so that visitors do not share an
   * account.
   */
  signIn(browser: string): Promise<Identity>
  /**
   * Seconds after which the server deletes such an account and everything it stores for it. Without this, accounts stay.
   */
  lifetimeSeconds?: number
}

/** Services whose logo a button shows: each has a drawing in `views/marks/`. */
export const marks = [
  'apple', 'discord', 'facebook', 'github', 'gitlab', 'google', 'linkedin', 'microsoft', 'okta', 'slack', 'x'
] as const
export type Mark = (typeof marks)[number]

/** One button. */
export interface RedirectProvider {
  /** Comes back in {@link RedirectSignIn.begin}. */
  id: string
  /** For example `Continue with Google`. */
  label: Text
  mark?: Mark
}

/**
 * Where to begin, and what the provider should be asked for: none of it is certain to be done.
 */
export interface RedirectRequest {
  /** Id of the button. */
  provider: string
  callbackUrl: string
  /**
   * Must come back unchanged in the query of `callbackUrl`: it binds the answer to this
   * browser, once.
   */
  state: string
  /**
   * To authenticate the person again. {@link SignedIn.authenticationAgeSeconds} says whether
   * it did.
   */
  again?: true
  /** To let the person choose the account. */
  chooseAccount?: true
  /** To ask for a second factor. {@link SignedIn.secondFactor} says whether it did. */
  secondFactor?: true
  /** The language that the person reads here. */
  language?: Language
  /** Whom the app expects: the person's address, say. From the app. */
  loginHint?: string
}

/**
 * Buttons that lead to a sign-in page elsewhere and back (OAuth 2.1 §4.1, OpenID Connect Core
 * §3.1).
 */
export interface RedirectSignIn {
  providers: readonly RedirectProvider[]
  /**
   * @returns where to send the browser, and what {@link RedirectSignIn.finish} needs (PKCE verifier, nonce). The server
   * stores the continuation encrypted; it never reaches the browser.
   */
  begin(request: RedirectRequest): Promise<{ url: string; continuation: string }>
  /**
   * @param answer.url the callback with its query, as the provider called it. That its `state` belongs to this browser
   * and this backend is checked already; nothing else is.
   * @returns `null` for an answer that is not valid. Throws {@link BackendUnavailable} for an answer that cannot have
   * come from the provider.
   */
  finish(answer: { url: URL; state: string; continuation: string }): Promise<SignInAnswer>
}

/** A code by e-mail instead of a password. */
export interface EmailCodeSignIn {
  /** Label of the field, for example `E-mail address`. */
  label: Text
  /**
   * Sends a code. The answer must not reveal whether the address has an account.
   * @param request.mayCreate whether an unknown address may become an account this way (`SIGNUP`).
   */
  send(request: { email: string; mayCreate: boolean }): Promise<{ prompt: Text } | { refused: Text }>
  verify(request: { email: string; code: string }): Promise<SignInAnswer>
}

/** The step after a password, code or redirect that was right and answered `factor`. */
export interface SecondFactor {
  verify(request: { continuation: string; code: string }): Promise<SignInAnswer>
}
