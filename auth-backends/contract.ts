// What a sign-in backend is: it answers "who is this person?" and states which ways in it offers. It knows no Fastify and no OAuth client.
import type { ZodObject } from 'zod'

/** A person as a backend knows them. */
export interface Identity {
  /** The backend's own stable id of the person: the same at every sign-in, for ever. */
  subject: string
  email?: string
  /** `true` only when the backend itself has proof that the person reads this mailbox; `false` when it knows they have not shown it. */
  emailVerified?: boolean
  name?: string
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

/** `signed-up`: the person may go on at once. `confirm`: a message was sent and must be acted on first. `refused`: the form is shown again with the reason beside the field. */
export type SignUpResult =
  | { kind: 'signed-up', identity: Identity }
  | { kind: 'confirm', message: string }
  | { kind: 'refused', field: 'email' | 'password' | 'name', message: string }

/** A form with an identifier and a password. */
export interface PasswordSignIn {
  /** Label of the first field, for example `E-mail address`. */
  label: string
  /** Wrong credentials return `null`, and an unknown person cannot be told from a wrong password, in time either. An unreachable service throws {@link BackendUnavailable}. */
  verify (credentials: Credentials): Promise<Identity | { refused: string } | null>
}

/** A form that makes an account. Whether it is open is the house's decision (`SIGNUP`), not the backend's. */
export interface SignUp {
  create (request: SignUpRequest): Promise<SignUpResult>
}

/** One button, no questions: for demonstrations. */
export interface OneClickSignIn {
  label: string
  /** @param browser an opaque id of the visitor's browser, stable for its session, so that visitors do not share an account. */
  enter (browser: string): Promise<Identity>
}

/** A backend, opened. Each member that is present is a way in, and the login page renders it. */
export interface AuthBackend {
  /** For people, for example `Account on this server`. */
  title: string
  password?: PasswordSignIn
  signUp?: SignUp
  oneClick?: OneClickSignIn
  /** Deletes what this server keeps of a person for the backend; what a service elsewhere keeps is not ours to delete. May be called twice. */
  forget? (subject: string): Promise<void>
  /** May be called twice. */
  close? (): Promise<void>
}

/** An account kept in our own storage, for backends that have no service behind them. */
export interface Account {
  subject: string
  /** In the normal form of {@link normalizeEmail}. */
  email: string
  name?: string
  /** A PHC string (argon2id); never the password. */
  passwordHash: string
  /** Seconds since the epoch. */
  createdAt: number
}

/** The house's account book. Every method throws when storage is away. */
export interface Accounts {
  find (email: string): Promise<Account | undefined>
  /** @returns false, with nothing written, when the address is taken. */
  create (account: Account): Promise<boolean>
  /** Replaces the stored hash if it still is `previous`: a password that was changed meanwhile stays changed. */
  setPasswordHash (email: string, passwordHash: string, previous: string): Promise<void>
  delete (subject: string): Promise<void>
}

/** What the house hands to a backend when it opens it. */
export interface House {
  accounts: Accounts
  /** The server's public origin, without a trailing slash. */
  publicUrl: string
  /** Seconds since the epoch. */
  now (): number
  log: { info (message: string): void, warn (message: string): void }
}

/** A backend as the registry knows it: the variables it needs, and how to open it. */
export interface BackendModule<Env = unknown> {
  /** The environment variables this backend reads; anything wrong with them joins the one start-up message. */
  env: ZodObject
  /** Refused on a public URL unless the operator names it in AUTH_BACKEND explicitly. */
  developmentOnly?: true
  open (env: Env, house: House): AuthBackend | Promise<AuthBackend>
}

/** The service that knows the people cannot be asked right now. Becomes a 503 page; never a sign-in. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable'
}

/** One spelling for one mailbox: trimmed, NFKC, lower case. */
export const normalizeEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()
