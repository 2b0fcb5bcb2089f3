// Every URL path that the server answers, in one table.
// Routes, pages and metadata read it, so they cannot disagree.
/** Where the server is within its origin. */
export interface Place {
  /** The path of the MCP endpoint: `/` where the origin is the server's own. */
  mcpPath?: string | undefined
  /**
   * What the paths of pages and OAuth endpoints begin with; that of the endpoint if absent.
   */
  basePath?: string | undefined
}

export type Paths = ReturnType<typeof createPaths>

const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource'

export function createPaths ({ mcpPath = '/', basePath = mcpPath }: Place = {}) {
  const base = basePath === '/' ? '' : basePath
  return {
    /**
     * The page for people is where a person lands who opens the URL of the endpoint.
     */
    home: mcpPath,
    mcp: endpointPaths(mcpPath).flatMap(spellings),
    protectedResource: PROTECTED_RESOURCE,
    authorizationServer: '/.well-known/oauth-authorization-server',
    register: `${base}/register`,
    authorize: `${base}/authorize`,
    token: `${base}/token`,
    revoke: `${base}/revoke`,
    introspect: `${base}/introspect`,
    userinfo: `${base}/userinfo`,
    keys: `${base}/jwks`,
    openidConfiguration: '/.well-known/openid-configuration',
    login: `${base}/login`,
    switchAccount: `${base}/login/switch`,
    loginCode: `${base}/login/code`,
    loginChoice: `${base}/login/account`,
    /** The second factor, once a backend has answered. */
    loginFactor: `${base}/login/factor`,
    loginPasskey: `${base}/login/passkey`,
    loginCallback: `${base}/login/callback`,
    logout: `${base}/logout`,
    signup: `${base}/signup`,
    forgotPassword: `${base}/password/forgot`,
    resetPassword: `${base}/password/reset`,
    confirmEmail: `${base}/email/confirm`,
    changeEmail: `${base}/email/change`,
    consent: `${base}/consent`,
    ...accountPaths(base),
    ...adminPaths(base),
    documents: `${base}/documents`,
    style: `${base}/assets/style.css`,
    scripts: `${base}/assets`,
    icon: `${base}/icon.png`,
    vectorIcon: `${base}/icon.svg`,
    health: `${base}/health`,
    live: `${base}/health/live`,
    ready: `${base}/health/ready`,
    metrics: `${base}/metrics`
  }
}

/** The pages of a person. */
const accountPaths = (base: string) => ({
  account: `${base}/account`,
  accountRevoke: `${base}/account/disconnect`,
  accountSignOut: `${base}/account/sign-out-everywhere`,
  accountDelete: `${base}/account/delete`,
  accountProve: `${base}/account/prove`,
  accountLink: `${base}/account/sign-in`,
  accountLinkAdd: `${base}/account/sign-in/add`,
  accountUnlink: `${base}/account/sign-in/remove`,
  accountPassword: `${base}/account/password`,
  /** W3C "A Well-Known URL for Changing Passwords": password managers ask here. */
  changePassword: '/.well-known/change-password',
  accountEmail: `${base}/account/email`,
  accountActivity: `${base}/account/activity.jsonl`,
  accountNotes: `${base}/account/notes.json`,
  accountNoteList: `${base}/account/notes`,
  accountKeys: `${base}/account/keys`,
  accountKeyRevoke: `${base}/account/keys/revoke`,
  accountKeyList: `${base}/account/keys.json`,
  accountFactors: `${base}/account/second-factors`,
  accountPasskey: `${base}/account/second-factors/passkey`,
  accountApp: `${base}/account/second-factors/app`,
  accountCodes: `${base}/account/second-factors/codes`,
  accountFactorName: `${base}/account/second-factors/name`,
  accountFactorRemove: `${base}/account/second-factors/remove`,
  accountFactorProve: `${base}/account/second-factors/prove`,
  /** The links in mails: of somebody who is not signed in, perhaps. */
  keepFactors: `${base}/account/second-factors/keep`,
  undoFactors: `${base}/account/second-factors/undo`
})

