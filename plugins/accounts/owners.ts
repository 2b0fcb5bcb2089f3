// Who owns this server: the people of OWNER_EMAIL, and whom they have made owners.
// Tested in test/plugins/accounts/owners.test.ts.
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import type { User } from '../sign-in/contract.ts'

/** Only an address that the person has shown to read counts. */
export const isNamedOwner = ({ ownerEmails }: Pick<Config, 'ownerEmails'>, { email, emailVerified }: User): boolean =>
  emailVerified === true && email !== undefined && ownerEmails.includes(parseEmail(email))

export const isOwner = (config: Pick<Config, 'ownerEmails'>, user: User): boolean =>
  user.isOwner === true || isNamedOwner(config, user)
