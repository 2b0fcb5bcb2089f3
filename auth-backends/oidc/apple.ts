// What is special at Apple: a client secret that is a signed token of our own, and a name that comes only once, beside the
// ID token (Apple, "Creating a client secret", "Configuring your webpage for Sign in with Apple").
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { z } from 'zod'

const AUDIENCE = 'https://appleid.apple.com'
const MAX_USER_CHARACTERS = 2_000

export interface AppleKey {
  team: string
  keyId: string
  key: KeyObject
}

/**
 * A file `AuthKey_….p8` as text: in one line or several, with or without its first and last.
 */
export function readAppleKey (text: string): KeyObject | undefined {
  const body = text.replaceAll('\\n', '\n').replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '')
  try {
    const key = createPrivateKey({ key: Buffer.from(body, 'base64'), format: 'der', type: 'pkcs8' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}

/**
 * @returns a secret for one request. Apple refuses one that is valid for more than six months.
 */
export const makeAppleSecret = async (
  clientId: string,
  { team, keyId, key }: AppleKey
): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(team)
    .setSubject(clientId)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key)

const user = z.object({
  name: z.object({ firstName: z.string().optional(), lastName: z.string().optional() })
})

/**
 * Nobody has signed it: good for a name that the person could choose as well, and for nothing else.
 * @param answer the parameters with which the person came back.
 */
export function nameFromApple (answer: URLSearchParams): string | undefined {
  const text = answer.get('user')
  if (text === null || text.length > MAX_USER_CHARACTERS) return undefined
  try {
    const { firstName = '', lastName = '' } = user.parse(JSON.parse(text)).name
    return `${firstName} ${lastName}`.trim() || undefined
  } catch {
    return undefined
  }
}
