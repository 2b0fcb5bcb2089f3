// What a client may declare, in a registration or in its metadata document: one schema for both (RFC 7591 §2).
import { z } from 'zod'
import { toDisplayName } from '../../display-name.ts'
import { redirectUriProblem, type RedirectRules } from './redirect-uris.ts'

const isWebUri = (uri: string): boolean => /^https?:\/\/[\x21-\x7e]+$/i.test(uri) && URL.canParse(uri)

/** Only shown: a value that is not a web address is left out, and decides nothing. */
const webUri = z
  .string()
  .max(2048)
  .optional()
  .transform((uri) => (uri !== undefined && isWebUri(uri) ? uri : undefined))

const shortText = z
  .string()
  .max(200, 'must have at most 200 characters')
  .transform((text) => toDisplayName(text, ''))
  .optional()

export const clientMetadata = z.object({
  redirect_uris: z.array(z.string()).min(1, 'must list at least one URI'),
  client_name: shortText,
  client_uri: webUri,
  logo_uri: webUri,
  tos_uri: webUri,
  policy_uri: webUri,
  software_id: shortText,
  software_version: shortText
})

/**
 * Libraries write an unset member as `null`, `""` or `[]`; RFC 7591 §2 has no such notation.
 * @returns the body without such members, or unchanged if it is not an object.
 */
export function withoutUnset (body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const isSet = (value: unknown) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(body).filter(([, value]) => isSet(value)))
}

/**
 * A client is judged by the redirect URI that it uses, not by the worst that it lists (RFC 6749 §3.1.2.3).
 * @param refuse makes the error when none can be used.
 * @param uris at least one.
 * @returns those that can be used.
 */
export function usableRedirectUris (
  uris: readonly string[],
  rules: RedirectRules,
  refuse: (uri: string, problem: string) => Error
): string[] {
  const usable = uris.filter((uri) => redirectUriProblem(uri, rules) === undefined)
  if (usable.length === 0) throw refuse(uris[0]!, redirectUriProblem(uris[0]!, rules)!)
  return usable
}
