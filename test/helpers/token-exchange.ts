// The provider of tests as the identity provider of an organization: it exchanges ID tokens for ID-JAGs, for the apps that
// its administrator allows (RFC 8693; ID-JAG draft §4.3).
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ID_JAG_TYPE } from './organization.ts'
import type { TestProvider } from './openid-provider.ts'

const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'

/** An app at the provider, and what it is called at the server that it asks for. */
export interface AllowedApp {
  /** Its client id at the provider. */
  atProvider: string
  /** Its client id at the server. */
  atServer: string
  /** What the administrator allows. */
  scope: string
}

/** @param now seconds since the epoch. */
export function exchangeTokens (provider: TestProvider, app: AllowedApp, now: () => number): void {
  const { issuer } = provider
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
  const send = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  async function exchange (request: IncomingMessage): Promise<object> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const form = new URLSearchParams(body)
    const currentDate = new Date(now() * 1000)
    const { payload } = await jwtVerify(form.get('subject_token')!, keys, { issuer, audience: app.atProvider, currentDate })
    if (form.get('requested_token_type') !== ID_JAG || form.get('client_id') !== app.atProvider) throw new Error('not allowed')
    const at = Math.floor(now())
    const claims = {
      iss: issuer,
      sub: payload.sub,
      email: provider.people[payload.sub!]!['email'],
      aud: form.get('audience'),
      resource: form.get('resource'),
      client_id: app.atServer,
      scope: app.scope,
      jti: randomUUID(),
      iat: at,
      exp: at + 300
    }
    const token = await provider.signIdToken(claims, undefined, ID_JAG_TYPE)
    return { access_token: token, issued_token_type: ID_JAG, token_type: 'N_A', expires_in: 300, scope: app.scope }
  }

  provider.instead.set('/.well-known/oauth-authorization-server', (_request, response) =>
    send(response, 200, {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/exchange`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      identity_chaining_requested_token_types_supported: [ID_JAG]
    })
  )
  provider.instead.set('/exchange', (request, response) => {
    exchange(request).then(
      (answer) => send(response, 200, answer),
      ({ message }: Error) => send(response, 400, { error: 'invalid_grant', error_description: message })
    )
  })
}
