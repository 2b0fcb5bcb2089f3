// Every URL path that the server answers, in one table. Routes, pages and metadata read it, so they cannot disagree.
export const paths = {
  home: '/',
  /** People and clients write the alias with a slash at its end, too; a redirect would lose the body or the token. */
  mcp: ['/', '/mcp', '/mcp/'],
  protectedResource: '/.well-known/oauth-protected-resource',
  authorizationServer: '/.well-known/oauth-authorization-server',
  register: '/register',
  authorize: '/authorize',
  token: '/token',
  revoke: '/revoke',
  introspect: '/introspect',
  userinfo: '/userinfo',
  keys: '/jwks',
  openidConfiguration: '/.well-known/openid-configuration',
  login: '/login',
  switchAccount: '/login/switch',
  loginCode: '/login/code',
  loginChoice: '/login/account',
  loginCallback: '/login/callback',
  logout: '/logout',
  signup: '/signup',
  forgotPassword: '/password/forgot',
  resetPassword: '/password/reset',
  confirmEmail: '/email/confirm',
  changeEmail: '/email/change',
  consent: '/consent',
  account: '/account',
  accountRevoke: '/account/disconnect',
  accountSignOut: '/account/sign-out-everywhere',
  accountDelete: '/account/delete',
  accountProve: '/account/prove',
  accountLink: '/account/sign-in',
  accountLinkAdd: '/account/sign-in/add',
  accountUnlink: '/account/sign-in/remove',
  accountPassword: '/account/password',
  /** W3C "A Well-Known URL for Changing Passwords": password managers ask here. */
  changePassword: '/.well-known/change-password',
  accountEmail: '/account/email',
  accountActivity: '/account/activity.jsonl',
  accountNotes: '/account/notes.json',
  documents: '/documents',
  style: '/assets/style.css',
  icon: '/icon.png',
  vectorIcon: '/icon.svg',
  health: '/health',
  live: '/health/live',
  ready: '/health/ready',
  metrics: '/metrics'
} as const

/**
 * The redirect URI path of a backend: each has its own (RFC 9700 §4.4). The operator registers it with the provider.
 */
export const callbackPath = (backend: string): string =>
  `${paths.loginCallback}/${backend.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`

/** The URL that a link in a message leads to. */
export const withSecret = (url: string, secret: string): string => `${url}?link=${secret}`

/** The URL of a sign-in page, with the handle of the interaction. */
export const withInteraction = (path: string, handle: string): string => `${path}?interaction=${handle}`

/** The pages of a sign-in under way. Which of them comes next, plugins/sign-in/next.ts decides. */
export const signInPages = {
  login: (handle: string) => withInteraction(paths.login, handle),
  code: (handle: string) => withInteraction(paths.loginCode, handle),
  accountChoice: (handle: string) => withInteraction(paths.loginChoice, handle),
  addition: (handle: string) => withInteraction(paths.accountLinkAdd, handle),
  consent: (handle: string) => withInteraction(paths.consent, handle)
}

/** The URLs in messages to people. */
export const messageUrls = (publicUrl: string) => ({
  confirm: (secret: string) => withSecret(publicUrl + paths.confirmEmail, secret),
  reset: (secret: string) => withSecret(publicUrl + paths.resetPassword, secret),
  change: (secret: string) => withSecret(publicUrl + paths.changeEmail, secret),
  forgot: publicUrl + paths.forgotPassword
})
