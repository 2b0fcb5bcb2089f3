// How callers who have not signed in are counted: in a fixed number of places, so that no number of addresses fills
// memory or storage with counters (threat OW-08).
import { siteOf } from '../client-address.ts'
import { placeAmong, type Sealing } from '../secrets.ts'

/**
 * `message`: for counters of a minute, by network. `share`: for each tool, in a minute and in a day, by site: one holder
 * has 65,536 networks of IPv6.
 */
export const ADDRESS_PLACES = { message: 65_536, share: 1_024 } as const
export type PlaceKind = keyof typeof ADDRESS_PLACES

/** @returns whom a call counts for: the same for a person, a place for an address. */
export type PlaceOf = (kind: PlaceKind, caller: string) => string

/** As `callerOf` of the MCP endpoint names a caller without sign-in. */
const ADDRESS = 'address '

export function createAddressPlaces (sealing: Pick<Sealing, 'mac'>): PlaceOf {
  return (kind, caller) => {
    if (!caller.startsWith(ADDRESS)) return caller
    const network = caller.slice(ADDRESS.length)
    const counted = kind === 'share' ? siteOf(network) : network
    return `place ${placeAmong(sealing, 'address places', counted, ADDRESS_PLACES[kind])}`
  }
}
