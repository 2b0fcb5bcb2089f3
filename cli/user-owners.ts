// Who owns the server, from the terminal: also where no owner is left.
// Tested in test/cli/user-invitations.test.ts.
import { OPERATOR } from '../plugins/administration/contract.ts'
import { OperatorError } from './command.ts'
import { describe, findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'

export const OWNER_HELP = `  ${commandLine('users')}owner add ID|ADDRESS     may open /admin
  ${commandLine('users')}owner remove ID|ADDRESS
  ${commandLine('users')}owner list
`

/** @returns what is printed. @throws OperatorError with nothing changed. */
export async function owner (context: Context, ...[action, who, ...more]: readonly string[]): Promise<string> {
  const { administration, signIn } = context.app
  if (more.length > 0) throw new OperatorError(OWNER_HELP)
  if (action === 'list' && who === undefined) {
    const all = await Array.fromAsync(signIn.lifecycle.all())
    return all.filter(administration.isOwner).map((user) => describe(context, user)).join('\n')
  }
  if (action !== 'add' && action !== 'remove') throw new OperatorError(OWNER_HELP)
  const { id, emailVerified } = await findPerson(context, who)
  if (action === 'add' && who !== id && !emailVerified) {
    // Where sign-up is open, a stranger may have come first (threat FL-02).
    throw new OperatorError(`Nobody has proven that they read ${who}: make sure who it is, and name them by id: ${id}`)
  }
  return action === 'add'
    ? `Owner: ${describe(context, await administration.makeOwner(OPERATOR, id))}`
    : `No owner: ${describe(context, await administration.unmakeOwner(OPERATOR, id))}`
}
