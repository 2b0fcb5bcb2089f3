// Whether a client can introduce itself as each assistant does: by registering (RFC 7591) or by a metadata document.
import type { AuthorizationServer } from './authorization-server.ts'
import { authorizeUrl, describe, follow } from './authorize.ts'
import { request, type Answer } from './http.ts'
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

export async function checkDocuments (report: Report, server: AuthorizationServer): Promise<void> {
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

export async function checkRegistration (
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
