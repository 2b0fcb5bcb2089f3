// The scopes this server offers, with the words that people read on the consent page (RFC 6749 §3.3).
import type { Key, Words } from '../../languages/index.ts'

/**
 * What the MCP endpoint asks for, in challenges and in the resource's metadata. `offline_access` is not for a resource
 * to ask for.
 */
export const resourceScopes = ['mcp:read', 'mcp:write'] as const

const descriptions: Readonly<Record<string, Key>> = {
  'mcp:read': 'common.scopeRead',
  'mcp:write': 'common.scopeWrite',
  openid: 'common.scopeOpenid',
  email: 'common.scopeEmail',
  profile: 'common.scopeProfile',
  offline_access: 'common.scopeOffline'
}

/** Everything a client may ask for at the authorization endpoint. */
export const offeredScopes: readonly string[] = Object.keys(descriptions)

export const describeScopes = ({ text }: Words, scopes: readonly string[]): Array<{ scope: string; text: string }> =>
  scopes.map((scope) => {
    const key = descriptions[scope]
    return { scope, text: key === undefined ? scope : text(key) }
  })

/**
 * RFC 6749 §3.3: unknown scopes are dropped, and the answer says what was granted. Without any, everything the resource
 * offers; nothing but blanks names none.
 */
export function grantableScopes (asked: string | undefined): string[] {
  if (asked === undefined || asked.trim() === '') return [...resourceScopes]
  const wanted = new Set(asked.split(' '))
  return offeredScopes.filter((scope) => wanted.has(scope))
}

/** Whether a token with these scopes opens anything at the MCP endpoint. */
export const opensSomething = (scopes: readonly string[]): boolean =>
  resourceScopes.some((scope) => scopes.includes(scope))