/** The pages of owners. */
const adminPaths = (base: string) => ({
  admin: `${base}/admin`,
  adminPeople: `${base}/admin/people`,
  adminPerson: `${base}/admin/person`,
  adminInvitations: `${base}/admin/invitations`,
  adminConnections: `${base}/admin/connections`,
  adminConnection: `${base}/admin/connection`,
  adminConnectionsLive: `${base}/admin/connections/live`,
  adminApps: `${base}/admin/apps`,
  adminKeys: `${base}/admin/keys`,
  adminUpstreams: `${base}/admin/servers`,
  adminTools: `${base}/admin/tools`,
  adminDocuments: `${base}/admin/documents`,
  adminLimits: `${base}/admin/limits`,
  adminServer: `${base}/admin/server`
})

/**
 * Where the endpoint is, the canonical path first. Clients know a server at `/` by `/mcp` as
 * well.
 */
const endpointPaths = (mcpPath: string): [string, ...string[]] => (mcpPath === '/' ? ['/', '/mcp'] : [mcpPath])

/**
 * People and clients write `/mcp` with a slash at its end, too; a redirect would lose the body
 * or the token.
 */
const spellings = (path: string): string[] => (path === '/' ? [path] : [path, `${path}/`])

/**
 * A well-known document about what is at a path, which is inserted (RFC 8414 §3.1, RFC 9728
 * §3.1).
 */
export const wellKnown = (document: string, path: string): string => (path === '/' ? document : document + path)

/** One URL of the MCP endpoint. */
export interface Endpoint {
  path: string
  /** The paths that lead to it. */
  spellings: readonly string[]
  /**
   * Its resource identifier, which is also what people paste into a client (RFC 9728 §1.2).
   */
  resource: string
  /** What its challenges name (RFC 9728 §5.1). */
  metadataUrl: string
}

/** @returns the canonical one first. */
export function createEndpoints (publicUrl: string, mcpPath: string): [Endpoint, ...Endpoint[]] {
  const [first, ...others] = endpointPaths(mcpPath)
  const at = (path: string): Endpoint => ({
    path,
    spellings: spellings(path),
    resource: path === '/' ? publicUrl : publicUrl + path,
    metadataUrl: publicUrl + wellKnown(PROTECTED_RESOURCE, path)
  })
  return [at(first), ...others.map(at)]
}

/** The table of a server that has its origin to itself. */
export const paths = createPaths()

/**
 * The redirect URI path of a backend: each has its own (RFC 9700 §4.4). The operator registers it with the provider.
 */
export const callbackPath = (paths: Paths, backend: string): string =>
  `${paths.loginCallback}/${backend.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`

/** The URL that a link in a message leads to. */
export const withSecret = (url: string, secret: string): string => `${url}?link=${secret}`

/** The URL of a sign-in page, with the handle of the interaction. */
export const withInteraction = (path: string, handle: string): string => `${path}?interaction=${handle}`

/**
 * The pages of a sign-in under way. Which of them comes next, plugins/sign-in/next.ts decides.
 */
export const createSignInPages = (paths: Paths) => ({
  login: (handle: string) => withInteraction(paths.login, handle),
  code: (handle: string) => withInteraction(paths.loginCode, handle),
  factor: (handle: string) => withInteraction(paths.loginFactor, handle),
  accountChoice: (handle: string) => withInteraction(paths.loginChoice, handle),
  addition: (handle: string) => withInteraction(paths.accountLinkAdd, handle),
  consent: (handle: string) => withInteraction(paths.consent, handle)
})

/** The URLs in messages to people. */
export const messageUrls = (publicUrl: string, paths: Paths) => ({
  confirm: (secret: string) => withSecret(publicUrl + paths.confirmEmail, secret),
  reset: (secret: string) => withSecret(publicUrl + paths.resetPassword, secret),
  change: (secret: string) => withSecret(publicUrl + paths.changeEmail, secret),
  keepFactors: (secret: string) => withSecret(publicUrl + paths.keepFactors, secret),
  undoFactors: (secret: string) => withSecret(publicUrl + paths.undoFactors, secret),
  forgot: publicUrl + paths.forgotPassword
})

/** The URL of an invitation, with its secret. */
export const invitationUrl = (publicUrl: string, { signup }: Pick<Paths, 'signup'>) => (secret: string): string =>
  `${publicUrl}${signup}?invite=${secret}`
