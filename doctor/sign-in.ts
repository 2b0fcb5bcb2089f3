// A whole sign-in, as ChatGPT does it, with a person at the browser: code, token, refresh; and at the end the
// revocation (OAuth 2.1 §4, RFC 7009, RFC 9207).
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request, type Answer } from './http.ts'
import { authorizeUrl, describe } from './clients.ts'
import type { AuthorizationServer } from './discovery.ts'
import type { Report } from './report.ts'

const TIMEOUT_MS = 5 * 60_000

/** Where the browser comes back to. */
export interface Return {
  redirect: string
  /** The parameters it came back with; nothing after five minutes. */
  arrived: Promise<URLSearchParams | undefined>
  close(): void
}

export async function listen (): Promise<Return> {
  const { promise: arrived, resolve } = Promise.withResolvers<URLSearchParams | undefined>()
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://127.0.0.1')
    if (url.pathname !== '/callback') {
      response.writeHead(404).end()
      return
    }
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      .end('Thank you. Go back to the terminal; this tab can be closed.\n')
    resolve(url.searchParams)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const timer = setTimeout(() => resolve(undefined), TIMEOUT_MS).unref()
  return {
    redirect: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    arrived,
    close () {
      clearTimeout(timer)
      resolve(undefined)
      server.close()
    }
  }
}

export interface Tokens {
  access: string
  refresh?: string
}

/** @param show gives the person the address to open. */
export async function signIn (
  report: Report,
  server: AuthorizationServer,
  client: string,
  back: Return,
  show: (url: string) => void
): Promise<Tokens | undefined> {
  report.section('A sign-in')
  const { url, verifier, state } = authorizeUrl(server, client, back.redirect)
  show(url.href)
  const came = await back.arrived
  const code = came?.get('code')
  if (!came || !code) {
    report.fail(
      came
        ? `The browser came back without a code: ${came.get('error')} ${came.get('error_description') ?? ''}`
        : 'The browser did not come back within five minutes.',
      'Sign in and allow the access on the page that opens. If a page stays there, its text and the server’s log say why.'
    )
    return undefined
  }
  if (came.get('state') !== state) { report.fail('The browser came back with another state than it left with.', 'Clients then refuse the answer.') }
  if (server.sendsIssuer && came.get('iss') !== server.issuer) {
    report.fail(
      `The answer names the issuer ${came.get('iss')}, and not ${server.issuer}`,
      'Clients then refuse the answer.'
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
    report.fail(`The code was not exchanged: ${describe(answer)}`, 'Look at the server’s log at this moment.')
    return undefined
  }
  report.pass('The code was exchanged for a token.')
  if (!/no-store/.test(answer.header('cache-control'))) { report.warn('Tokens are sent without Cache-Control: no-store.', 'Something on the way may keep them.') }
  return tokens.refresh === undefined
    ? withoutRefresh(report, tokens)
    : await refreshed(report, server, client, { ...tokens, refresh: tokens.refresh })
}

function withoutRefresh (report: Report, tokens: Tokens): Tokens {
  report.warn('There is no refresh token.', 'People will have to sign in again each time the token ends.')
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
      'People will have to sign in again each time it ends.'
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

/** Ends what the sign-in began. @param opens whether the token still opens the server. */
export async function signOut (
  report: Report,
  server: AuthorizationServer,
  client: string,
  tokens: Tokens,
  opens: () => Promise<boolean>
): Promise<void> {
  report.section('The end')
  if (server.revoke === undefined) {
    report.warn(
      'Tokens cannot be revoked: there is no revocation_endpoint.',
      'What the doctor was given lives on until it ends. Disconnect it by hand if there is a page for that.'
    )
    return
  }
  const answer = await request(server.revoke, { form: { token: tokens.refresh ?? tokens.access, client_id: client } })
  if (answer.status !== 200) {
    report.fail(
      `The token could not be revoked: ${describe(answer)}`,
      'Who disconnects an app expects that it is over.'
    )
  } else if (await opens()) {
    report.warn(
      'The access token still works after its revocation.',
      'Who disconnects an app expects that it is over at once.'
    )
  } else report.pass('After the revocation the token is dead.')
}
