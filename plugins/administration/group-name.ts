// What a group may be called that an owner or the operator puts people in.
// Tested in test/cli/users.test.ts.
import { invalidRequest } from '../../errors.ts'
import { isGroupName } from '../accounts/groups.ts'

/** @throws invalid_request for a name that no rule could mean. */
export function checkGroup (name: string): void {
  if (!isGroupName(name)) throw invalidRequest({ key: 'admin-people.groupLength' })
  if (/[@!*]/.test(name)) throw invalidRequest({ key: 'admin-people.groupCharacters' })
  if (name === 'everyone') throw invalidRequest({ key: 'admin-people.groupEveryone' })
}
