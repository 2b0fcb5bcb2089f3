// ID_JAG_ISSUERS: the identity providers of organizations whose assertions connect apps for
// their people (draft-ietf-oauth-identity-assertion-authz-grant). What is wrong is named by
// entry and member.
import { z } from 'zod'
import { isLoopback } from '../authoring/env.ts'

const EXAMPLE = '[{"issuer":"https://acme.okta.com","domains":["acme.com"]}]'

function isSecure (value: string): boolean {
  const url = URL.parse(value)
  if (!url || url.hash || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const url = (help: string) =>
  z
    .string(help)
    .max(500, help)
    .refine(isSecure, `${help}; it must be https, except on this computer`)
const ISSUER_HELP = 'write the issuer as it is in "iss", for example https://acme.okta.com'
const KEYS_HELP = "write the address of the issuer's keys, or leave it out: its metadata names them"
const text = z.string().min(1).max(500)

const DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/
const DOMAINS_HELP =
  'list the domains whose addresses this issuer gives out, for example ["acme.com"], or [] for none'
const domain = z
  .string(DOMAINS_HELP)
  .toLowerCase()
  .max(253)
  .regex(DOMAIN, DOMAINS_HELP)

const entry = z.strictObject(
  {
    issuer: url(ISSUER_HELP).refine((value) => !value.includes('?'), 'an issuer has no query'),
    jwks_uri: url(KEYS_HELP).optional(),
    domains: z
      .array(domain, DOMAINS_HELP)
      .max(100, DOMAINS_HELP),
    audience: text.optional(),
    tenant: text.optional()
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? `write an object, as in ${EXAMPLE}` : undefined
  }
)

export type IdJagIssuer = z.output<typeof entry>

/** @returns them in the order in which they are written; an issuer is there once. */
export const idJagIssuers = z
  .string()
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value)
    } catch {
      context.addIssue(`write a JSON list such as ${EXAMPLE}`)
      return z.NEVER
    }
  })
  .pipe(
    z
      .array(entry, `write a JSON list such as ${EXAMPLE}`)
      .max(20, 'list at most 20 issuers')
      .superRefine((entries, context) => {
        for (const [index, { issuer }] of entries.entries()) {
          if (entries.findIndex((other) => other.issuer === issuer) === index) continue
          context.addIssue({
            code: 'custom',
            path: [index, 'issuer'],
            message: 'this issuer is listed twice'
          })
        }
      })
  )
