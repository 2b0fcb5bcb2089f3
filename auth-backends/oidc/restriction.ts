// Decides which of a provider's people may sign in: by domain, and by groups in any format that a provider uses
// (OpenID Connect Core §5.1.2; Microsoft Entra "groups overage claim").
import { addressOf, type Claims, type OidcSettings } from './settings.ts'

export interface Restriction {
  /** For the person to read. */
  refused: string
  /** For the operator: what the provider said, without personal data. */
  cause: string
}

const ASK = 'Ask the person who runs this server.'

/** @returns why this person may not sign in; undefined when they may. */
export function restriction (claims: Claims, settings: OidcSettings): Restriction | undefined {
  return domainRestriction(claims, settings) ?? groupRestriction(claims, settings)
}

/** Google says in `hd` whose account it is; anywhere else a confirmed address of the domain counts. */
function domainRestriction (claims: Claims, settings: OidcSettings): Restriction | undefined {
  const { OIDC_ALLOWED_DOMAINS: domains } = settings
  if (!domains || domains.includes('*')) return undefined
  const refuse = (cause: string) => ({
    refused: `Sign in with an address of ${domains.join(' or ')}, one that is confirmed.`,
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
  const isElsewhere = claims['hd'] !== undefined && !domains.includes(String(claims['hd']).toLowerCase())
  return isElsewhere ? refuse('their account is of another domain than their address (hd)') : undefined
}

function groupRestriction (claims: Claims, settings: OidcSettings): Restriction | undefined {
  const { OIDC_ALLOWED_GROUPS: allowed, OIDC_GROUPS_CLAIM: path } = settings
  if (!allowed) return undefined
  const claim = findClaim(claims, path)
  const groups = namesIn(claim)
  if (groups.some((group) => allowed.includes(group))) return undefined
  if (claim === undefined && isOverage(claims)) {
    return {
      refused: `Your provider leaves out which groups you are in, since you are in too many. ${ASK}`,
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
    refused: `Your account is not in a group that may sign in here. ${ASK}`,
    cause: `the claim ${path} (OIDC_GROUPS_CLAIM) ${seen}`
  }
}

const OVERAGE_HELP =
  'Microsoft Entra leaves the groups out of the token of a person who is in more than 200 (groups overage): under Token configuration choose "Groups assigned to the application", or use app roles with OIDC_GROUPS_CLAIM=roles'

/** Entra then names where the groups can be requested (`_claim_names`), or only that there are some (`hasgroups`). */
function isOverage ({ _claim_names: elsewhere, hasgroups }: Claims): boolean {
  return isObject(elsewhere) && Object.hasOwn(elsewhere, 'groups') ? true : hasgroups === true || hasgroups === 'true'
}

/**
 * @param path the name of a claim, or a path with dots to a nested one, such as `realm_access.roles`. A name may contain
 * dots itself: the longest name that exists counts.
 */
export function findClaim (claims: unknown, path: string): unknown {
  if (!isObject(claims)) return undefined
  if (Object.hasOwn(claims, path)) return claims[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot)
    const found = Object.hasOwn(claims, name) ? findClaim(claims[name], path.slice(dot + 1)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** A list, one name, or an object whose keys are the names (Zitadel's roles); a key that is false or null is none. */
const namesIn = (claim: unknown): string[] =>
  isObject(claim)
    ? Object.keys(claim).filter((key) => claim[key] !== false && claim[key] !== null)
    : [claim].flat().filter((value) => typeof value === 'string')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
