// Who a person is whom an organization's identity provider names: by issuer and subject,
// and joined to the account with the same address only where the issuer is the authority
// for its domain (threats EM-08..10).
// Tested in test/routes/token/id-jag-people.test.ts and test/plugins/sign-in/organization-people.test.ts.
import { parseEmail, type Identity } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { invalidGrant } from '../../errors.ts'
import { findOthers } from '../accounts/held-address.ts'
import { backendOfIssuer } from '../accounts/organizations.ts'
import { hasIdentityOf } from '../accounts/identities.ts'
import { isAllowed } from '../accounts/user-record.ts'
import type { Users } from '../accounts/users.ts'
import { presentable } from './answers.ts'
import { isExpired, type IdentityKey, type LinkedIdentity, type User } from './contract.ts'

/** What a verified assertion says of a person. */
export interface OrganizationPerson {
  issuer: Config['idJagIssuers'][number]
  subject: string
  email?: string | undefined
  /** The issuer itself says that the person does not own the address. */
  deniesEmail: boolean
  name?: string | undefined
}

export interface Entered {
  user: User
  backend: string
  /** The person had an account already, by other sign-in methods, and this is new in it. */
  isLinked: boolean
}

/**
 * Whether the person may come in. Writes nothing until the returned function is called.
 * @throws invalid_grant for who is kept out by the allow-list, a missing invitation or a lock.
 */
export type AdmitByOrganization = (person: OrganizationPerson) => Promise<() => Promise<Entered>>

interface Deps extends Pick<Config, 'allowedEmails' | 'newcomersNeedInvitation'> {
  users: Users
  now: Clock
}

export function createOrganizationAdmission (deps: Deps): AdmitByOrganization {
  const { users } = deps
  return async (person) => {
    const backend = backendOfIssuer(person.issuer.issuer)
    const own = await users.findBy({ backend, subject: person.subject })
    const before = own?.identities.find((one) => hasKey(one, backend, person.subject))
    const identity = identityOf(person, before)
    if (!isAllowed(deps.allowedEmails, identity)) {
      throw invalidGrant(
        'the address is not in ALLOWED_EMAILS, or not of a domain that is listed for the issuer'
      )
    }
    const holder = await findSameEmail(deps, identity)
    const same = own ? undefined : holder
    // Nobody who is locked comes back by their address (threat AC-17).
    const others = await findOthers(users, identity, own)
    if ([own, same, ...others].some((one) => one?.locked)) throw invalidGrant('the account is locked')
    // Another subject of the same issuer is another person, who was given the address of
    // one who left.
    const other = same && hasIdentityOf(same, backend) ? undefined : same
    const former = holder && holder.id !== own?.id && !other ? holder : undefined
    const known = own ?? other
    // The operator listed the domain for this issuer: that is the invitation of its people.
    if (!known && deps.newcomersNeedInvitation && !identity.emailVerified) {
      throw invalidGrant(
        'new people need an invitation, or an address of a domain that is listed for the issuer'
      )
    }
    return async () => {
      if (former) await takeAddress(users, former, backend, identity.email!)
      const isLinked = other !== undefined && (await users.link(other.id, backend, identity))
      const name = identity.name ?? known?.name
      const shown = { ...identity, ...(name !== undefined && { name }) }
      const user = own || isLinked ? await users.signInAgain(backend, shown) : await users.signIn(backend, shown)
      if (!user) throw invalidGrant('the account was deleted meanwhile')
      return { user, backend, isLinked }
    }
  }
}

const hasKey = (one: IdentityKey, backend: string, subject: string): boolean =>
  one.backend === backend && one.subject === subject

/**
 * An address proves something only where it is of a domain that the operator listed for this
 * issuer.
 * @param before as the issuer named the person last: an assertion without an address or a
 * name takes none away.
 */
function identityOf (person: OrganizationPerson, before?: LinkedIdentity): Identity {
  const { issuer, subject, deniesEmail, email = before?.email, name = before?.name } = person
  const address = email === undefined ? undefined : parseEmail(email)
  const domain = address?.slice(address.lastIndexOf('@') + 1)
  const isListed = domain !== undefined && issuer.domains.includes(domain)
  return presentable({
    subject,
    ...(address !== undefined && {
      email: address,
      emailVerified: isListed && !deniesEmail
    }),
    ...(name !== undefined && { name })
  })
}

/**
 * The organization says whose its addresses are: at the pages, this one leads to the person
 * whom it names now.
 */
async function takeAddress (
  users: Users,
  { id, identities }: User,
  backend: string,
  email: string
): Promise<void> {
  const address = parseEmail(email)
  for (const identity of identities) {
    if (identity.backend !== backend || identity.email !== address) continue
    await users.changeAddress(id, { identity, from: address, to: address, verified: false })
  }
}

async function findSameEmail (
  { users, now }: Deps,
  { email, emailVerified }: Identity
): Promise<User | undefined> {
  if (!emailVerified || email === undefined) return undefined
  const found = await users.findByVerifiedEmail(email)
  return found && !isExpired(found, now()) ? found : undefined
}
