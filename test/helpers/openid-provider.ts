// A real OpenID provider for tests: panva's oidc-provider on a loopback
// port, with a page that asks for a name, and
// handles to make it misbehave.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'

export interface TestProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** What the provider says about the people who sign in, by the name they type. */
  people: Record<string, Record<string, unknown>>
  /** Refresh tokens of whoever is in it are refused, as for somebody who has left. */
  left: Set<string>
  /** Answers instead of the provider, by path. */
  instead: Map<string, (request: IncomingMessage, response: ServerResponse) => void>
  /** Paths that were asked for, oldest first. */
  asked: string[]
  /** An ID token under the provider's own key. @param key another one, by its id. @param typ of another kind of token. */
  signIdToken(
    claims: Record<string, unknown>,
    key?: { kid: string; privateKey: CryptoKey },
    typ?: string
  ): Promise<string>
  stop(): Promise<void>
}

export interface ProviderOptions {
  /** Where people may be sent back to. */
  callbackUrls: string[]
  logoutUrls?: string[]
  port?: number
  configuration?: Configuration
}

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'test' }

export async function startProvider ({
  callbackUrls,
  logoutUrls = [],
  port = 0,
  configuration = {}
}: ProviderOptions): Promise<TestProvider> {
  const clientId = 'mcp-server'
  const clientSecret = 'a secret that the provider gave us'
  const people: TestProvider['people'] = {
    ann: { email: 'ann@example.com', email_verified: true, name: 'Ann Smith', groups: ['staff'] }
  }
  const left: TestProvider['left'] = new Set()
  const instead: TestProvider['instead'] = new Map()
  const asked: string[] = []
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.writeHead(503).end()
  }
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    asked.push(path)
    const other = instead.get(path)
    if (other) other(request, response)
    else handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const provider = createProvider(
    issuer,
    people,
    left,
    { clientId, clientSecret, callbackUrls, logoutUrls },
    configuration
  )
  const callback = provider.callback()
  handle = (request, response) => {
    const answered = request.url!.startsWith('/interaction/')
      ? askForName(provider, request, response)
      : callback(request, response)
    answered.catch(() => {
      response.writeHead(500).end()
    })
  }
  return {
    issuer,
    clientId,
    clientSecret,
    people,
    left,
    instead,
    asked,
    signIdToken: (claims, key = { kid: 'test', privateKey }, typ) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...(typ && { typ }) })
        .sign(key.privateKey),
    async stop () {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** For a token that the provider has not signed. */
export const foreignKey = publicKey && (await generateKeyPair('RS256')).privateKey

function createProvider (
  issuer: string,
  people: TestProvider['people'],
  left: TestProvider['left'],
  client: { clientId: string; clientSecret: string; callbackUrls: string[]; logoutUrls: string[] },
  configuration: Configuration
): Provider {
  const provider = new Provider(issuer, {
    clients: [
      {
        grant_types: ['authorization_code', 'refresh_token'],
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: client.callbackUrls,
        post_logout_redirect_uris: client.logoutUrls
      }
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key for the cookies of a test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'xms_edov'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true }
    },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id, token) =>
      people[id] === undefined || (left.has(id) && token?.kind === 'RefreshToken')
        ? undefined
        : { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
    async loadExistingGrant ({ oidc }) {
      return allow(oidc.provider, oidc.session!.accountId!, oidc.client!.clientId)
    },
    ...configuration
  })
  // Loopback http is what a test has.
  provider.proxy = true
  return provider
}

async function askForName (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(
        '<!doctype html><title>Provider</title><form method="post"><label>Name <input name="name"></label><button name="go" value="on">Continue</button><button name="go" value="back">Cancel</button></form>'
      )
    return
  }
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const form = new URLSearchParams(body)
  if (form.get('go') === 'back') {
    await provider.interactionFinished(request, response, {
      error: 'access_denied',
      error_description: 'The person turned back'
    })
    return
  }
  const accountId = form.get('name')!
  const { params } = await provider.interactionDetails(request, response)
  const grant = await allow(provider, accountId, params['client_id'] as string)
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId: grant.jti } })
}

async function allow (provider: Provider, accountId: string, clientId: string) {
  const grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope('openid email profile groups offline_access')
  await grant.save()
  return grant
}
