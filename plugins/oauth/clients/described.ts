// Clients made of a description: an entry of CLIENTS, or a metadata document.
import type { Config } from '../../../config/index.ts'
import { toDisplayName } from '../../display-name.ts'
import { hashSecret } from '../../secrets.ts'
import { serviceOf } from '../services.ts'
import { readKeys } from './assertion-keys.ts'
import { grantTypes, JWT_BEARER, type Client } from './contract.ts'
import { methodsOf, type ClientDocument } from './metadata-document.ts'
import { redirectUriProblem, redirects, type RedirectRules } from './redirect-uris.ts'

/**
 * @throws Error for a redirect URI or keys that no client may have: the operator
 * learns of it at the start.
 */
export function fromOperator (
  entry: Config['clients'][number],
  { ownOrigin }: RedirectRules
): Client {
  const { client_id: id, client_name: name, client_secret: secret } = entry
  const { redirect_uris: uris, jwks, jwks_uri: jwksUri } = entry
  const rules: RedirectRules = { ownOrigin, privateUse: 'any' }
  for (const uri of uris) {
    const problem = redirectUriProblem(uri, rules)
    if (problem) throw new Error(`CLIENTS: the redirect URI ${uri} of ${id} ${problem}`)
  }
  if (jwks && readKeys(jwks.keys).length === 0) {
    throw new Error(
      `CLIENTS: no key in the jwks of ${id} can be used; ` +
      'take RSA of 2048 to 4096 bits, P-256, P-384 or Ed25519'
    )
  }
  const service = serviceOf(entry)
  // "Confidential clients" (ID-JAG draft §8.1).
  const isProvenApp =
    entry.grant_types.includes('authorization_code') && (secret ?? jwks ?? jwksUri) !== undefined
  return {
    id,
    name: toDisplayName(name ?? id, id),
    kind: 'operator',
    ...(secret && { secretHash: hashSecret(secret) }),
    ...(jwks && { assertion: { jwks, isAllowed: true, required: true } }),
    ...(jwksUri && { assertion: { jwksUri, isAllowed: true, required: true } }),
    grantTypes: [...entry.grant_types, ...(isProvenApp ? [JWT_BEARER] as const : [])],
    ...(service && { service }),
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
