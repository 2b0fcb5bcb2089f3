// Second factors: what a person shows besides their password or their account elsewhere. They belong to the person, not to a
// backend (NIST SP 800-63B-4 §3; W3C Web Authentication; RFC 6238).
// This room owns passkeys, authenticator apps and recovery codes: what is stored of them, and whether one was shown. Pages
// are in routes/account/second-factors/ (setting up) and routes/login-factor.ts (showing one at the sign-in).
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON
} from '@simplewebauthn/server'
import type { User } from '../sign-in/contract.ts'

export type FactorKind = 'passkey' | 'app'

/** One that a person has set up. Nothing here is secret. */
export interface Factor {
  id: string
  kind: FactorKind
  /** What the person calls it; cleaned. */
  name: string
  /** Seconds since the epoch. */
  addedAt: number
  lastUsedAt?: number
  /** Of a passkey: the authenticator keeps copies of it elsewhere. */
  isBackedUp?: boolean
}

/** What the browser's WebAuthn needs, and the sealed question that its answer has to come back with. */
export interface Ceremony<Options> {
  options: Options
  /** Sealed for this browser; it works once, for five minutes. */
  state: string
}

/** What the browser answers, with the question it was for. */
export interface Answer<Response> {
  state: string
  response: Response
}

export interface SecondFactors {
  /** MFA. With `off` nobody can set one up, and none is asked for at a sign-in; at `/admin`, those that exist are. */
  readonly policy: 'off' | 'optional' | 'required'
  list(userId: string): Promise<Factor[]>
  /** How many recovery codes are left. */
  recoveryCodesOf(userId: string): Promise<number>
  /**
   * What a sign-in needs besides what the backend has checked.
   * @param shown.secondFactor the backend's service has vouched for one. @param shown.passkey they signed in by one.
   */
  neededAfter(user: User, backend: string, shown: { secondFactor?: boolean; passkey?: boolean }): Promise<'nothing' | 'verify' | 'enrol'>

  /** To make a passkey. @param browser hash of the cookie that names the browser. */
  beginPasskey(user: User, browser: string): Promise<Ceremony<PublicKeyCredentialCreationOptionsJSON>>
  /** @returns undefined, with nothing stored, for an answer that is not right. */
  addPasskey(user: User, browser: string, answer: Answer<RegistrationResponseJSON> & { name: string }): Promise<Factor | undefined>
  /**
   * To show one. Writes nothing.
   * @param userId whose; absent on the sign-in page, where the passkey itself says so.
   */
  askForPasskey(browser: string, userId?: string): Promise<Ceremony<PublicKeyCredentialRequestOptionsJSON>>
  /** Of any number of callers with one answer, one succeeds. @returns whose passkey it was; undefined for a wrong one. */
  verifyPasskey(browser: string, answer: Answer<AuthenticationResponseJSON>, userId?: string): Promise<string | undefined>

  /** To set up an authenticator app: writes nothing, the secret is in `state`. `qr`: an SVG of `uri`. */
  beginApp(user: User): Promise<{ state: string; secret: string; uri: string; qr: string }>
  /** @returns undefined, with nothing stored, for a wrong code. */
  addApp(user: User, answer: { state: string; code: string; name: string }): Promise<Factor | undefined>
  /**
   * A code of an authenticator app, or a recovery code, in any spelling; each counts once, and tries are limited for each
   * person.
   * @returns what it was; undefined for a wrong one. @throws too_many_requests
   */
  verifyCode(userId: string, code: string): Promise<'app' | 'recovery code' | undefined>

  /** Ten new ones, shown once; those before are void. */
  newRecoveryCodes(userId: string): Promise<string[]>
  rename(userId: string, factorId: string, name: string): Promise<boolean>
  remove(userId: string, factorId: string): Promise<boolean>
  /** All of them, with the recovery codes: by the operator, an owner, or the person after the waiting time. */
  removeAll(userId: string): Promise<void>
}
