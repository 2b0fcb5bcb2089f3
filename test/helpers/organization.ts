// An organization's identity provider for tests: its keys and metadata
// on a loopback port, and ID-JAGs that a test can
// bend in every part.
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { json, startHost } from './client-host.ts'
import { post, type Answer, type Fields } from './oauth.ts'

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const ID_JAG_TYPE = 'oauth-id-jag+jwt'

/** The app that the organization connects. */
export const APP = { client_id: 'assistant', client_secret: 'a secret of the assistant' }
export const CLIENTS = JSON.stringify([
  { ...APP, client_name: 'Assistant', redirect_uris: ['https://app.example/callback'] },
  { client_id: 'other', client_secret: 'a secret of another app', redirect_uris: ['https://other.example/callback'] },
  { client_id: 'public', redirect_uris: ['https://public.example/callback'] }
])

export interface Signing {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  key?: CryptoKey | Uint8Array
}

export type Organization = Awaited<ReturnType<typeof startOrganization>>

/** @param now seconds since the epoch: assertions are issued then. */
export async function startOrganization (t: Test, { now = () => Date.now() / 1000, domains = ['acme.example'] } = {}) {
  const host = await startHost(t)
  const issuer = host.url('')
  const pairs = new Map<string, CryptoKey>()
  const published: JWK[] = []
  const publish = () => host.answers.set('/keys', json({ keys: published }))
  async function addKey (kid: string, alg = 'ES256') {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    pairs.set(kid, privateKey)
    published.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })
    publish()
  }
  await addKey('first')
  host.answers.set('/.well-known/openid-configuration', json({ issuer, jwks_uri: host.url('/keys') }))

  return {
    issuer,
    host,
    addKey,
    published,
    env: { CLIENTS, ID_JAG_ISSUERS: JSON.stringify([{ issuer, domains }]) },
    /** @param server the URL of the server that it is for. */
    async sign (server: string, { claims = {}, header = {}, key }: Signing = {}): Promise<string> {
      const all: Record<string, unknown> = {
        iss: issuer,
        sub: 'ann at acme',
        aud: server,
        resource: server,
        client_id: APP.client_id,
        jti: randomUUID(),
        iat: Math.floor(now()),
        exp: Math.floor(now()) + 300,
        scope: 'mcp:read mcp:write',
        email: 'ann@acme.example',
        name: 'Ann Smith',
        ...claims
      }
      const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      const head = { alg: 'ES256', kid: 'first', typ: ID_JAG_TYPE, ...header }
      return new SignJWT(kept).setProtectedHeader(head).sign(key ?? pairs.get(head.kid) ?? pairs.get('first')!)
    }
  }
}

/** The token request of the app. */
export const present = (server: string, assertion: string, fields: Fields = {}): Promise<Answer> =>
  post(`${server}/token`, { ...APP, grant_type: JWT_BEARER, assertion, ...fields })
