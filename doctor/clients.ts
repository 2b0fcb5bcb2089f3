// How a client introduces itself and reaches the sign-in, as each assistant does it, and what must be refused on the way
// (RFC 7591, client metadata documents, OAuth 2.1 §4.1).
import { createHash, randomBytes } from 'node:crypto'
import { request, type Answer } from './http.ts'
import type { AuthorizationServer } from './discovery.ts'
import type { Report } from './report.ts'

/** The redirect URIs that each assistant registers. */
const REGISTERS: Record<string, string[]> = {
  ChatGPT: ['https://chatgpt.com/connector_platform_oauth_redirect'],
  Claude: ['https://claude.ai/api/mcp/auth_callback'],
  'Claude Code': ['http://localhost:54212/callback'],
  Cursor: [
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/callback'
  ],
  'VS Code': ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect', 'https://insiders.vscode.dev/redirect']
}
/** The clients that have a metadata document, and a redirect URI of each. */
const DOCUMENTS: Record<string, [client: string, redirect: string]> = {
  ChatGPT: ['https://chatgpt.com/oauth/client.json', 'https://chatgpt.com/connector_platform_oauth_redirect'],
  Claude: ['https://claude.ai/oauth/mcp-oauth-client-metadata', 'https://claude.ai/api/mcp/auth_callback'],
  'Claude Code': ['https://claude.ai/oauth/claude-code-client-metadata', 'http://localhost/callback'],
  'VS Code': ['https://vscode.dev/oauth/client-metadata.json', 'https://vscode.dev/redirect']
}
const FOREIGN_REDIRECT = 'https://attacker.example/callback'
const MAX_REDIRECTS = 6

/** @param redirect of the doctor itself. @returns its client id, where it could register. @throws NoAnswer */
export async function checkClients (
  report: Report,
  server: AuthorizationServer,
  redirect: string
): Promise<string | undefined> {
  report.section('How a client introduces itself')
  if (server.takesDocuments) await checkDocuments(report, server)
  const client = server.register === undefined ? undefined : await checkRegistration(report, server, redirect)
  if (client !== undefined) await checkRefusals(report, server, client, redirect)
  return client
}

/** A request as a client makes it. @param change parameters to replace; `undefined` redirectsTo one out. */
export function authorizeUrl (
  server: AuthorizationServer,
  client: string,
  redirect: string,
  change: Record<string, string | undefined> = {}
): { url: URL; verifier: string; state: string } {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const url = new URL(server.authorize)
  const parameters: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: client,
    redirect_uri: redirect,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: server.resource,
    ...(server.scopes.length > 0 && { scope: server.scopes.join(' ') }),
    ...change
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return { url, verifier, state }
}

async function checkDocuments (report: Report, server: AuthorizationServer): Promise<void> {
  const known: string[] = []
  for (const [name, [client, redirect]] of Object.entries(DOCUMENTS)) {
    const end = await follow(authorizeUrl(server, client, redirect).url)
    if (end.status === 200) known.push(name)
    else {
      report.fail(
        `${name}, with the metadata document ${client}, does not reach the sign-in: ${describe(end)}`,
        'Check that the server can fetch the document: its outgoing connections may be blocked.'
      )
    }
  }
  if (known.length > 0) report.pass(`With their metadata documents, these reach the sign-in: ${known.join(', ')}.`)
}

const register = (address: string, name: string, redirects: string[]): Promise<Answer> =>
  request(address, {
    json: {
      client_name: name,
      redirect_uris: redirects,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none'
    }
  })

