// Who is calling, told to an upstream that has no headers: in `_meta` of each request (MCP "_meta").
import type { UpstreamCaller } from './contract.ts'

/** `_meta` has keys of others; a prefix of our own keeps them apart. */
export const IDENTITY_META_KEY = 'io.github.mcp-oauth-server/caller'

/**
 * The same facts as in the headers and the token.
 * @param caller `undefined` for nobody, of whom nothing is said.
 */
export function identityMeta (caller: UpstreamCaller | undefined): Record<string, unknown> {
  if (!caller) return {}
  const { id, email, name, groups, clientId } = caller
  return {
    [IDENTITY_META_KEY]: {
      id,
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      groups,
      client: clientId
    }
  }
}
