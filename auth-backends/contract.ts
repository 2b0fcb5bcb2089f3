// What a sign-in backend is: it answers "who is this person?" and states which ways in it offers. It knows no Fastify
// and no OAuth client.
import type { ZodObject } from 'zod'

/** A person as a backend knows them. */
export interface Identity {
  /** The backend's own stable id of the person: the same at every sign-in, for ever. */
  subject: string
  email?: string
  /**
   * `true` only when the backend itself has proof that the person reads this mailbox; `false` when it knows they have
   * not shown it.
   */
  emailVerified?: boolean
  name?: string
  /**
   * Of a backend with {@link AuthBackend.accounts}: the {@link PasswordAccount.generation} whose password was shown.
   * The house refuses a sign-in of an earlier one.
   */
  generation?: number
}

/** A sign-in that is done. */
export interface SignedIn extends Identity {
  /**
   * What {@link Sessions} needs to go on for this person, in a form of the backend's own: it may hold tokens. The house
   * keeps it sealed and looks at nothing in it.
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
 * What came of a step of a sign-in. `refused`: the person is who they say, and may still not come in, for this reason.
 * `factor`: everything is right so far, and {@link SecondFactor} has to be shown too. `null`: what was typed is wrong.
 */
export type SignInAnswer = SignedIn | { refused: string } | { factor: FactorNeeded } | null

export interface FactorNeeded {
  /** For the person, for example `Enter the code that your authenticator app shows.` */
  prompt: string
  /** What {@link SecondFactor.verify} needs to go on. Kept sealed by the house; never in the browser. */
  continuation: string
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
 * `signed-up`: the person may go on at once. `confirm`: a message was sent and must be acted on first. `refused`: the
 * form is shown again with the reason beside the field.
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
   * Wrong credentials return `null`, and an unknown person cannot be told from a wrong password, in time either. An
   * unreachable service throws {@link BackendUnavailable}.
   */
  verify(credentials: Credentials): Promise<SignInAnswer>
}

/** A form that makes an account. Whether it is open is the house's decision (`SIGNUP`), not the backend's. */
export interface SignUp {
  create(request: SignUpRequest): Promise<SignUpResult>
}

/** One button, no questions: for demonstrations. */
export interface OneClickSignIn {
  label: string
  /**
   * @param browser an opaque id of the visitor's browser, stable for its session, so that visitors do not share an
   * account.
   */
  signIn(browser: string): Promise<Identity>
  /**
   * Seconds after which the house deletes an account that was made this way, and everything it keeps of it. Without it
   * accounts stay.
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
   * @param request.state must come back in the query of `callbackUrl` as it is: it binds the answer to this browser,
   * once.
   * @returns where to send the browser, and what {@link RedirectSignIn.finish} needs (PKCE verifier, nonce). The house
   * keeps the continuation sealed; it is never in the browser.
   */
  begin(request: {
    provider: string
    callbackUrl: string
    state: string
    again?: true
  }): Promise<{ url: string; continuation: string }>
  /**
   * @param answer.url the callback with its query, as the provider called it. Its `state` belongs to this browser and
   * this backend by then; nothing else is checked.
   * @returns `null` for an answer that does not hold. An answer that cannot have come from the provider throws, as a
   * fault of it.
   */
  finish(answer: { url: URL; state: string; continuation: string }): Promise<SignInAnswer>
}

/** A code by e-mail instead of a password. */
export interface EmailCodeSignIn {
  /** Label of the field, for example `E-mail address`. */
  label: string
  /**
   * Sends a code. Nothing that comes back tells whether somebody has this address.
   * @param request.mayCreate whether an unknown address may become an account by it (`SIGNUP`).
   */
  send(request: { email: string; mayCreate: boolean }): Promise<{ prompt: string } | { refused: string }>
  verify(request: { email: string; code: string }): Promise<SignInAnswer>
}

/** The step after a right password, code or redirect that answered `factor`. */
export interface SecondFactor {
  verify(request: { continuation: string; code: string }): Promise<SignInAnswer>
}

/**
 * What a backend can still do with the `session` of a sign-in while the person stays signed in here. The house keeps
 * one
 * for all apps that were connected in it, and calls {@link Sessions.renew} for one caller at a time, on all instances
 * together.
 */
export interface Sessions {
  /** Seconds for which an answer of {@link Sessions.renew} counts; a minute unless it says so. */
  freshForSeconds?: number
  /**
   * Asks the service whether the session still lives, with new tokens where the old ones run out.
   * @returns the session to keep from now on, or `null` when the service has ended it: the house then ends whatever
   * stands on it.
   */
  renew?(session: string): Promise<string | null>
  /** Ends the session at the service, when the last that stood on it is gone here. */
  end?(session: string): Promise<void>
  /**
   * @returns where the browser must go to be signed out at the service as well, if it must (OpenID Connect RP-Initiated
   * Logout).
   */
  logoutUrl?(session: string, returnTo: string): Promise<string | undefined>
  /**
   * A client of the service for tools, that may do there what the person may. `service` says of which kind, for example
   * `supabase`.
   */
  onBehalfOf?: {
    service: string
    open(session: string): unknown
    /** What the service's own token says of the person (RFC 7519 §4). */
    claims?(session: string): Record<string, unknown>
  }
}

/** What the pages may know of an account whose password this server keeps. */
export interface PasswordAccount {
  subject: string
  email: Email
  /** Whether somebody has shown that they read the mailbox. */
  verified: boolean
  /**
   * Several have signed up with this address, and none has shown that they read the mailbox: who does so chooses the
   * password, and no earlier one counts.
   */
  contested: boolean
  /**
   * Counts the changes of password, address and proof, from 0. Links and half-done sign-ins of an earlier generation
   * are void.
   */
  generation: number
}

/** An account as it was when it was read: a change that starts from it is refused once another has come between. */
export type AccountVersion = Pick<PasswordAccount, 'subject' | 'email' | 'generation'>

/** Accounts whose password this server keeps. */
export interface PasswordAccounts {
  find(email: Email): Promise<PasswordAccount | undefined>
  findBySubject(subject: string): Promise<PasswordAccount | undefined>
  /** @returns what is wrong with a new password, for the person who typed it; undefined when it will do. */
  passwordProblem(email: Email, password: string): Promise<string | undefined>
  /**
   * @returns a new address, or what is wrong with it, for the person who typed it. Not whether it is
   * taken.
   */
  readEmail(typed: string): { email: Email } | { problem: string }
  checkPassword(subject: string, password: string): Promise<boolean>
  /** @returns false, with nothing changed, when `present` is not the password, or not any more. */
  changePassword(subject: string, change: { present: string; next: string }): Promise<boolean>
  /**
   * The account is found by the address `to` from now on, and by its present one no longer; its subject stays.
   * @param change.verified whether somebody has shown that they read the new mailbox.
   * @returns false, with nothing changed, when `to` is taken or the account is not as it was.
   */
  changeEmail(account: AccountVersion, change: { to: Email; verified: boolean }): Promise<boolean>
  /**
   * For somebody who came by a link, and need not know the present password.
   * @param shown.verified whether the link went to the mailbox, which counts as verified then. Otherwise that stays as
   * it was.
   * @returns false, with nothing changed, when the account is not as it was.
   */
  setPassword(account: AccountVersion, password: string, shown: { verified: boolean }): Promise<boolean>
  /**
   * Somebody has shown that they read the mailbox.
   * @returns false, with nothing changed, when the account is not as it was.
   */
  confirm(account: AccountVersion): Promise<boolean>
}

/** A backend, opened. Each member that is present is a way in, and the login page renders it. */
export interface AuthBackend {
  /** For people, for example `Account on this server`. */
  title: string
  password?: PasswordSignIn
  signUp?: SignUp
  oneClick?: OneClickSignIn
  redirect?: RedirectSignIn
  emailCode?: EmailCodeSignIn
  /** Present where an answer may be `factor`. */
  secondFactor?: SecondFactor
  /** Present where an answer may have a `session`. */
  sessions?: Sessions
  /**
   * Present where passwords are kept on this server: the pages then offer to change password and address, and to come
   * back by e-mail.
   */
  accounts?: PasswordAccounts
  /**
   * Deletes what this server keeps of a person for the backend; what a service elsewhere keeps is not ours to delete.
   * May be called twice.
   */
  deleteUser?(subject: string): Promise<void>
  /** May be called twice. */
  close?(): Promise<void>
}

/** An account kept in our own storage, for backends that have no service behind them. */
export interface Account {
  subject: string
  email: Email
  name?: string
  /** A PHC string (argon2id); never the password. */
  passwordHash: string
  /** Whether somebody has shown that they read the mailbox. */
  emailVerified?: boolean
  /** See {@link PasswordAccount.contested}. */
  contested?: true
  /** See {@link PasswordAccount.generation}. Absent is 0. */
  generation?: number
  /** Seconds since the epoch. */
  createdAt: number
  /**
   * Of an account that waits for its confirmation: seconds since the epoch, when the account book forgets it. A
   * verified address ends this.
   */
  expiresAt?: number
}

/** The house's account book, in which an expired account does not exist. Every method throws when storage is away. */
export interface Accounts {
  find(email: Email): Promise<Account | undefined>
  findBySubject(subject: string): Promise<Account | undefined>
  /** @returns false, with nothing written, when the address is taken. */
  create(account: Account): Promise<boolean>
  /**
   * Replaces the hash of the same password, if it still is `previous`: a password that was changed meanwhile stays
   * changed. No new generation.
   * @returns whether it did.
   */
  setPasswordHash(email: Email, passwordHash: string, previous: string): Promise<boolean>
  /**
   * From one address to another, with everything else of the account, as a new generation.
   * @param expected what the account at `from` must be.
   * @returns false, with nothing changed, when `to` is taken or there is no such account at `from`.
   */
  move(
    from: Email,
    to: Pick<Account, 'email' | 'emailVerified'>,
    expected?: Pick<AccountVersion, 'subject' | 'generation'>
  ): Promise<boolean>
  /**
   * Whatever is changed is a new generation of the account.
   * @param decide returns undefined to leave the account as it is.
   * @returns whether it was changed; false for an address without an account.
   */
  change(email: Email, decide: (account: Account) => Account | undefined): Promise<boolean>
  delete(subject: string): Promise<void>
}

/** What the house hands to a backend when it opens it. */
export interface BackendHost {
  accounts: Accounts
  /** Whether this server can send mail: then a new account has to show that it reads its mailbox. */
  sendsMail: boolean
  /** The server's public origin, without a trailing slash. */
  publicUrl: string
  /** Seconds since the epoch. */
  now(): number
  /**
   * Runs the default export of a module, `(input) => output`, in a closed process of its own: for what takes long.
   * @param task `new URL('./my-task.ts', import.meta.url)`.
   * @throws whatever the task throws, and when it cannot be run now, or not be ended within `timeout` milliseconds.
   */
  runInWorker<Out>(task: URL, input: unknown, options: { timeout: number }): Promise<Out>
  log: { info(message: string): void; warn(message: string): void }
}

/** A backend as the registry knows it: the variables it needs, and how to open it. */
export interface BackendModule<Env = unknown> {
  /** The environment variables this backend reads; anything wrong with them joins the one start-up message. */
  env: ZodObject
  /** Refused on a public URL unless the operator names it in AUTH_BACKEND explicitly. */
  developmentOnly?: true
  open(env: Env, house: BackendHost): AuthBackend | Promise<AuthBackend>
}

/**
 * Why a service has not answered: each has words of its own on the page. `refused`: it does not take our key or our
 * request, which only the operator can mend.
 */
export type OutageReason = 'unreachable' | 'slow' | 'busy' | 'unreadable' | 'refused'

/**
 * The service that knows the people cannot be asked right now. Becomes a 503 page; never a sign-in. The message is for
 * the log and holds no secret.
 */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable'
  readonly reason: OutageReason
  /** Seconds to wait, where the service said so. */
  readonly retryAfter: number | undefined

  constructor (
    message: string,
    { fault = 'unreachable', retryAfter, cause }: { fault?: OutageReason; retryAfter?: number; cause?: unknown } = {}
  ) {
    super(message, { cause })
    this.reason = fault
    this.retryAfter = retryAfter
  }
}

declare const emailBrand: unique symbol

/** An e-mail address in its one spelling for one mailbox. Only {@link parseEmail} makes it. */
export type Email = string & { readonly [emailBrand]: true }

/** Trimmed, NFKC, lower case. Not whether it is an address: a backend decides that. */
export const parseEmail = (text: string): Email => text.normalize('NFKC').trim().toLowerCase() as Email

/** For backends that handle addresses as plain strings: the spelling of {@link parseEmail}. */
export const normalizeEmail: (email: string) => string = parseEmail
