// The scopes this server offers, with the words that people read on the consent page (RFC 6749 §3.3).

/**
 * What the MCP endpoint asks for, in challenges and in the resource's metadata. `offline_access` is not for a resource
 * to ask for.
 */
export const resourceScopes = ['mcp:read', 'mcp:write'] as const

const descriptions: Readonly<Record<string, string>> = {
  'mcp:read': 'Search and read what this server shows you, and use read-only tools',
  'mcp:write': 'Use the tools that change or save something for you',
  openid: 'Know that it is you, each time you come back',
  email: 'See your e-mail address',
  profile: 'See your name',
  offline_access: 'Stay connected while you are away'
}

/** Everything a client may ask for at the authorization endpoint. */
export const offeredScopes: readonly string[] = Object.keys(descriptions)

export const describeScopes = (scopes: readonly string[]) =>
  scopes.map((scope) => ({ scope, text: descriptions[scope] ?? scope }))

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
