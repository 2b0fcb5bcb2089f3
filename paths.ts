// Every URL path that the server answers, in one table. Routes, pages and metadata read it, so they cannot disagree.
export const paths = {
  home: '/',
  mcp: ['/', '/mcp'],
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
  accountEmail: '/account/email',
  accountActivity: '/account/activity.jsonl',
  accountNotes: '/account/notes.json',
  documents: '/documents',
  style: '/assets/style.css',
  icon: '/icon.png',
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

/** The page after a step of a sign-in. */
export function pageAfter ({
  kind,
  handle,
  intent
}: {
  kind: 'entered' | 'code' | 'choice' | 'addition' | 'failed'
  handle: string
  intent?: { kind: string; path?: string }
}): string {
  if (kind === 'code') return withInteraction(paths.loginCode, handle)
  if (kind === 'choice') return withInteraction(paths.loginChoice, handle)
  if (kind === 'addition') return withInteraction(paths.accountLinkAdd, handle)
  if (kind === 'failed') return withInteraction(paths.login, handle)
  return intent?.path ?? withInteraction(paths.consent, handle)
}

/** The URL of a link in a message. */
export const withSecret = (url: string, secret: string): string => `${url}?link=${secret}`

/** The URL of a sign-in page, with the handle of the interaction. */
export const withInteraction = (path: string, handle: string): string => `${path}?interaction=${handle}`
