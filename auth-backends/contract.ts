// What a sign-in backend is: it answers "who is this person?" and says which sign-in methods it offers. It knows no
// Fastify and no OAuth client. This room holds the contract, the registry, and the backends that come with the server:
// demo, local (with the password files), oidc/ and supabase/. Sessions, pages and accounts of users are the server's.
// Tested in test/auth-backends/contract.ts.
import type { ZodObject } from 'zod'
import type { Accounts, PasswordAccounts } from './accounts.ts'

export { BackendUnavailable, type OutageReason } from './unavailable.ts'
export { parseEmail, type Email } from './accounts.ts'
export type { Account, Accounts, AccountVersion, PasswordAccount, PasswordAccounts } from './accounts.ts'

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
   * For a backend with {@link AuthBackend.accounts}: the generation of the account whose password was given. The server
   * refuses a sign-in with an earlier one.
   */
  generation?: number
}

/** A finished sign-in. */
export interface SignedIn extends Identity {
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
export type SignInAnswer = SignedIn | { refused: string } | { factor: FactorNeeded } | null

export interface FactorNeeded {
  /** For the person, for example `Enter the code from your authenticator app.` */
  prompt: string
  /** What {@link SecondFactor.verify} needs to continue. The server stores it encrypted; it never reaches the browser. */
  continuation: string
  /**
   * Whose factor it is, as {@link Identity.subject}, if that is known by now: wrong codes are counted by it. Otherwise
   * they count by what was typed, and after a redirect, where nothing was, only by address.
   */
  subject?: string
}

export interface Credentials {
  /** What the person typed into the first field: an e-mail address, unless the backend's label says otherwise. */
  identifier: string
  password: string
}

export interface SignUpRequest {
  email: string
  password: string
  name?: string
}

/**
 * `signed-up`: the person continues at once. `confirm`: a message was sent, and its link must be opened first. `refused`:
 * the form is shown again with the reason next to the field.
 */
export type SignUpResult =
  | { kind: 'signed-up'; identity: SignedIn }
  | { kind: 'confirm'; message: string }
  | { kind: 'refused'; field: 'email' | 'password' | 'name'; message: string }

/** A form with an identifier and a password. */
export interface PasswordSignIn {
  /** Label of the first field, for example `E-mail address`. */
  label: string
  /**
   * Wrong credentials return `null`. An unknown person and a wrong password must not be distinguishable, not by timing
   * either. An unreachable service throws {@link BackendUnavailable}.
   */
  verify(credentials: Credentials): Promise<SignInAnswer>
}

/** A form that creates an account. Whether it is open is the server's decision (`SIGNUP`), not the backend's. */
export interface SignUp {
  create(request: SignUpRequest): Promise<SignUpResult>
}

/** One button and no form: for demonstrations. */
export interface OneClickSignIn {
  label: string
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

/** Buttons that lead to a sign-in page elsewhere and back (OAuth 2.1 §4.1, OpenID Connect Core §3.1). */
export interface RedirectSignIn {
  /** One button each. The id comes back in {@link RedirectSignIn.begin}. */
  providers: ReadonlyArray<{ id: string; label: string }>
  /**
   * @param request.again the provider should ask the person to authenticate again. Whether it did is decided by
   * {@link SignedIn.authenticationAgeSeconds}.
   * @param request.state must come back unchanged in the query of `callbackUrl`: it binds the answer to this browser,
   * once.
   * @returns where to send the browser, and what {@link RedirectSignIn.finish} needs (PKCE verifier, nonce). The server
   * stores the continuation encrypted; it never reaches the browser.
   */
  begin(request: {
    provider: string
    callbackUrl: string
    state: string
    again?: true
  }): Promise<{ url: string; continuation: string }>
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
  label: string
  /**
   * Sends a code. The answer must not reveal whether the address has an account.
   * @param request.mayCreate whether an unknown address may become an account this way (`SIGNUP`).
   */
  send(request: { email: string; mayCreate: boolean }): Promise<{ prompt: string } | { refused: string }>
  verify(request: { email: string; code: string }): Promise<SignInAnswer>
}

/** The step after a password, code or redirect that was right and answered `factor`. */
export interface SecondFactor {
  verify(request: { continuation: string; code: string }): Promise<SignInAnswer>
}

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
   * that depends on it.
   */
  renew?(session: string): Promise<string | null>
  /** Ends the session at the service, once nothing here depends on it any more. */
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

/** An open backend. The sign-in page renders each sign-in method that is present. */
export interface AuthBackend {
  /** For people, for example `Account on this server`. */
  title: string
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

/** What the server gives to a backend that it opens. */
export interface BackendHost {
  accounts: Accounts
  /** Whether this server can send mail: if so, a new account has to prove that it reads its mailbox. */
  sendsMail: boolean
  /** The server's public origin, without a trailing slash. */
  publicUrl: string
  /** Seconds since the epoch. */
  now(): number
  /**
   * Runs the default export of a module, `(input) => output`, in a closed process of its own: for work that takes long.
   * @param task `new URL('./my-task.ts', import.meta.url)`.
   * @param options.timeout milliseconds, with the time that the task waits.
   * @param options.queue name of a queue of its own, with a process of its own: its tasks wait for no others. All
   * tasks without a name share one.
   * @throws what the task throws; an error if it cannot run now, or does not end in time.
   */
  runInWorker<Out>(task: URL, input: unknown, options: { timeout: number; queue?: string }): Promise<Out>
  log: { info(message: string): void; warn(message: string): void }
}

/** A backend as the registry knows it: the variables it needs, and how to open it. */
export interface BackendModule<Env = unknown> {
  /** The environment variables that this backend reads. What is wrong with them joins the one start-up message. */
  env: ZodObject
  /** Refused on a public URL unless the operator names it in AUTH_BACKEND. */
  developmentOnly?: true
  open(env: Env, host: BackendHost): AuthBackend | Promise<AuthBackend>
}
