// Reads the groups of a person in any format that a provider uses (OpenID
// Connect Core §5.1.2; Microsoft Entra "groups overage claim").
import {
  claimOfGroups,
  isAnyTenant,
  isGitlab,
  type Claims,
  type OidcSettings
} from './settings.ts'

export interface NamedGroups {
  /** Undefined where the provider says nothing. */
  claim: unknown
  groups: string[]
  /** The provider names none, since there are too many. */
  isOverage: boolean
}

export function readGroups (
  claims: Claims,
  settings: OidcSettings
): NamedGroups {
  if (isAnyTenant(settings)) return { claim: undefined, groups: [], isOverage: false }
  const claim = findClaim(claims, claimOfGroups(settings))
  return { claim, groups: named(namesIn(claim), settings).slice(0, MAX_NAMES), isOverage: claim === undefined && isOverage(claims) }
}

/** Of those that count; many times what a person is in. Anybody may have put them in others, which are no reason to leave these out. */
const MAX_NAMES = 5_000

/**
 * At gitlab.com anybody can found a group and call it as they like, also as one that access.json means otherwise: only those
 * that the operator has named are groups, each with all below it (threat PV-09).
 */
function named (groups: string[], settings: OidcSettings): string[] {
  if (!isGitlab(settings)) return groups
  const known = settings.OIDC_ALLOWED_GROUPS ?? []
  return groups.filter((group) => known.some((name) => group === name || group.startsWith(`${name}/`)))
}

/** For the operator. */
export const OVERAGE_HELP =
  'Microsoft Entra leaves the groups out of the token of a person who is in more than 200 (groups overage): under Token configuration choose "Groups assigned to the application", or use app roles with OIDC_GROUPS_CLAIM=roles'

/**
 * Entra then names where the groups can be requested (`_claim_names`), or
 * only that there are some (`hasgroups`).
 */
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

/**
 * A list, one name, or an object whose keys are the names (Zitadel's
 * roles); a key that is false or null is none.
 */
const namesIn = (claim: unknown): string[] =>
  isObject(claim)
    ? Object.keys(claim).filter((key) => claim[key] !== false && claim[key] !== null)
    : (Array.isArray(claim) ? claim : [claim]).filter((value) => typeof value === 'string')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
