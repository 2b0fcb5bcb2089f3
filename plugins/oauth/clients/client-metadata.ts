// What a client may say of itself, be it in a registration or in its metadata document: one schema for both (RFC 7591 §2).
import { z } from 'zod'
import { toDisplayName } from '../../display-name.ts'
import { redirectUriProblem, type RedirectRules } from './redirect-uris.ts'

const isWebUri = (uri: string): boolean => /^https?:\/\/[\x21-\x7e]+$/i.test(uri) && URL.canParse(uri)

/** Shown at most: one that is no web address is left out, and decides nothing. */
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
 * Libraries write a member that is not set as `null`, `""` or `[]`, too; RFC 7591 §2 knows only members that are there.
 * @returns the body without such members; what is no object as it is.
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
