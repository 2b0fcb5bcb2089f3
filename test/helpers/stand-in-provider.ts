// A provider of OpenID Connect that says exactly what a test wants, under the address of a well-known one: requests that
// this process sends there arrive here. For what Google, Microsoft and Apple document of themselves.
import type { Test } from 'tap'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface StandIn {
  /**
   * What the next ID token says; `iss`, `exp`, `iat` and the nonce of the sign-in are there
   * unless it says otherwise.
   */
  claims: Record<string, unknown>
  /** What userinfo says; there is no such endpoint without it. */
  userinfo?: Record<string, unknown>
  /** Forms that came to the token endpoint. */
  forms: URLSearchParams[]
  /** Comes with the code, and is what the ID token has to hold. */
  nonce: string
}

/** Members of the discovery document besides the addresses. */
export type Metadata = Record<string, unknown>

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: 'stand-in' }

/**
 * @param issuer where the client looks for it; requests to its host do not leave this process until the test ends.
 * @param says what the document calls itself, where that is another name.
 */
export function standInFor (t: Test, issuer: string, metadata: Metadata = {}, says = issuer): StandIn {
  const { host, origin } = new URL(issuer)
  const standIn: StandIn = { claims: {}, forms: [], nonce: '' }
  const document = () => ({
    issuer: says,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...(standIn.userinfo && { userinfo_endpoint: `${origin}/userinfo` }),
    ...metadata
  })
  const token = async (body: unknown) => {
    const form = new URLSearchParams(String(body))
    standIn.forms.push(form)
    const iat = Math.floor(Date.now() / 1000)
    const said = { iss: says, iat, exp: iat + 600, nonce: standIn.nonce, ...standIn.claims }
    const idToken = await new SignJWT(said).setProtectedHeader({ alg: 'RS256', kid: 'stand-in' }).sign(privateKey)
    return { access_token: 'an access token', token_type: 'Bearer', id_token: idToken }
  }
  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.host !== host) return original(input, init)
    if (url.pathname.endsWith('/openid-configuration')) return Response.json(document())
    if (url.pathname === '/keys') return Response.json({ keys: [jwk] })
    if (url.pathname === '/token') return Response.json(await token(init?.body))
    return url.pathname === '/userinfo' && standIn.userinfo ? Response.json(standIn.userinfo) : new Response(null, { status: 404 })
  }
  t.teardown(() => {
    globalThis.fetch = original
  })
  return standIn
}
