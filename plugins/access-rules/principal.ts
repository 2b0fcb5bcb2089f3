// Whom the access rules see in a caller.
// Tested in test/plugins/access-rules/index.test.ts.
import type { UserStore } from '../accounts/user-store.ts'
import type { Access, GrantUser } from '../oauth/grants/contract.ts'
import type { User } from '../sign-in/contract.ts'
import type { AccessRules, Principal, Rights } from './contract.ts'

/** @returns null for a caller who has not signed in: only what everyone may use is there for them. */
export const principalOf = (access: Pick<Access, 'user'> | null): Principal | null => access && principalOfUser(access.user)

interface Server {
  accessRules: Pick<AccessRules, 'rightsOf'>
  userStore: Pick<UserStore, 'describe'>
}

/** Not a stored record of a person: its groups are not all that count. `app.userStore.describe` makes this of one. */
type Described = Omit<GrantUser, 'id'> & { identities?: never }

/** An address counts only once it is proven that the person reads it. */
export const principalOfUser = ({ email, emailVerified, groups }: Described): Principal => ({
  email: emailVerified ? email : undefined,
  groups
})

/** @param user who looks at a page; undefined for a visitor who has not signed in. */
export const rightsOfVisitor = ({ accessRules, userStore }: Server, user: User | undefined): Rights =>
  accessRules.rightsOf(user ? principalOfUser(userStore.describe(user)) : null)

export const rightsOfAccess = (rules: Pick<AccessRules, 'rightsOf'>, access: Pick<Access, 'user' | 'without'> | null): Rights =>
  rules.rightsOf(principalOf(access), access?.without)
