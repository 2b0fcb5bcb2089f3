// What the pages of a sign-in show, from the first form to the consent. Tested in test/plugins/pages/index.test.ts.
import type { Mark } from '../../auth-backends/contract.ts'

/** The app that sent the person, and the host they will return to. */
interface OnBehalfOf {
  name: string
  host: string
}

/** `by` is absent where the operator invites. */
export interface Invited {
  by?: string
  email?: string
}

/**
 * One way to sign in. `isLast`: it was the last one in this browser, and comes first.
 */
export type SignInWay = { id: string; label: string; isLast?: boolean } & (
  | { kind: 'redirect'; backend: string; provider: string; mark?: Mark }
  | { kind: 'one click'; backend: string }
  /** `options`: JSON for the browser. */
  | { kind: 'passkey'; state: string; options: string }
  /** A form on a page by itself. */
  | { kind: 'other'; href: string }
  | SignInForm
)

/** What the browser asks an authenticator: `options` is JSON. */
interface Question {
  state: string
  options: string
}

/** `label` is that of its first field. */
interface SignInForm {
  kind: 'password' | 'code'
  backend: string
  title: string
  /** The first field is for an e-mail address. */
  isMail: boolean
  error?: string
  /** What was typed into the first field; the password is never shown again. */
  identifier?: string
  forgot?: string
  signUp?: string
}

/**
 * What a person should know before they believe the name of an app. Each is a warning of its
 * own.
 */
interface ConsentDoubts {
  /** The app has registered itself: the name is anyone's. */
  name?: boolean
  /** The host of its metadata document is all that is verified. */
  onlyHost?: string
  /** It returns to a program on the person's computer, which may be any. */
  program?: boolean
  /** The same, where a host describes an app of this name. */
  described?: string
  /** It returns to this host, which is not the one that describes it. */
  elsewhere?: string
}

export interface SignInPageData {
  /**
   * Each form posts `interaction` and `backend` to `actions.login`: with `email` and `password`, with `email` and
   * `way=code`, with `provider`, or with nothing else for one click; that of a passkey posts `interaction`, `state` and
   * `response` to `actions.passkey`.
   */
  login: {
    interaction: string
    /** Absent when no app sent the person. */
    client?: OnBehalfOf
    /** The person proves that an existing account is theirs. */
    proving?: boolean
    /** They add a sign-in method to their own account. */
    adding?: boolean
    /** Who invites them. */
    invited?: Invited
    /** In the order of the page; one at most is a form. */
    ways: SignInWay[]
    /** Above all ways: that of a form is shown in it. */
    error?: string
    actions: { login: string; passkey: string }
  }
  /** Posts `interaction` and `code` to `actions.code`. */
  code: {
    interaction: string
    client?: OnBehalfOf
    prompt: string
    error?: string
    actions: { code: string; login: string }
  }
  /**
   * Posts `interaction` to `actions.factor`, with `code`, with `state` and `response`, or with `lost`. `passkey`: absent
   * where the person has none that works here.
   */
  factor: {
    interaction: string
    client?: OnBehalfOf
    passkey?: Question
    hasApp: boolean
    /** `until`: a minute, in words. Absent for somebody who is signed in. */
    lost?: { kind: 'available' | 'unavailable' | 'waiting'; until?: string }
    error?: string
    actions: { factor: string; login?: string }
  }
  /**
   * Posts `interaction`, `enrol` (`passkey` or `app`) and `state`, with `response` or `code`, to `actions.factor`. `qr`: a
   * picture (SVG) in base64.
   */
  'factor-enrol': {
    interaction: string
    client?: OnBehalfOf
    passkey?: Question
    app: { state: string; secret: string; qr: string }
    error?: string
    actions: { factor: string; login: string }
  }
  /**
   * There is an account with this verified address. Posts `interaction` and `decision` (`join` or `separate`) to
   * `actions.choice`. `separate`: whether that may be chosen.
   */
  choice: { interaction: string; client?: OnBehalfOf; email: string; methods: string[]; separate: boolean; actions: { choice: string } }
  /**
   * Posts `interaction`, `backend`, `invite`, `name`, `email` and `password` to
   * `actions.signup`.
   */
  signup: {
    interaction: string
    backend: string
    client?: OnBehalfOf
    invite?: string
    /** Who invites, and the only address that the account may have. */
    invited?: Invited
    /** The invitation is also good for an account at a service, which `actions.login` shows. */
    elsewhere?: true
    error?: { field: 'email' | 'password' | 'name' | 'form'; message: string }
    email?: string
    name?: string
    actions: { signup: string; login: string }
  }
  /**
   * Posts `interaction` and `decision` (`allow` or `deny`) to `actions.consent`, with the fields of `less` that are
   * ticked, or `interaction` alone to `actions.switchAccount`.
   */
  consent: {
    interaction: string
    /** `verified`: the host that the app is known by. */
    client: { name: string; verified?: string; doubts: ConsentDoubts }
    /** Where the browser goes with the code; the host in full, in punycode. */
    redirect: { host: string; loopback: boolean }
    /** How the person knows their account: its address, or their name. */
    user: string
    scopes: Array<{ scope: string; text: string }>
    /** The app has asked for no scope of the MCP endpoint. */
    opensNothing: boolean
    /**
     * What the person can take away; absent where there is nothing. `isOpen`: something is
     * ticked.
     */
    less?: {
      isOpen: boolean
      readOnly?: { field: string; isTicked: boolean }
      tools: Array<{ field: string; name: string; title: string; isTicked: boolean }>
      upstreams: Array<{ field: string; name: string; isTicked: boolean }>
    }
    /** Names of the existing servers that it will be able to use, in one line. */
    uses?: string
    /** The absolute end of the connection, a day in words. */
    ends: string
    actions: { consent: string; switchAccount: string; account: string }
  }
}
