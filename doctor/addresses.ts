// How addresses in the discovery documents compare, and which of them a client can reach.
import { isLoopback } from './address.ts'

const withoutSlash = (address: string): string => URL.parse(address)?.href.replace(/\/$/, '') ?? address
export const sameAddress = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other)
export const isLocalName = (address: string): boolean => isLoopback(URL.parse(address)?.hostname ?? '')
export const sameHost = (address: string, { hostname }: URL): boolean => URL.parse(address)?.hostname === hostname
/** https, unless everything is on this computer, and not a name that only the server itself can resolve. */
export const isReachable = (address: string, issuer: URL): boolean =>
  URL.canParse(address) &&
  (new URL(address).protocol === 'https:'
    ? !isLocalName(address) || isLoopback(issuer.hostname)
    : isLoopback(issuer.hostname) && isLocalName(address))

export const BEHIND_A_PROXY =
  'Set PUBLIC_URL to the address that people paste, and restart: every address is derived from it.'
