// What the pages of a person's account show: the account itself, its passwords, addresses and proofs. Tested in
// test/plugins/pages/index.test.ts.
import type { FactorSummary } from './factor-page-data.ts'
import type { Time } from './time.ts'

/**
 * What the person may also end: how many apps are connected, how many access keys there are, and
 * the other sign-in methods, in words. `ticked`: by default.
 */
export interface EndOthers {
  apps: number
  keys: number
  methods: string[]
  ticked: boolean
}

/** A note that can be read. */
export interface NoteLink {
  title: string
  href: string
  changed: Time
}

export interface AccountPageData {
  /**
   * Posts `token` and `app` to `actions.revoke`, `token` and `key` to `actions.revokeKey`, `token`
   * to `actions.logout`, and `token` with what is ticked of {@link EndOthers} to
   * `actions.signOutEverywhere`.
   */
  account: {
    user: { name: string; detail?: string }
    /** When the account is deleted, if it is temporary, in words. */
    until?: string
    /** What was just done. */
    notice?: string
    /** Sign-in methods of this account. One without `remove` cannot be removed. */
    methods: Array<{ text: string; remove?: string }>
    canAddMethod: boolean
    /** Accounts with a password on this server. */
    own: Array<{ email: string; actions: { password: string; address: string } }>
    /**
     * `less`: what the app may not do, in short phrases. `host`: where it returns to; or
     * `organization`: the host that connected it, without a consent. `verifiedHost`: the host
     * that is proved to be the app's. `calls`: in 30 days.
     */
    apps: Array<{
      id: string
      name: string
      host?: string
      loopback?: boolean
      organization?: string
      verifiedHost?: string
      scopes: string[]
      less: string[]
      /** Names of the existing servers that it may use, in one line. */
      uses?: string
      connected: Time
      /** Absent for what the organization renews each hour. */
      ends?: Time
      firstUsed?: Time
      lastUsed?: Time
      calls: number
    }>
    keys: Array<{
      id: string
      name: string
      scopes: string[]
      created: Time
      ends: Time
      lastUsed?: Time
      address?: string
    }>
    notes: { count: number; newest: NoteLink[] }
    /** Absent where there are none and nobody may set one up. */
    factors?: FactorSummary | undefined
    /** Newest first. */
    events: Array<{ at: Time; text: string; address?: string }>
    asks: EndOthers
    token: string
    actions: {
      /** Of an owner. */
      admin?: string
      revoke: string
      createKey: string
      revokeKey: string
      keyList: string
      logout: string
      signOutEverywhere: string
      link: string
      remove: string
      activity: string
      notes: string
      noteList: string
      home: string
    }
  }
  /**
   * Posts `token`, `name`, `scope` (`read` or `write`) and `days` to `actions.create`. `rights`: what
   * a key may do, in words.
   */
  'access-key': {
    name: string
    mayWrite: boolean
    days: number
    maxDays: number
    rights: { read: string; write: string }
    error?: { field: 'name' | 'days'; message: string }
    token: string
    actions: { create: string; account: string }
  }
  /**
   * Shown once. `secret`: the key. `url`: of the endpoint. `ends`: a minute in words.
   */
  'new-access-key': {
    secret: string
    name: string
    rights: string[]
    ends: string
    url: string
    actions: { account: string }
  }
  /**
   * Newest change first. `newest` and `older`: other pages of the list, where there are some.
   */
  notes: {
    notes: NoteLink[]
    actions: { account: string; download: string; newest?: string; older?: string }
  }
  /** Posts `email` to `actions.forgot`. */
  forgot: { actions: { forgot: string } }
  /**
   * Posts `link` and `password` to `actions.reset`, with `apps=end`, `keys=end` and `ways=remove` where they are ticked. Without
   * `asks` all are done.
   */
  reset: { link: string; email: string; asks?: EndOthers; error?: string; actions: { reset: string } }
  /**
   * Posts `link` to `actions.confirm`. `replaces`: the address of the account until now.
   */
  confirm: { link: string; email: string; replaces?: string; actions: { confirm: string } }
  /**
   * Posts `token`, `backend`, `present` and `next` to `actions.change`, with `apps=end`, `keys=end` and
   * `ways=remove` where they are ticked.
   */
  password: {
    backend: string
    email: string
    asks: EndOthers
    error?: { field: 'current' | 'next'; message: string }
    token: string
    actions: { change: string; account: string; forgot: string }
  }
  /**
   * Posts `token`, `backend`, `email` and `password` to `actions.change`. `next`: what was
   * typed.
   */
  address: {
    backend: string
    email: string
    sendsMail: boolean
    next?: string
    error?: { field: 'email' | 'password'; message: string }
    token: string
    actions: { change: string; account: string }
  }
  /**
   * Posts `token` and `path` to `actions.prove`, with `backend` and `password` where there is
   * one.
   */
  prove: {
    path: string
    token: string
    password?: { backend: string; email: string }
    error?: string
    actions: { prove: string; account: string }
  }
  /** Posts `token` and `confirm=delete` to `actions.remove`. */
  delete: { user: { name: string; detail?: string }; token: string; actions: { remove: string; account: string } }
}
