// Second factors: what a person shows besides their password or their account elsewhere. They belong to the person, not to a
// backend (NIST SP 800-63B-4 §3; W3C Web Authentication; RFC 6238).
// This room owns passkeys, authenticator apps and recovery codes: what is stored of them, and whether one was shown. Pages
// are in routes/account/second-factors/ (setting up) and routes/login-factor.ts (showing one at the sign-in).
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { FastifyRequest } from 'fastify'
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
  /**
   * Of a passkey that was made while PUBLIC_URL had another host: that host. It does not work
   * here.
   */
  madeFor?: string
}

/** One that has just been added. */
export interface AddedFactor extends Factor {
  /**
   * Where the account had none: what the link that removes it is bound to.
   */
  first?: string
}

/**
 * What the browser's WebAuthn needs, and the sealed question that its answer has to come back
 * with.
 */
export interface Ceremony<Options> {
  options: Options
  /** Sealed for this browser; it works once, for five minutes. */
  state: string
}

/**
 * What the browser answers, with the question it was for: the two fields of the form, as they
 * were posted.
 */
export interface Answer {
  state: string
  /** JSON, as `toJSON()` of the credential makes it. */
  response: string
}

/** What else is said of one that is added. */
export interface ToAdd {
  name: string
  /** Whoever adds it has shown none: it is refused where there is another by now. */
  isFirst?: true
}

/** Factors of one person, passkeys and apps together. */
export const MAX_FACTORS = 10
export const RECOVERY_CODES = 10
/**
 * How long somebody who has lost everything waits: time for their mailbox to be read, and for
 * an objection.
 */
export const LOST_WAIT_SECONDS = 3 * 86_400

/**
 * The way back of somebody to whose account another person added the first factor, by a mail to
 * every verified address.
 */
export interface FirstFactor {
  /** Tells that a factor was added; of the first one with the link. */
  tellAdded(request: FastifyRequest, user: User, factor: AddedFactor): void
  /**
   * Changes nothing. @returns whose factors the link would remove; undefined for one that is void.
   */
  findOwner(secret: string): Promise<string | undefined>
  /**
   * Removes the first factor and all that came after it, and ends every session. Of any number of callers, one succeeds.
   * @returns whose they were; undefined for a link that is void.
   */
  undo(request: FastifyRequest, secret: string): Promise<User | undefined>
}

/**
 * The way back of somebody who has lost everything, after they have proven the first factor.
 */
export interface LostFactors {
  /**
   * Begins the waiting time, and mails every verified address at once. Without one, or without
   * mail, nothing happens.
   */
  ask(request: FastifyRequest, user: User): Promise<LostState>
  stateOf(user: User): Promise<LostState>
  /**
   * By the link in the mail. @returns whose it was; undefined for a link that is void.
   */
  stop(secret: string): Promise<string | undefined>
}

/**
 * `unavailable`: this server has no mailbox to ask, or has asked it within a day, so the person who runs it has to help.
 * `waiting`: `until` is in seconds since the epoch; the next sign-in after it removes the second factors.
 */
export type LostState = { kind: 'unavailable' } | { kind: 'available' } | { kind: 'waiting'; until: number }

export interface SecondFactors {
  /**
   * MFA. With `off` nobody can set one up, and none is asked for at a sign-in; at `/admin`,
   * those that exist are.
   */
  readonly policy: 'off' | 'optional' | 'required'
  /**
   * False where PUBLIC_URL names an address instead of a host: browsers make no passkeys for
   * it.
   */
  readonly takesPasskeys: boolean
  list(userId: string): Promise<Factor[]>
  /** Whether the person has set one up. */
  hasAny(userId: string): Promise<boolean>
  /** How many recovery codes are left. */
  recoveryCodesOf(userId: string): Promise<number>
  /**
   * What a sign-in needs besides what the backend has checked.
   * @param shown.secondFactor the backend's service has vouched for one. @param shown.passkey they signed in by one.
   */
  neededAfter(
    user: User,
    backend: string,
    shown: { secondFactor?: boolean | undefined; passkey?: boolean | undefined }
  ): Promise<'nothing' | 'verify' | 'enrol'>

  /**
   * To make a passkey. @param browser hash of the cookie that names the browser.
   * @throws access_denied where MFA is off; invalid_request where the person has {@link MAX_FACTORS}.
   */
  beginPasskey(user: User, browser: string): Promise<Ceremony<PublicKeyCredentialCreationOptionsJSON>>
  /**
   * @returns undefined, with nothing stored, for an answer that is not right. @throws as
   * {@link beginPasskey} does.
   */
  addPasskey(user: User, browser: string, answer: Answer & ToAdd): Promise<AddedFactor | undefined>
  /**
   * To show one. Writes nothing.
   * @param userId whose; absent on the sign-in page, where the passkey itself says so.
   */
  askForPasskey(browser: string, userId?: string): Promise<Ceremony<PublicKeyCredentialRequestOptionsJSON>>
  /**
   * Of any number of callers with one answer, one succeeds. @returns whose passkey it was;
   * undefined for a wrong one.
   */
  verifyPasskey(browser: string, answer: Answer, userId?: string): Promise<string | undefined>
  /** Whether the person still has the passkey that was shown: it may have been removed since. */
  stillHas(userId: string, answer: Answer): Promise<boolean>

  /**
   * To set up an authenticator app: writes nothing, the secret is in `state`. `qr`: an SVG of `uri`.
   * @param again the `state` of before, after a wrong code: the secret stays, as long as it can be used.
   * @throws as {@link beginPasskey} does.
   */
  beginApp(user: User, again?: string): Promise<{ state: string; secret: string; uri: string; qr: string }>
  /**
   * @returns undefined, with nothing stored, for a wrong code, which may be tried again.
   * @throws as {@link beginPasskey} does.
   */
  addApp(user: User, answer: { state: string; code: string } & ToAdd): Promise<AddedFactor | undefined>
  /**
   * A code of an authenticator app, or a recovery code, in any spelling; each counts once. Wrong codes of an app make the
   * person wait; a recovery code, which nobody can guess, is taken meanwhile. The caller records what was used.
   * @returns what it was; undefined for a wrong one. @throws too_many_requests
   */
  verifyCode(userId: string, code: string): Promise<'app' | 'recovery code' | undefined>

  /**
   * {@link RECOVERY_CODES} new ones, shown once; those before are void. None for somebody
   * without a second factor.
   */
  newRecoveryCodes(userId: string): Promise<string[]>
  rename(userId: string, factorId: string, name: string): Promise<boolean>
  /** With the last one, the recovery codes go as well. */
  remove(userId: string, factorId: string): Promise<boolean>
  /**
   * All of them, with the recovery codes: by the operator, an owner, or the person after the
   * waiting time.
   */
  removeAll(userId: string): Promise<void>
  readonly lost: LostFactors
  readonly first: FirstFactor
}

declare module 'fastify' {
  interface FastifyInstance {
    secondFactors: SecondFactors
  }
}
