// The variables of the OpenID Connect backend, and what they say about the provider and its claims.
import { z } from 'zod'
import { isLoopback, list } from '../../authoring/env.ts'

/** Everybody can have an account there, so the operator has to say who is meant. */
const OPEN_TO_ALL =
  /^https:\/\/(?:accounts\.google\.com|appleid\.apple\.com|gitlab\.com|login\.microsoftonline\.com\/(?:common|consumers|organizations)\/v2\.0|login\.yahoo\.com|slack\.com)\/?$/

const ISSUER_HELP =
  'write the issuer of your provider, for example https://accounts.google.com (docs/openid-providers.md has it for each)'

const issuer = z
  .string(ISSUER_HELP)
  .trim()
  .refine((value) => {
    const url = URL.parse(value)
    return (
      url !== null &&
      !url.search &&
      !url.hash &&
      !url.username &&
      (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
    )
  }, `${ISSUER_HELP}. It must be https, except on this computer`)

const DISCOVERY = /\/\.well-known\/openid-configuration\/?$/

/** Whether OIDC_ISSUER is the address of the discovery document, which people also paste. */
export const isDiscoveryUrl = (value: string): boolean => DISCOVERY.test(value)

/**
 * The issuer that OIDC_ISSUER means, for display and to recognize a provider. If the address of the discovery document
 * was given, a slash at its end may be missing: only the document has it (OpenID Connect Discovery §4.1).
 */
export const issuerOf = (value: string): string => value.replace(DISCOVERY, '')

/** How a client may send its secret (OpenID Connect Core §9). */
const secretMethods = ['client_secret_basic', 'client_secret_post'] as const

export const env = z
  .object({
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: z.string('write the client id that the provider gave this server').trim(),
    OIDC_CLIENT_SECRET: z.string().trim().optional(),
    OIDC_TOKEN_AUTH: z.enum(secretMethods, `write ${secretMethods.join(' or ')}`).optional(),
    OIDC_TITLE: z.string().trim().max(60, 'use at most 60 characters').optional(),
    OIDC_SCOPE: z
      .string()
      .trim()
      .default('openid email profile')
      .refine(
        (value) => value.split(/\s+/).includes('openid'),
        'must contain openid, for example: openid email profile groups'
      ),
    OIDC_ALLOWED_DOMAINS: list
      .refine(
        (domains) => domains.every((domain) => /^(?:\*|[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.test(domain)),
        'write domains separated by commas, for example example.com,example.org, or * for all'
      )
      .transform((domains) => domains.map((domain) => domain.toLowerCase()))
      .optional(),
    OIDC_ALLOWED_GROUPS: list.optional(),
    OIDC_GROUPS_CLAIM: z.string().trim().optional(),
    OIDC_TRUST_EMAIL: z.enum(['on', 'off'], 'write on or off').default('off')
  })
  .superRefine((values, context) => {
    if (OPEN_TO_ALL.test(issuerOf(values.OIDC_ISSUER)) && !values.OIDC_ALLOWED_DOMAINS && !values.OIDC_ALLOWED_GROUPS) {
      context.addIssue({
        code: 'custom',
        path: ['OIDC_ALLOWED_DOMAINS'],
        message: `everybody can have an account at ${new URL(values.OIDC_ISSUER).host}: write the domains that may sign in, for example example.com, or * for everybody whom ALLOWED_EMAILS lets in`
      })
    }
  })

export type OidcSettings = z.output<typeof env>

const GOOGLE = 'https://accounts.google.com'

/**
 * What a sign-in asks the provider for. Offline access needs consent (OpenID Connect Core §11); Google has a parameter
 * of its own for it.
 * @param again the person has to prove again who they are (§3.1.2.1).
 */
export function authorizationParameters (
  { OIDC_ISSUER, OIDC_SCOPE }: OidcSettings,
  again: boolean
): Record<string, string> {
  const scopes = OIDC_SCOPE.split(/\s+/)
  const isOffline = scopes.includes('offline_access')
  const isGoogle = issuerOf(OIDC_ISSUER).replace(/\/$/, '') === GOOGLE
  const prompt = [again ? (isGoogle ? 'select_account' : 'login') : '', isOffline ? 'consent' : '']
    .filter((one) => one !== '')
    .join(' ')
  return {
    scope: scopes.filter((scope) => !isGoogle || scope !== 'offline_access').join(' '),
    ...(prompt !== '' && { prompt }),
    ...(isGoogle && isOffline && { access_type: 'offline' }),
    ...(again && { max_age: '0' })
  }
}

/** Where it is set, groups are wanted: userinfo is asked for those that the ID token does not name. */
export const claimOfGroups = ({ OIDC_GROUPS_CLAIM = 'groups' }: OidcSettings): string => OIDC_GROUPS_CLAIM

export type Claims = Readonly<Record<string, unknown>>

/** Unique within its issuer only (OpenID Connect Core §2). */
export const subjectOf = ({ iss, sub }: Claims): string => `${iss} ${sub}`

/** The address and whether the provider vouches for it. `xms_edov` is how Microsoft Entra says so. */
export function addressOf (
  claims: Claims,
  { OIDC_TRUST_EMAIL }: OidcSettings
): { email?: string; emailVerified?: boolean } {
  const { email, email_verified: verified, xms_edov: edov } = claims
  if (typeof email !== 'string' || !z.email().safeParse(email).success) return {}
  return { email, emailVerified: OIDC_TRUST_EMAIL === 'on' || isYes(verified) || isYes(edov) }
}

/** Some providers write booleans as words or numbers. */
const isYes = (value: unknown): boolean => value === true || value === 'true' || value === 1 || value === '1'
