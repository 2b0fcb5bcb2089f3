// What each page shows. Every string may come from outside: the templates escape it, and decide nothing.
// Tested in test/plugins/pages/index.test.ts.

/** A next step. The href is a path of ours or an http(s) address; anything else is not rendered. */
export interface Action {
  label: string
  href: string
}

/**
 * What else the person may end: how many apps are connected, and the other sign-in methods, in words. `ticked`: by
 * default.
 */
export interface EndOthers {
  apps: number
  methods: string[]
  ticked: boolean
}

/** The app that sent the person, and the host they will return to. */
interface OnBehalfOf {
  name: string
  host: string
}

export interface PageData {
  /**
   * Each form posts `interaction` and `backend` to `actions.login`: with `email` and `password`, with `email` and
   * `way=code`, with `provider`, or with nothing else for one click.
   */
  login: {
    interaction: string
    /** Absent when no app sent the person. */
    client?: OnBehalfOf
    backends: Array<{
      id: string
      title: string
      password?: { label: string }
      oneClick?: { label: string }
      redirect?: Array<{ id: string; label: string }>
      emailCode?: { label: string }
      /** Whether a forgotten password can be replaced by a link. */
      hasReset?: boolean
      signUp: boolean
    }>
    /** The person proves that an existing account is theirs. */
    proving?: boolean
    /** They add a sign-in method to their own account. */
    adding?: boolean
    /** Shown at the form of `failedBackend`; without one, above all forms. */
    error?: string
    failedBackend?: string
    /** What was typed into the first field; the password is never shown again. */
    identifier?: string
    actions: { login: string; signup?: string; forgot?: string }
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
   * There is an account with this verified address. Posts `interaction` and `decision` (`join` or `separate`) to
   * `actions.choice`.
   */
  choice: { interaction: string; client?: OnBehalfOf; email: string; methods: string[]; actions: { choice: string } }
  /** Posts `interaction`, `backend`, `invite`, `name`, `email` and `password` to `actions.signup`. */
  signup: {
    interaction: string
    backend: string
    client?: OnBehalfOf
    invite?: string
    error?: { field: 'email' | 'password' | 'name' | 'form'; message: string }
    email?: string
    name?: string
    actions: { signup: string; login: string }
  }
  /**
   * Posts `interaction` and `decision` (`allow` or `deny`) to `actions.consent`, or `interaction` alone to
   * `actions.switchAccount`.
   */
  consent: {
    interaction: string
    /**
     * `selfRegistered`: the name is anyone's. `verified`: what the URL of a metadata document proves, which is not the
     * name either.
     */
    client: {
      name: string
      uri?: string
      selfRegistered: boolean
      verified?: { host: string; isKnown: boolean; isElsewhere: boolean }
    }
    /** Where the browser goes with the code; the host in full, in punycode. */
    redirect: { host: string; loopback: boolean }
    user: { name: string; detail?: string }
    scopes: Array<{ scope: string; text: string }>
    /** The app has asked for no scope of the MCP endpoint. */
    opensNothing: boolean
    actions: { consent: string; switchAccount: string }
  }
  message: { title: string; text: string; detail?: string; action?: Action }
  error: { statusCode: number; title: string; text: string; code: string; requestId: string; action?: Action }
  /**
   * Posts `token` and `app` to `actions.revoke`, `token` to `actions.logout`, and `token` with what is ticked of
   * {@link EndOthers} to `actions.signOutEverywhere`.
   */
  account: {
    user: { name: string; detail?: string }
    /** When the account is deleted, if it is temporary. YYYY-MM-DD HH:MM, UTC. */
    until?: string
    /** Sign-in methods of this account. One without `remove` cannot be removed. */
    methods: Array<{ text: string; remove?: string }>
    canAddMethod: boolean
    /** Accounts with a password on this server. */
    own: Array<{ email: string; actions: { password: string; address: string } }>
    /**
     * Days are YYYY-MM-DD. `host`: where it returns to. `verifiedHost`: the host that is proved to be the app's. `calls`:
     * in 30 days.
     */
    apps: Array<{
      id: string
      name: string
      host: string
      loopback: boolean
      verifiedHost?: string
      scopes: string[]
      connected: string
      firstUsed?: string
      lastUsed?: string
      calls: number
    }>
    /** Newest first. `at`: YYYY-MM-DD HH:MM, UTC. */
    events: Array<{ at: string; text: string; address?: string }>
    asks: EndOthers
    token: string
    actions: {
      revoke: string
      logout: string
      signOutEverywhere: string
      link: string
      remove: string
      activity: string
      notes: string
      home: string
    }
  }
  /** Posts `email` to `actions.forgot`. */
  forgot: { actions: { forgot: string } }
  /**
   * Posts `link` and `password` to `actions.reset`, with `apps=end` and `ways=remove` where they are ticked. Without
   * `asks` both are done.
   */
  reset: { link: string; email: string; asks?: EndOthers; error?: string; actions: { reset: string } }
  /** Posts `link` to `actions.confirm`. `replaces`: the address of the account until now. */
  confirm: { link: string; email: string; replaces?: string; actions: { confirm: string } }
  /**
   * Posts `token`, `backend`, `present` and `next` to `actions.change`, with `apps=end` and `ways=remove` where they
   * are ticked.
   */
  password: {
    backend: string
    email: string
    asks: EndOthers
    error?: { field: 'current' | 'next'; message: string }
    token: string
    actions: { change: string; account: string; forgot: string }
  }
  /** Posts `token`, `backend`, `email` and `password` to `actions.change`. `next`: what was typed. */
  address: {
    backend: string
    email: string
    sendsMail: boolean
    next?: string
    error?: { field: 'email' | 'password'; message: string }
    token: string
    actions: { change: string; account: string }
  }
  /** Posts `fields` to `actions.answer`. `subject`: what it is about. */
  question: {
    title: string
    text: string
    subject?: string
    fields: Record<string, string>
    answer: string
    instead: Action
    actions: { answer: string }
  }
  /** Posts `token` and `path` to `actions.prove`, with `backend` and `password` where there is one. */
  prove: {
    path: string
    token: string
    password?: { backend: string; email: string }
    error?: string
    actions: { prove: string; account: string }
  }
  /** Posts `token` and `confirm=delete` to `actions.remove`. */
  delete: { user: { name: string; detail?: string }; token: string; actions: { remove: string; account: string } }
  /** Posts `token` to `actions.logout`. */
  home: {
    name: string
    version: string
    /** What to paste into ChatGPT. */
    url: string
    /** How people sign in; empty when nobody has to. */
    signIn: string[]
    tools: Array<{ name: string; title: string; description: string }>
    documents: number
    /** While the folder of documents is read for the first time: files looked at, of those found. */
    reading?: { done: number; total: number } | undefined
    user?: { name: string }
    actions: { login?: string; logout?: string; token?: string; account?: string }
  }
  document: {
    id: string
    title: string
    text: string
    metadata?: Record<string, string>
    actions: { home: string; next?: string }
  }
}
