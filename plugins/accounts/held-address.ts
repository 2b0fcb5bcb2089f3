// Whose a proven address is: rules, owners and mail go by it. So nobody who is locked comes back, and nobody goes around
// the second factor of another person, by one more account with the same address (threats AC-17, FL-04).
// Tested in test/plugins/accounts/held-address.test.ts.
import { parseEmail, type Identity } from '../../auth-backends/contract.ts'
import { accessDenied } from '../../errors.ts'
import type { SecondFactors } from '../second-factors/contract.ts'
import type { User } from '../sign-in/contract.ts'
import { verifiedAddresses } from './user-record.ts'
import type { Users } from './users.ts'

/** Why another account may not have the address as well; undefined where it may. */
export type Held = 'locked' | 'second factor' | undefined

type Shown = Pick<Identity, 'email' | 'emailVerified'>

/** @param person who shows it; undefined for a new one. What they have shown before is theirs already. */
export type FindHeld = (shown: Shown, person: User | undefined) => Promise<Held>

interface Deps {
  users: Pick<Users, 'findHolders'>
  secondFactors: Pick<SecondFactors, 'hasAny'>
}

/** Who else has an address that somebody shows. @param person as {@link FindHeld} has it. */
export async function findOthers (
  users: Pick<Users, 'findHolders'>,
  { email, emailVerified }: Shown,
  person: User | undefined
): Promise<User[]> {
  if (!emailVerified || email === undefined) return []
  const address = parseEmail(email)
  return person && verifiedAddresses(person).includes(address) ? [] : users.findHolders(address)
}

export function createFindHeld ({ users, secondFactors }: Deps): FindHeld {
  return async (shown, person) => {
    const holders = await findOthers(users, shown, person)
    if (holders.some(({ locked }) => locked)) return 'locked'
    for (const { id } of holders) if (await secondFactors.hasAny(id)) return 'second factor'
    return undefined
  }
}

/** @throws access_denied */
export function refuseHeld (held: Held): void {
  if (held === 'locked') throw accessDenied({ key: 'problems.locked' }).because('locked')
  if (held !== undefined) throw accessDenied({ key: 'problems.addressHeld' })
}
