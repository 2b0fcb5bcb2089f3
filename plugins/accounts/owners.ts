// Who owns this server: the people of OWNER_EMAIL, and whom they have made owners; and whose links count.
// Tested in test/plugins/accounts/owners.test.ts.
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { isActive, type User } from '../sign-in/contract.ts'
import { isAllowed } from './user-record.ts'

/** Only an address that the person has shown to read counts. */
export const isNamedOwner = ({ ownerEmails }: Pick<Config, 'ownerEmails'>, { email, emailVerified }: User): boolean =>
  emailVerified === true && email !== undefined && ownerEmails.includes(parseEmail(email))

export const isOwner = (config: Pick<Config, 'ownerEmails'>, user: User): boolean =>
  user.isOwner === true || isNamedOwner(config, user)

/** Who makes something by a command, beside the ids of owners. */
export const BY_OPERATOR = 'operator'

/**
 * Whether a link that somebody has handed out still counts: with their place, an owner loses what they could come back by
 * (threat AD-06).
 * @param by the id of an owner, or {@link BY_OPERATOR}.
 */
export type StillGives = (by: string) => Promise<boolean>

export const createStillGives =
  (find: (id: string) => Promise<User | undefined>, now: Clock, config: Pick<Config, 'ownerEmails' | 'allowedEmails'>): StillGives =>
    async (by) => {
      if (by === BY_OPERATOR) return true
      const owner = await find(by)
      return isActive(owner, now()) && isAllowed(config.allowedEmails, owner) && isOwner(config, owner)
    }
