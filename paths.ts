// The surface in one table: every URL path the server answers. Routes, pages and metadata read it, so no two of them can disagree.
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
  logout: '/logout',
  signup: '/signup',
  consent: '/consent',
  account: '/account',
  accountRevoke: '/account/disconnect',
  accountSignOut: '/account/sign-out-everywhere',
  accountDelete: '/account/delete',
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

/** The URL of a sign-in page, with the handle of what the person came for. */
export const withInteraction = (path: string, handle: string): string => `${path}?interaction=${handle}`
