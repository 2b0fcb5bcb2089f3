// How each well-known client connects, as far as is known: which
// documents it asks for and in which order, how it names
// itself, where it returns, what it asks for. Data for the replay in test/journeys/client-profiles.test.ts.

export interface ClientProfile {
  name: string
  userAgent: string
  /** The first message to the MCP URL, which is answered 401. */
  opens: 'initialize' | 'server/discover'
  /** What it fetches after the 401, in order; `metadata` is the URL of the challenge. */
  probes: string[]
  /** Its metadata document, for clients that have one and find it supported. */
  document?: string
  /** What it posts to /register otherwise. */
  registration?: Record<string, unknown>
  /** For clients that come with an id of their own and neither document nor registration. */
  clientId?: string
  redirectUri: string
  scope?: string
  /** Sent along with the authorization request. */
  extra?: Record<string, string>
  /** How it spells the resource; `undefined` for clients that send none. */
  resource?: 'url' | 'url/' | 'url/mcp'
  /** Messages after the sign-in, in order. */
  calls: Array<'server/discover' | 'initialize' | 'notifications/initialized' | 'tools/list' | 'ping'>
  version: string
}

const PRM = '/.well-known/oauth-protected-resource'
const AS = '/.well-known/oauth-authorization-server'
const OIDC = '/.well-known/openid-configuration'
const both = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none'
}
const legacy = ['initialize', 'notifications/initialized', 'tools/list'] as ClientProfile['calls']

export const clientProfiles: ClientProfile[] = [
  {
    name: 'ChatGPT with its metadata document',
    userAgent: 'openai-mcp/1.0.0',
    opens: 'server/discover',
    probes: [PRM, AS, OIDC],
    document: 'https://chatgpt.com/oauth/client.json',
    redirectUri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    scope: 'mcp:read mcp:write',
    resource: 'url',
    calls: ['server/discover', 'tools/list'],
    version: '2026-07-28'
  },
  {
    name: 'ChatGPT, registered',
    userAgent: 'Python/3.12 aiohttp',
    opens: 'initialize',
    probes: [PRM, AS, OIDC, `/token${OIDC}`],
    registration: {
      ...both,
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect']
    },
    redirectUri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    resource: 'url',
    calls: legacy,
    version: '2025-11-25'
  },
  {
    name: 'ChatGPT with a bare id',
    userAgent: 'openai-mcp/1.0.0 (+https://openai.com/bot)',
    opens: 'initialize',
    probes: [PRM, AS, OIDC],
    clientId: '0a1b2c3d-0000-4000-8000-000000000001',
    redirectUri: 'https://chatgpt.com/connector/oauth/abc_DEF-1',
    resource: 'url',
    calls: legacy,
    version: '2025-11-25'
  },
  {
    name: 'Claude',
    userAgent: 'Claude-User',
    opens: 'initialize',
    probes: [PRM, AS],
    document: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    redirectUri: 'https://claude.ai/api/mcp/auth_callback',
    scope: 'openid email profile offline_access mcp:read mcp:write',
    resource: 'url/',
    calls: legacy,
    version: '2025-06-18'
  },
  {
    name: 'Claude, registered anew for each connection',
    userAgent: 'python-httpx/0.28',
    opens: 'initialize',
    probes: [`${PRM}/`, AS],
    registration: {
      ...both,
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
      scope: 'mcp:read'
    },
    redirectUri: 'https://claude.com/api/mcp/auth_callback',
    scope: 'mcp:read mcp:write offline_access',
    resource: 'url',
    calls: legacy,
    version: '2025-06-18'
  },
  {
    name: 'Claude Code',
    userAgent: 'claude-code/2.1 (cli)',
    opens: 'server/discover',
    probes: [PRM, AS],
    document: 'https://claude.ai/oauth/claude-code-client-metadata',
    redirectUri: 'http://localhost:54211/callback',
    resource: 'url',
    calls: ['server/discover', 'tools/list'],
    version: '2026-07-28'
  },
  {
    name: 'Cursor, old: one registration for all of its redirect URIs',
    userAgent: 'Cursor/1.4',
    opens: 'initialize',
    probes: [`${PRM}/mcp`, PRM, AS, OIDC],
    registration: {
      ...both,
      client_name: 'Cursor',
      application_type: 'native',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'https://www.cursor.com/bot/mcp/oauth/callback',
        'grokbot://mcp/oauth/callback',
        'http://localhost:8787/callback',
        'http://localhost:18787/callback',
        'http://localhost:28787/callback',
        'http://localhost:31787/callback'
      ]
    },
    redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    resource: 'url',
    calls: legacy,
    version: '2025-06-18'
  },
  {
    name: 'Cursor',
    userAgent: 'Cursor/2.3',
    opens: 'initialize',
    probes: [PRM, AS],
    document: 'https://cursor.com/oauth/mcp-client.json',
    redirectUri: 'https://www.cursor.com/agents/mcp/oauth/callback',
    resource: 'url',
    calls: legacy,
    version: '2025-11-25'
  },
  {
    name: 'VS Code',
    userAgent: 'node',
    opens: 'initialize',
    probes: [PRM, AS],
    document: 'https://vscode.dev/oauth/client-metadata.json',
    redirectUri: 'http://127.0.0.1:33418/',
    scope: 'mcp:read mcp:write',
    resource: 'url',
    calls: legacy,
    version: '2025-11-25'
  },
  {
    name: 'VS Code, registered',
    userAgent: 'node',
    opens: 'initialize',
    probes: [PRM, AS],
    registration: {
      ...both,
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      application_type: 'native',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/'
      ]
    },
    redirectUri: 'http://127.0.0.1:50123/',
    resource: 'url',
    calls: legacy,
    version: '2025-11-25'
  },
  {
    name: 'Codex',
    userAgent: 'openai-mcp/1.0.0 (Codex)',
    opens: 'initialize',
    probes: [PRM, AS, OIDC],
    document: 'https://chatgpt.com/oauth/codex/client.json',
    redirectUri: 'http://127.0.0.1:61234/callback',
    resource: 'url/mcp',
    calls: legacy,
    version: '2025-06-18'
  },
  {
    name: 'Inspector',
    userAgent: 'Mozilla/5.0',
    opens: 'initialize',
    probes: [PRM, AS],
    registration: {
      ...both,
      client_name: 'MCP Inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback', 'http://localhost:6274/oauth/callback/debug'],
      scope: 'mcp:read mcp:write',
      client_uri: 'https://github.com/modelcontextprotocol/inspector'
    },
    redirectUri: 'http://localhost:6274/oauth/callback/debug',
    scope: 'mcp:read',
    extra: { prompt: 'consent' },
    resource: 'url',
    calls: [...legacy, 'ping'],
    version: '2025-11-25'
  },
  {
    name: 'a client of 2025-03-26 that knows no resource',
    userAgent: 'old',
    opens: 'initialize',
    probes: [AS],
    registration: { client_name: 'Old', redirect_uris: ['http://127.0.0.1:3334/oauth/callback'] },
    redirectUri: 'http://127.0.0.1:3334/oauth/callback',
    calls: legacy,
    version: '2025-03-26'
  }
]
