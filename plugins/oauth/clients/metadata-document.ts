// What a client metadata document is: its URL, which is the client's id, and what it may say
// (draft-ietf-oauth-client-id-metadata-document-00 §3, §4).
import { z } from 'zod'
import { invalidClient, type Reason } from '../../../errors.ts'
import { clientMetadata, usableRedirectUris, withoutUnset } from './client-metadata.ts'
import type { RedirectRules } from './redirect-uris.ts'

const MAX_ID_CHARACTERS = 512

const { redirect_uris: redirectUris, client_name: clientName, client_uri: clientUri } = clientMetadata.shape

const document = z.object({
  client_id: z.string(),
  client_name: clientName,
  redirect_uris: redirectUris.max(50),
  client_uri: clientUri,
  grant_types: z.array(z.string()).default(['authorization_code']),
  token_endpoint_auth_method: z.string().optional(),
  /** Not in RFC 7591: how ChatGPT says that it can do without its assertion. */
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  jwks_uri: z.string().max(2048).optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(20) }).optional()
})
export type ClientDocument = z.input<typeof document>

/**
 * `url` is `undefined` when the id cannot be that of a document: https, with a path, in its normal form, nothing hidden
 * in it (draft §3).
 */
export function documentUrl (id: string, insecureHosts: readonly string[]): URL | undefined {
  if (id.length > MAX_ID_CHARACTERS || !/^https?:\/\/[\x21-\x7e]+$/.test(id) || !URL.canParse(id)) return undefined
  const url = new URL(id)
  const isSound =
    url.href === id &&
    url.pathname !== '/' &&
    !url.hash &&
    !id.includes('#') &&
    !url.username &&
    !url.password &&
    !/%2e/i.test(url.pathname)
  return isSound && (url.protocol === 'https:' || insecureHosts.includes(url.host)) ? url : undefined
}

/**
 * @throws invalid_client for anything other than a document of the client at `url` with a redirect URI that can be used.
 * @returns it with all its redirect URIs: the one that a request names is judged then.
 */
export function checkDocument (body: unknown, url: URL, rules: RedirectRules): ClientDocument {
  const said = { key: 'problems.badDescription', values: { host: url.host } } as const
  const refuse = (problem: string, reason: Reason = 'document_invalid') =>
    invalidClient(`The app's description at ${url.host} cannot be used: ${problem}.`, false, said).because(reason)
  const parsed = document.safeParse(withoutUnset(body))
  if (!parsed.success) throw refuse(`${parsed.error.issues[0]!.path.join('.')} is missing or malformed`)
  const found = parsed.data
  if (found.client_id !== url.href) throw refuse('its client_id is not the address it was read from', 'document_mismatch')
  // A document is public: a secret in it is none, and one that asks for a secret is a mistake
  // (draft §4.1).
  if (methodsOf(found).every((method) => method.startsWith('client_secret'))) {
    throw refuse('it asks for a client secret')
  }
  usableRedirectUris(found.redirect_uris, rules, (_uri, problem) => refuse(`its redirect URI ${problem}`, 'invalid_redirect_uri'))
  return found
}

/**
 * All the ways the client says it can prove itself; the plural counts beside the singular
 * (requirement R5).
 */
export const methodsOf = (found: ClientDocument): string[] => [
  ...(found.token_endpoint_auth_methods_supported ?? []),
  found.token_endpoint_auth_method ?? 'none'
]
