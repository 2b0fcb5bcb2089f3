// Decides which of a provider's people may sign in: by domain, and by
// groups (OpenID Connect Core §5.1.2).
import type { Text } from '../../languages/index.ts'
import { OVERAGE_HELP, readGroups } from './groups.ts'
import {
  addressOf,
  claimOfGroups,
  type Claims,
  type OidcSettings
} from './settings.ts'

export interface Restriction {
  /** For the person to read. */
  refused: Text
  /** For the operator: what the provider said, without personal data. */
  cause: string
}

/** @returns why this person may not sign in; undefined when they may. */
export function restriction (
  claims: Claims,
  settings: OidcSettings
): Restriction | undefined {
  return domainRestriction(claims, settings) ?? groupRestriction(claims, settings)
}

/**
 * Google says in `hd` whose account it is; anywhere else a confirmed
 * address of the domain counts.
 */
function domainRestriction (
  claims: Claims,
  settings: OidcSettings
): Restriction | undefined {
  const { OIDC_ALLOWED_DOMAINS: domains } = settings
  if (!domains || domains.includes('*')) return undefined
  const refuse = (cause: string) => ({
    refused: { key: 'providers.domains' as const, values: { domains: domains.join(', ') } },
    cause
  })
  const { email, emailVerified } = addressOf(claims, settings)
  if (email === undefined) return refuse('the provider gives no e-mail address: check OIDC_SCOPE and its claim email')
  if (!domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())) {
    return refuse('their address is not of a domain in OIDC_ALLOWED_DOMAINS')
  }
  if (!emailVerified) {
    return refuse(
      'the provider does not say that their address is confirmed (email_verified): docs/openid-providers.md, OIDC_TRUST_EMAIL'
    )
  }
  const { hd } = claims
  const isElsewhere = hd !== undefined && !(typeof hd === 'string' && domains.includes(hd.toLowerCase()))
  return isElsewhere ? refuse('their account is of another domain than their address (hd)') : undefined
}

function groupRestriction (
  claims: Claims,
  settings: OidcSettings
): Restriction | undefined {
  const { OIDC_ALLOWED_GROUPS: allowed } = settings
  if (!allowed) return undefined
  const { claim, groups, isOverage } = readGroups(claims, settings)
  if (groups.some((group) => allowed.includes(group))) return undefined
  if (isOverage) {
    return {
      refused: { key: 'providers.manyGroups' },
      cause: OVERAGE_HELP
    }
  }
  const seen =
    claim === undefined
      ? 'is not among what the provider says (docs/openid-providers.md has how to add it)'
      : groups.length === 0
        ? 'holds no names: it must be a list of texts, one text, or an object with the names as its keys'
        : `holds ${groups.length} ${groups.length === 1 ? 'name' : 'names'}, none of them in OIDC_ALLOWED_GROUPS`
  return {
    refused: { key: 'providers.noGroup' },
    cause: `the claim ${claimOfGroups(settings)} (OIDC_GROUPS_CLAIM) ${seen}`
  }
}