async function checkRegistration (
  report: Report,
  server: AuthorizationServer,
  redirect: string
): Promise<string | undefined> {
  const taken: string[] = []
  for (const [name, redirects] of Object.entries(REGISTERS)) {
    const answer = await register(server.register!, `${name} (tried by mcp-doctor)`, redirects)
    if (answer.status === 201 && typeof answer.json?.['client_id'] === 'string') taken.push(name)
    else {
      report.fail(
        `${name} cannot register with ${redirects.join(', ')}: ${describe(answer)}`,
        'One refused redirect URI fails the whole registration.'
      )
    }
  }
  if (taken.length > 0) report.pass(`These can register: ${taken.join(', ')}.`)
  const own = await register(server.register!, 'mcp-doctor', [redirect])
  const id = own.json?.['client_id']
  if (own.status === 201 && typeof id === 'string') return id
  report.fail(
    `A program on a person’s computer cannot register: ${describe(own)}`,
    'Claude Code, Codex, VS Code and Cursor come back to http://127.0.0.1 with any port.'
  )
  return undefined
}

async function checkRefusals (
  report: Report,
  server: AuthorizationServer,
  client: string,
  redirect: string
): Promise<void> {
  const page = await follow(authorizeUrl(server, client, redirect).url)
  if (page.status === 200) checkPage(report, page)
  else {
    report.fail(
      `A registered client does not reach the sign-in: ${describe(page)}`,
      'Check the server’s log for this moment.'
    )
  }
  const stranger = await follow(authorizeUrl(server, client, FOREIGN_REDIRECT).url)
  if (redirectsTo(stranger, FOREIGN_REDIRECT)) {
    report.fail(
      'People are redirected to an address that the client never registered.',
      'An attacker who makes such a link gets other people’s codes. Do not use this server until this is fixed.'
    )
  } else report.pass('A redirect URI that was not registered is refused.')
  const bare = await follow(
    authorizeUrl(server, client, redirect, { code_challenge: undefined, code_challenge_method: undefined }).url
  )
  if (bare.status === 200) {
    report.fail(
      'The sign-in starts without PKCE.',
      'OAuth 2.1 requires it of every client: refuse requests without code_challenge.'
    )
  } else report.pass('A request without PKCE is refused.')
  const token = await request(server.token, {
    form: {
      grant_type: 'authorization_code',
      code: 'made-up',
      redirect_uri: redirect,
      client_id: client,
      code_verifier: 'v'.repeat(43)
    }
  })
  if (token.status === 400 && token.json?.['error'] === 'invalid_grant') {
    report.pass('A made-up code gets 400 invalid_grant.')
  } else {
    report.fail(
      `A made-up code gets ${describe(token)}; it should be 400 invalid_grant, as JSON.`,
      'Clients start a new sign-in only after that error.'
    )
  }
}

function checkPage (report: Report, page: Answer): void {
  const policy = page.header('content-security-policy')
  report.pass('A registered client reaches the sign-in.')
  if (/form-action/.test(policy)) {
    report.warn(
      'The page has a policy with form-action.',
      'Chromium applies it to the redirect back to the app: the button then does nothing. Leave form-action out.'
    )
  }
  if (!page.header('x-frame-options') && !/frame-ancestors/.test(policy)) {
    report.warn(
      'The page can be framed by another site.',
      'People can be tricked into clicking what they do not see: send X-Frame-Options: DENY.'
    )
  }
}

/** What a browser would see in the end: follows redirects within the site, and stops where they leave it. */
async function follow (start: URL): Promise<Answer> {
  const jar = new Map<string, string>()
  let url = start
  for (let step = 0; ; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await request(url, { headers: { accept: 'text/html', ...(cookie && { cookie }) } })
    for (const each of answer.cookies) jar.set(each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1))
    const next = URL.parse(answer.header('location'), url.href)
    if (answer.status < 300 || answer.status >= 400 || next?.origin !== start.origin || step === MAX_REDIRECTS) {
      return answer
    }
    url = next
  }
}

const redirectsTo = (answer: Answer, to: string): boolean => answer.header('location').startsWith(to)

/** The status, and the reason that the answer gives. */
export function describe (answer: Answer): string {
  const back = URL.parse(answer.header('location'))?.searchParams
  const error = answer.json?.['error'] ?? back?.get('error')
  const more = answer.json?.['error_description'] ?? back?.get('error_description')
  return [answer.status, error, more].filter((part) => part !== undefined && part !== null).join(' ')
}
