// What the pages of a person's second factors show.
// Tested in test/plugins/pages/index.test.ts.
import type { FactorKind } from '../second-factors/contract.ts'

/** On the account page. */
export interface FactorSummary {
  count: number
  /** Recovery codes that are left. */
  codes: number
  href: string
}

export interface FactorPageData {
  /**
   * Posts `token`, `factor` and `name` to `actions.rename`, `token` and `factor` to `actions.remove`, and `token` to
   * `actions.codes`.
   */
  'second-factors': {
    /**
     * `added` is a day and `lastUsed` a minute, in words. `madeFor`: the host a passkey works
     * for, which is not this one.
     */
    factors: Array<{
      id: string
      kind: FactorKind
      name: string
      added: string
      lastUsed?: string
      isBackedUp?: boolean
      madeFor?: string
    }>
    codes: number
    mayAdd: boolean
    takesPasskeys: boolean
    token: string
    actions: { passkey: string; app: string; codes: string; rename: string; remove: string; account: string }
  }
  /**
   * Posts `token`, `name`, `state` and `response` to `actions.add`. `options`: JSON for the
   * browser.
   */
  'add-passkey': {
    state: string
    options: string
    error?: string
    token: string
    actions: { add: string; app: string; factors: string }
  }
  /**
   * Posts `token`, `name`, `state` and `code` to `actions.add`. `qr`: a picture (SVG) in
   * base64. `secret`: in groups, to be typed.
   */
  'add-app': {
    state: string
    qr: string
    secret: string
    name: string
    error?: string
    token: string
    actions: { add: string; factors: string }
  }
  /** Shown this once. */
  'recovery-codes': { codes: string[]; actions: { next: string } }
  /**
   * Posts `token`, `path` and either `code`, or `state` and `response`, to `actions.prove`. `passkey`: absent where the person
   * has none that works here.
   */
  'prove-factor': {
    path: string
    passkey?: { state: string; options: string }
    error?: string
    token: string
    actions: { prove: string; account: string }
  }
}
