// The format of codes and tokens: a prefix for the kind, the id of the grant, and 256 bits that cannot be guessed. What
// does not have this format never reaches storage.
import { createHmac, type KeyObject } from 'node:crypto'
import { hashSecret, randomSecret } from '../../secrets.ts'

const GRANT_ID_CHARS = 22 // 16 bytes, base64url
const SECRET_CHARS = 43 // 32 bytes, base64url

const PATTERN = new RegExp(
  `^mcp_(ac|at|rt)_([\\w-]{${GRANT_ID_CHARS}})(?:([0-9a-z]{1,7})\\.)?([\\w-]{${SECRET_CHARS}})$`
)

export type TokenKind = 'ac' | 'at' | 'rt'

export interface ParsedToken {
  kind: TokenKind
  grantId: string
  /** Only refresh tokens have one. */
  generation: number
}

export const newGrantId = (): string => randomSecret(16)

/**
 * The one grant of a service. Its id is no secret: what cannot be guessed of a
 * token follows it.
 */
export const serviceGrantId = (clientId: string): string =>
  hashSecret(`service ${clientId}`).slice(0, GRANT_ID_CHARS)

/** An authorization code (`ac`) or access token (`at`). */
export const newToken = (kind: 'ac' | 'at', grantId: string): string => `mcp_${kind}_${grantId}${randomSecret()}`

/**
 * The refresh token of one generation. It is derived, so a client whose response was lost gets the same successor again,
 * and an old token is recognized without a list.
 */
export const refreshToken = (grantId: string, familyKey: KeyObject, generation: number): string =>
  `mcp_rt_${grantId}${generation.toString(36)}.${derive(familyKey, `${grantId} ${generation}`)}`

/** The access token issued with the refresh token of one generation; derived for the same reason. */
export const accessTokenOf = (grantId: string, familyKey: KeyObject, generation: number): string =>
  `mcp_at_${grantId}${derive(familyKey, `access ${grantId} ${generation}`)}`

/** A key object: Node takes ten times as long with the bytes themselves. */
const derive = (familyKey: KeyObject, what: string): string => createHmac('sha256', familyKey).update(what).digest('base64url')

/** @returns undefined for anything this server cannot have issued as that kind. */
export function parseToken (kind: TokenKind, token: string): ParsedToken | undefined {
  const match = PATTERN.exec(token)
  if (!match || match[1] !== kind || (match[3] !== undefined) !== (kind === 'rt')) return undefined
  return { kind, grantId: match[2]!, generation: match[3] === undefined ? 0 : parseInt(match[3], 36) }
}
