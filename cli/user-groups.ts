// The groups that an operator puts people in. They are stored apart from
// those of a provider, which names its own at each sign-in.
// Tested in test/cli/users.test.ts.
import { isGroupName, membershipsOf } from '../plugins/accounts/groups.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { OperatorError } from './command.ts'
import { findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'

const MAX_GROUPS = 500

export const GROUP_HELP = `  ${commandLine('users')}group add ID|ADDRESS GROUP
  ${commandLine('users')}group remove ID|ADDRESS GROUP
  ${commandLine('users')}group list [ID|ADDRESS]   the groups of one or all, and who says so
`

/** @returns what is printed. @throws OperatorError with nothing changed. */
export async function group (context: Context, ...[action, who, name, ...more]: readonly string[]): Promise<string> {
  if (action === 'list' && name === undefined) return list(context, who)
  if ((action !== 'add' && action !== 'remove') || more.length > 0) throw new OperatorError(GROUP_HELP)
  const user = await findPerson(context, who)
  if (name === undefined) throw new OperatorError(`Name the group.\n${GROUP_HELP}`)
  checkName(name)
  return action === 'add' ? add(context, user, name) : remove(context, user, name)
}

/** @throws OperatorError for a name that no rule could mean. */
function checkName (name: string): void {
  if (!isGroupName(name)) throw new OperatorError('A group has a name of 1 to 200 characters.')
  if (/[@!*]/.test(name)) throw new OperatorError('The name of a group has no @, ! or *, which mean something else in access.json.')
  if (name === 'everyone') throw new OperatorError('"everyone" is not a group: it stands for every caller in access.json.')
}

async function add (
  context: Context,
  user: User,
  name: string
): Promise<string> {
  if ((user.groups ?? []).length >= MAX_GROUPS) throw new OperatorError(`Nobody can be put in more than ${MAX_GROUPS} groups.`)
  await change(context, user, (groups) => [...new Set([...groups, name])], 'group added')
  return `Added to ${printable(name)}: ${describe(user)}${warningOf(context, name)}`
}

async function remove (
  context: Context,
  user: User,
  name: string
): Promise<string> {
  if (!user.groups?.includes(name)) {
    const { backend } = membershipsOf(user, context.app.signIn.backends).find(({ group }) => group === name) ?? {}
    throw new OperatorError(
      backend === undefined
        ? `${describe(user)} was not put in ${name}. Somebody whom access.json puts there is removed there.`
        : `${describe(user)} is in ${name} because ${backend} says so: remove them there.`
    )
  }
  await change(context, user, (groups) => groups.filter((group) => group !== name), 'group removed')
  return `Removed from ${printable(name)}: ${describe(user)}`
}

async function change (
  { app }: Context,
  { id }: User,
  decide: (groups: readonly string[]) => string[],
  reason: string
): Promise<void> {
  await app.signIn.lifecycle.changeGroups(id, decide)
  app.audit.note('account_changed', { user: id, reason })
}

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
