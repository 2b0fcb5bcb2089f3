// Clients made of a description: an entry of CLIENTS, or a metadata document.
import type { Config } from '../../../config/index.ts'
import { toDisplayName } from '../../display-name.ts'
import { hashSecret } from '../../secrets.ts'
import { grantTypes, JWT_BEARER, type Client } from './contract.ts'
import { methodsOf, type ClientDocument } from './metadata-document.ts'
import { redirectUriProblem, redirects, type RedirectRules } from './redirect-uris.ts'

/** @throws Error for a redirect URI that no client may have: the operator learns of it at the start. */
export function fromOperator (
  { client_id: id, client_name: name, client_secret: secret, redirect_uris: uris }: Config['clients'][number],
  { ownOrigin }: RedirectRules
): Client {
  const rules: RedirectRules = { ownOrigin, privateUse: 'any' }
  for (const uri of uris) {
    const problem = redirectUriProblem(uri, rules)
    if (problem) throw new Error(`CLIENTS: the redirect URI ${uri} of ${id} ${problem}`)
  }
  return {
    id,
    name: toDisplayName(name ?? id, id),
    kind: 'operator',
    ...(secret && { secretHash: hashSecret(secret) }),
    // "Confidential clients" (ID-JAG draft §8.1).
    grantTypes: [...grantTypes, ...(secret ? [JWT_BEARER] as const : [])],
    ...redirects(uris, rules)
  }
}

/**
 * A metadata document as a client. Every one gets refresh tokens: without them its user would sign in again each hour.
 * @param isAllowed see {@link Client.assertion}.
 */
export function fromDocument (found: ClientDocument, isAllowed: boolean, rules: RedirectRules): Client {
  const methods = methodsOf(found)
  const { jwks, jwks_uri: jwksUri } = found
  const keys = { ...(jwks && { jwks }), ...(jwksUri && { jwksUri }), isAllowed }
  return {
    id: found.client_id,
    name: toDisplayName(found.client_name ?? '', new URL(found.client_id).host),
    kind: 'document',
    ...(methods.includes('private_key_jwt') && { assertion: { ...keys, required: !methods.includes('none') } }),
    // Without a proof as well, where the document asks for none (MCP enterprise-managed authorization §5).
    grantTypes: [...grantTypes, JWT_BEARER],
    ...(found.client_uri && { uri: found.client_uri }),
    ...redirects(found.redirect_uris, rules)
  }
}
