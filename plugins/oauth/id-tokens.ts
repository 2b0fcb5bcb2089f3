// Just enough OpenID Connect: signed ID tokens, the key set, and claims about the person for clients that asked for them
// (OpenID Connect Core §2, §5.4). The key set signs what upstreams are told as well.
// Tested in test/routes/openid.test.ts, test/routes/openid-client.test.ts and test/plugins/oauth/id-tokens.test.ts.
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { JWK, JWTPayload } from 'jose'
import type { Config } from '../../config/index.ts'
import type { Grant } from './grants/contract.ts'

/**
 * The one class of authentication that an app can ask for, by the name that others use for it as well (OpenID Connect
 * Core §2, `acr`).
 */
export const SECOND_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** An ID token of ours is shorter. */
const MAX_HINT_CHARACTERS = 4_096
const ALGORITHM = 'RS256'
const PURPOSE = 'id token key'
const ID_TOKEN_LIFETIME_SECONDS = 3600

declare module 'fastify' {
  interface FastifyInstance {
    openid: OpenId
  }
}

export interface OpenId {
  algorithm: string
  /** The public keys that everything here is signed under. */
  keySet(): Promise<{ keys: JWK[] }>
  /**
   * @param typ tells this token from all others under the same key (RFC 8725 §3.11); `JWT` is
   * an ID token.
   */
  sign(claims: JWTPayload, typ: string): Promise<string>
  /** @returns undefined when the person did not allow `openid`. */
  idToken(grant: Grant, scopes: readonly string[]): Promise<string | undefined>
  /**
   * Whom an ID token of ours is about; it may have ended (OpenID Connect Core §3.1.2.1, `id_token_hint`).
   * @returns undefined for one that was not given to this client.
   */
  subjectOf(idToken: string, clientId: string): Promise<string | undefined>
  /**
   * What these scopes let a client know about a person.
   * As it is now: a grant has the name and address of its consent.
   */
  claims(userId: string, scopes: readonly string[]): Promise<Record<string, unknown>>
}

interface SigningKey {
  privateKey: KeyObject
  jwk: JWK
}

export default fp(
  async function openid (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
    let known: Promise<SigningKey> | undefined
    // Read or generated when first needed; a failure is not remembered.
    const key = () => {
      known ??= loadKey(app).catch((error: unknown) => {
        known = undefined
        throw error
      })
      return known
    }

    const sign = async (payload: JWTPayload, typ: string) => {
      const { privateKey, jwk } = await key()
      const { SignJWT } = await import('jose')
      return new SignJWT(payload).setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid!, typ }).sign(privateKey)
    }

    app.decorate('openid', {
      algorithm: ALGORITHM,
      async keySet () {
        return { keys: [(await key()).jwk] }
      },
      sign,
      async subjectOf (idToken, clientId) {
        if (idToken.length > MAX_HINT_CHARACTERS) return undefined
        const { compactVerify } = await import('jose')
        const checked = await compactVerify(idToken, createPublicKey((await key()).privateKey), {
          algorithms: [ALGORITHM]
        }).catch(() => undefined)
        if (checked?.protectedHeader.typ !== 'JWT') return undefined
        const { iss, aud, sub } = JSON.parse(new TextDecoder().decode(checked.payload)) as JWTPayload
        return iss === publicUrl && aud === clientId ? sub : undefined
      },
      claims: (userId, scopes) => claims(app, userId, scopes),
      async idToken ({ clientId, user, code }, scopes) {
        if (!scopes.includes('openid')) return undefined
        const iat = Math.floor(app.now())
        const { nonce, authTime, secondFactor } = code ?? {}
        const asked = {
          ...(nonce && { nonce }),
          ...(authTime !== undefined && { auth_time: authTime }),
          // RFC 8176 §2: what was shown need not be named.
          ...(secondFactor && { acr: SECOND_FACTOR, amr: ['mfa'] })
        }
        const about = { ...(await claims(app, user.id, scopes)), ...asked }
        return sign({ ...about, iss: publicUrl, aud: clientId, iat, exp: iat + ID_TOKEN_LIFETIME_SECONDS }, 'JWT')
      }
    } satisfies OpenId)
  },
  { name: 'openid', dependencies: ['storage'] }
)

async function claims (
  { signIn }: FastifyInstance,
  userId: string,
  scopes: readonly string[]
): Promise<Record<string, unknown>> {
  const { email, emailVerified, name } = (await signIn.lifecycle.find(userId)) ?? {}
  return {
    sub: userId,
    ...(scopes.includes('email') && email && { email, email_verified: emailVerified === true }),
    ...(scopes.includes('profile') && name && { name })
  }
}

/**
 * The server's one signing key, sealed in storage: of several instances that start at once, the first to write it wins.
 */
async function loadKey (app: FastifyInstance): Promise<SigningKey> {
  const store = app.storage.collection<{ sealed: string }>('signingKey')
  const stored = await store.find('current')
  const opened = stored && app.sealing.unseal(PURPOSE, stored.sealed)
  if (opened) return toSigningKey(createPrivateKey({ key: opened, format: 'der', type: 'pkcs8' }))
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const record = { sealed: app.sealing.seal(PURPOSE, privateKey.export({ format: 'der', type: 'pkcs8' })) }
  // One that is sealed under a secret key that no longer exists is replaced, by one of them as well: each would publish its own
  // alone (threat WB-42).
  const isOurs = await store.update<boolean>('current', (found) =>
    found?.sealed === stored?.sealed ? { write: { record, ttl: null }, result: true } : { result: false }
  )
  return isOurs ? toSigningKey(privateKey) : loadKey(app)
}

async function toSigningKey (privateKey: KeyObject): Promise<SigningKey> {
  const { calculateJwkThumbprint, exportJWK } = await import('jose')
  const { kty, n, e } = await exportJWK(privateKey)
  const jwk: JWK = { kty: kty!, n: n!, e: e!, alg: ALGORITHM, use: 'sig' }
  return { privateKey, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk) } }
}
