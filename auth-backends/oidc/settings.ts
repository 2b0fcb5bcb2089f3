// The variables of the OpenID Connect backend, and what they say about the provider and its claims.
import { z } from 'zod'
import { isLoopback, list } from '../../authoring/env.ts'
import { markOfHost } from '../marks.ts'
import { readAppleKey, type AppleKey } from './apple.ts'

/** Everybody can have an account there, so the operator has to say who is meant. */
const OPEN_TO_ALL =
  /^https:\/\/(?:accounts\.google\.com|appleid\.apple\.com|gitlab\.com|login\.microsoftonline\.com\/(?:common|consumers|organizations)\/v2\.0|login\.yahoo\.com|slack\.com)\/?$/

/** One address for many organizations at Microsoft, or for its personal accounts. */
const ANY_TENANT = /^https:\/\/login\.[a-z.]+\/(?:common|organizations|consumers)(?:\/|$)/

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

/**
 * Whether OIDC_ISSUER is the address of the discovery document, which people also paste.
 */
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
    OIDC_TRUST_EMAIL: z.enum(['on', 'off'], 'write on or off').default('off'),
    OIDC_MFA_ACR: list.optional(),
    OIDC_APPLE_TEAM_ID: z.string().trim().regex(/^[A-Z0-9]{10}$/, 'write the ten characters of your Team ID').optional(),
    OIDC_APPLE_KEY_ID: z.string().trim().regex(/^[A-Z0-9]{10}$/, 'write the ten characters of the Key ID').optional(),
    OIDC_APPLE_KEY: z
      .string()
      .transform((text, context) => {
        const key = readAppleKey(text)
        if (!key) context.addIssue({ code: 'custom', message: 'copy the whole text of the file AuthKey_….p8 that Apple gave you' })
        return key
      })
      .optional()
  })
  .superRefine((values, context) => {
    for (const { name, message } of providerProblems(values)) context.addIssue({ code: 'custom', path: [name], message })
    if (OPEN_TO_ALL.test(issuerOf(values.OIDC_ISSUER)) && !values.OIDC_ALLOWED_DOMAINS && !values.OIDC_ALLOWED_GROUPS) {
      context.addIssue({
        code: 'custom',
        path: ['OIDC_ALLOWED_DOMAINS'],
        message: `everybody can have an account at ${new URL(values.OIDC_ISSUER).host}: write the domains that may sign in, for example example.com, or * for everybody whom ALLOWED_EMAILS lets in`
      })
    }
  })

const APPLE = ['OIDC_APPLE_TEAM_ID', 'OIDC_APPLE_KEY_ID', 'OIDC_APPLE_KEY'] as const

/**
 * What does not go together with the provider: names of variables, and what to do about each.
 */
function providerProblems (values: Record<string, unknown> & { OIDC_ISSUER: string }): Array<{ name: string; message: string }> {
  const isSet = (name: string) => values[name] !== undefined
  if (isAnyTenant(values)) {
    const message =
      'with common, organizations or consumers, people come in whose organization is not yours and who could say this of ' +
      'themselves: leave it out, or write the id of your own tenant in OIDC_ISSUER'
    const trusted = values['OIDC_TRUST_EMAIL'] === 'on' ? ['OIDC_TRUST_EMAIL'] : []
    return [...trusted, ...['OIDC_ALLOWED_GROUPS', 'OIDC_GROUPS_CLAIM'].filter(isSet)].map((name) => ({ name, message }))
  }
  if (!isApple(values)) {
    const message = 'this is for OIDC_ISSUER=https://appleid.apple.com only: leave it out'
    return APPLE.filter(isSet).map((name) => ({ name, message }))
  }
  const missing = APPLE.filter((name) => !isSet(name))
  if (missing.length === APPLE.length && isSet('OIDC_CLIENT_SECRET')) return []
  const message = 'Apple takes a secret that is signed with your key: docs/openid-providers.md says where each of the three is'
  return missing.map((name) => ({ name, message }))
}

export type OidcSettings = z.output<typeof env>

/** Which provider it is, where one is special. */
const markOf = ({ OIDC_ISSUER }: Pick<OidcSettings, 'OIDC_ISSUER'>) => markOfHost(URL.parse(OIDC_ISSUER)?.host ?? '')
export const isApple = (settings: Pick<OidcSettings, 'OIDC_ISSUER'>): boolean => markOf(settings) === 'apple'
export const isGoogle = (settings: Pick<OidcSettings, 'OIDC_ISSUER'>): boolean => markOf(settings) === 'google'
export const isGitlab = (settings: Pick<OidcSettings, 'OIDC_ISSUER'>): boolean => markOf(settings) === 'gitlab'
export const isMicrosoft = (settings: Pick<OidcSettings, 'OIDC_ISSUER'>): boolean => markOf(settings) === 'microsoft'

/** @returns undefined where the secret is not made here. */
export function appleKeyOf (settings: OidcSettings): AppleKey | undefined {
  const {
    OIDC_APPLE_TEAM_ID: team,
    OIDC_APPLE_KEY_ID: keyId,
    OIDC_APPLE_KEY: key
  } = settings
  return team && keyId && key ? { team, keyId, key } : undefined
}

/**
 * Organizations of Microsoft Entra that nobody here knows: what they say of groups and
 * addresses is their own word.
 */
export const isAnyTenant = ({ OIDC_ISSUER }: Pick<OidcSettings, 'OIDC_ISSUER'>): boolean => ANY_TENANT.test(issuerOf(OIDC_ISSUER))

/**
 * Where it is set, groups are wanted: userinfo is asked for those that the ID token does not
 * name.
 */
export const claimOfGroups = ({ OIDC_GROUPS_CLAIM = 'groups' }: OidcSettings): string => OIDC_GROUPS_CLAIM

export type Claims = Readonly<Record<string, unknown>>

/** Unique within its issuer only (OpenID Connect Core §2). */
export const subjectOf = ({ iss, sub }: Claims): string => `${iss} ${sub}`

/**
 * The address and whether the provider vouches for it. `xms_edov` is how Microsoft Entra says so, whichever tenant an
 * account is of; other claims may be what the administrator of that tenant chose.
 */
export function addressOf (
  claims: Claims,
  settings: OidcSettings
): { email?: string; emailVerified?: boolean } {
  const { email, email_verified: verified, xms_edov: edov } = claims
  if (typeof email !== 'string' || !z.email().safeParse(email).success) return {}
  const isVouchedFor = isYes(edov) || (isYes(verified) && !isAnyTenant(settings))
  return { email, emailVerified: settings.OIDC_TRUST_EMAIL === 'on' || isVouchedFor }
}

/** Some providers write booleans as words or numbers. */
const isYes = (value: unknown): boolean => value === true || value === 'true' || value === 1 || value === '1'
