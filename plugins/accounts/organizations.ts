// The issuers of ID_JAG_ISSUERS as places where people are known. Each is named as a
// backend is, so that an identity or grant that came by it counts while it is configured.
// Nobody signs in to a page by one.
import type { Config } from '../../config/index.ts'

const PREFIX = 'id-jag '

/**
 * As in {@link IdentityKey.backend} and `Grant.backend`. No name in AUTH_BACKEND begins
 * like it.
 */
export const backendOfIssuer = (issuer: string): string => PREFIX + issuer

export const organizationBackends = ({
  idJagIssuers
}: Pick<Config, 'idJagIssuers'>): ReadonlySet<string> =>
  new Set(idJagIssuers.map(({ issuer }) => backendOfIssuer(issuer)))

/**
 * @returns the host of the organization's identity provider; undefined for a backend of
 * AUTH_BACKEND.
 */
export const organizationOf = (backend: string): string | undefined =>
  backend.startsWith(PREFIX) ? URL.parse(backend.slice(PREFIX.length))?.host : undefined
