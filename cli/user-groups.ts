// The groups that an operator puts people in. They are stored apart from
// those of a provider, which names its own at each sign-in.
// Tested in test/cli/users.test.ts.
import { membershipsOf } from '../plugins/accounts/groups.ts'
import { OPERATOR } from '../plugins/administration/contract.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { OperatorError } from './command.ts'
import { findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'

export const GROUP_HELP = `  ${commandLine('users')}group add ID|ADDRESS GROUP
  ${commandLine('users')}group remove ID|ADDRESS GROUP
  ${commandLine('users')}group list [ID|ADDRESS]   the groups of one or all, and who says so
`

/** @returns what is printed. @throws OperatorError with nothing changed. */
export async function group (context: Context, ...[action, who, name, ...more]: readonly string[]): Promise<string> {
  if (action === 'list' && name === undefined) return list(context, who)
  if ((action !== 'add' && action !== 'remove') || more.length > 0) throw new OperatorError(GROUP_HELP)
  const { id, email, emailVerified } = await findPerson(context, who)
  if (name === undefined) throw new OperatorError(`Name the group.\n${GROUP_HELP}`)
  const { administration } = context.app
  if (action === 'remove') return `Removed from ${printable(name)}: ${describe(await administration.removeFromGroup(OPERATOR, id, name))}`
  const added = `Added to ${printable(name)}: ${describe(await administration.addToGroup(OPERATOR, id, name))}`
  const isProven = who === id || emailVerified === true
  return added + (isProven ? '' : unproven(id, email ?? '', name)) + warningOf(context, name)
}

/** Where sign-up is open, a stranger may have come first with the address (threat FL-02). */
const unproven = (id: string, email: string, name: string): string =>
  `\nWarning: nobody has proven that they read ${printable(email)}. If it is somebody else who has signed up with it: ` +
  `${commandLine('users')}group remove ${id} ${printable(name)}`

/**
 * A group that no rule can name: the operator may be about to write it, or
 * has misspelled it.
 */
function warningOf ({ app, config }: Context, name: string): string {
  const read = app.accessRules.isOn ? config.readAccessRules() : undefined
  if (!read || 'problems' in read || Object.hasOwn(read.rules.groups, name)) return ''
  return `\nWarning: ${config.accessFile} declares no such group, so no rule is for it. Add it to "groups", with [].`
}

async function list (
  context: Context,
  who: string | undefined
): Promise<string> {
  const { lifecycle, backends } = context.app.signIn
  const people = who === undefined ? await Array.fromAsync(lifecycle.all()) : [await findPerson(context, who)]
  return people
    .flatMap((user) =>
      membershipsOf(user, backends).map(({ group, backend = 'operator' }) =>
        [user.id, printable(user.email ?? '-'), printable(group), backend].join('\t')
      )
    )
    .join('\n')
}

const describe = ({ id, email, name }: User): string => printable(email ?? name ?? id)
