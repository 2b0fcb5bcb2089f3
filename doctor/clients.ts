// How a client introduces itself and reaches the sign-in, as each assistant does it, and what must be refused on the way
// (RFC 7591, client metadata documents, OAuth 2.1 §4.1).
import type { AuthorizationServer } from './authorization-server.ts'
import { authorizeUrl, describe, follow, redirectsTo } from './authorize.ts'
import { request, type Answer } from './http.ts'
import { checkDocuments, checkRegistration } from './registration.ts'
import type { Report } from './report.ts'

const FOREIGN_REDIRECT = 'https://attacker.example/callback'

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
