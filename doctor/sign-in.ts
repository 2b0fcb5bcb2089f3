// A complete sign-in as ChatGPT does it, with a person at the browser: code, token, refresh, and finally revocation
// (OAuth 2.1 §4, RFC 7009, RFC 9207).
import type { AuthorizationServer } from './authorization-server.ts'
import { authorizeUrl, describe } from './authorize.ts'
import { request, type Answer } from './http.ts'
import type { LoopbackCallback } from './loopback.ts'
import type { Report } from './report.ts'

export interface Tokens {
  access: string
  refresh?: string
}

/** @param show gives the person the URL to open. */
export async function signIn (
  report: Report,
  server: AuthorizationServer,
  client: string,
  back: LoopbackCallback,
  show: (url: string) => void
): Promise<Tokens | undefined> {
  report.section('Sign-in')
  const { url, verifier, state } = authorizeUrl(server, client, back.redirect)
  show(url.href)
  const parameters = await back.arrived
  const code = parameters?.get('code')
  if (!parameters || !code) {
    report.fail(
      parameters
        ? `The browser came back without a code: ${parameters.get('error')} ${parameters.get('error_description') ?? ''}`
        : 'The browser did not come back within five minutes.',
      'Sign in and allow access on the page that opens. If a page stays open, its text and the server’s log say why.'
    )
    return undefined
  }
  if (parameters.get('state') !== state) {
    report.fail('The browser came back with a different state.', 'Clients refuse such an answer.')
  }
  if (server.sendsIssuer && parameters.get('iss') !== server.issuer) {
    report.fail(
      `The answer names the issuer ${parameters.get('iss')}, not ${server.issuer}`,
      'Clients refuse such an answer.'
    )
  }
  const answer = await request(server.token, {
    form: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: back.redirect,
      client_id: client,
      code_verifier: verifier,
      resource: server.resource
    }
  })
  const tokens = tokensOf(answer)
  if (!tokens) {
    report.fail(`The code was not exchanged: ${describe(answer)}`, 'Check the server’s log for this moment.')
    return undefined
  }
  report.pass('The code was exchanged for a token.')
  if (!/no-store/.test(answer.header('cache-control'))) {
    report.warn('Tokens are sent without Cache-Control: no-store.', 'A cache on the way may store them.')
  }
  return tokens.refresh === undefined
    ? withoutRefresh(report, tokens)
    : await refreshed(report, server, client, { ...tokens, refresh: tokens.refresh })
}

function withoutRefresh (report: Report, tokens: Tokens): Tokens {
  report.warn('There is no refresh token.', 'People will have to sign in again each time the token expires.')
  return tokens
}

async function refreshed (
  report: Report,
  server: AuthorizationServer,
  client: string,
  before: Required<Tokens>
): Promise<Tokens> {
  const answer = await request(server.token, {
    form: { grant_type: 'refresh_token', refresh_token: before.refresh, client_id: client, resource: server.resource }
  })
  const after = tokensOf(answer)
  if (!after) {
    report.fail(
      `The token could not be refreshed: ${describe(answer)}`,
      'People will have to sign in again each time it expires.'
    )
    return before
  }
  report.pass(
    after.refresh === undefined || after.refresh === before.refresh
      ? 'The token was refreshed.'
      : 'The token was refreshed, and the refresh token replaced.'
  )
  return { access: after.access, refresh: after.refresh ?? before.refresh }
}

function tokensOf ({ status, json }: Answer): Tokens | undefined {
  const { access_token: access, refresh_token: refresh } = json ?? {}
  return status === 200 && typeof access === 'string'
    ? { access, ...(typeof refresh === 'string' && { refresh }) }
    : undefined
}

/** Revokes the tokens. @param isAccepted whether the server still accepts the access token. */
export async function signOut (
  report: Report,
  server: AuthorizationServer,
  client: string,
  tokens: Tokens,
  isAccepted: () => Promise<boolean>
): Promise<void> {
  report.section('Revocation')
  if (server.revoke === undefined) {
    report.warn(
      'Tokens cannot be revoked: there is no revocation_endpoint.',
      'The doctor’s token stays valid until it expires. Disconnect it by hand if there is a page for that.'
    )
    return
  }
  const answer = await request(server.revoke, { form: { token: tokens.refresh ?? tokens.access, client_id: client } })
  if (answer.status !== 200) {
    report.fail(
      `The token could not be revoked: ${describe(answer)}`,
      'People who disconnect an app expect its access to end.'
    )
  } else if (await isAccepted()) {
    report.warn(
      'The access token still works after its revocation.',
      'People who disconnect an app expect its access to end at once.'
    )
  } else report.pass('The revoked token no longer works.')
}
