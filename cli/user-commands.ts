// What an operator does with the people of a server: lists, invites, locks, resets, groups and deletes them.
// Tested in test/cli/users.test.ts.
import type { Config } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import { openExisting, OperatorError } from './command.ts'
import { describe, findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'
import { group, GROUP_HELP } from './user-groups.ts'

export const HELP = `Manages the people of this server, also while it runs.
  ${commandLine('users')}list                 everyone: id, address, name, backends, state, last sign-in, groups
  ${commandLine('users')}invite               a link for one person to create an account, valid for a week
  ${commandLine('users')}lock ID|ADDRESS      ends their sessions and tokens, and blocks sign-in
  ${commandLine('users')}unlock ID|ADDRESS
  ${commandLine('users')}reset ID|ADDRESS     a link to choose a new password, valid for 30 minutes
  ${commandLine('users')}delete ID|ADDRESS    deletes everything the server stores about them
${GROUP_HELP}`

/** @param words what follows its name. @returns what is printed. */
type Command = (context: Context, ...words: readonly string[]) => Promise<string>

export const commands: Readonly<Record<string, Command>> = {
  group,
  async list (context) {
    const all = (await Array.fromAsync(context.app.signIn.lifecycle.all())).sort((a, b) => a.createdAt - b.createdAt)
    return all.map((user) => describe(context, user)).join('\n')
  },
  async invite ({ app, config }) {
    return `${config.publicUrl}${config.paths.signup}?invite=${await app.signIn.invitations.invite()}`
  },
  async lock (context, who) {
    const user = await findPerson(context, who)
    await context.app.signIn.lifecycle.lock(user.id)
    context.app.audit.note('lock', { user: user.id })
    return `Locked: ${describe(context, { ...user, locked: true })}`
  },
  async unlock (context, who) {
    const user = await findPerson(context, who)
    await context.app.signIn.lifecycle.unlock(user.id)
    context.app.audit.note('unlock', { user: user.id })
    const { locked: _, ...unlocked } = user
    return `Unlocked: ${describe(context, unlocked)}`
  },
  async reset (context, who) {
    if (who === undefined) throw new OperatorError(`Name the person by an id or an address.\n${HELP}`)
    const link = await context.app.accounts.issueResetLink(who.includes('@') ? who : await addressOf(context, who))
    if (link !== undefined) return link
    throw new OperatorError(`There is no account with a password and the address ${who}.`)
  },
  async delete (context, who) {
    const user = await findPerson(context, who)
    await context.app.signIn.lifecycle.delete(user.id)
    context.app.audit.note('account_deleted', { backend: user.backend })
    return `Deleted: ${describe(context, user)}`
  }
}

/** The address of the account with a password. @throws OperatorError for a person without one. */
async function addressOf (context: Context, id: string): Promise<string> {
  const { backends } = context.app.signIn
  const { identities } = await findPerson(context, id)
  const own = identities.find(({ backend, email }) => email !== undefined && backends.get(backend)?.accounts !== undefined)
  if (own?.email !== undefined) return own.email
  throw new OperatorError(`The person ${id} has no password here: ${identities.map(({ backend }) => backend).join(', ')} decides who they are.`)
}

/**
 * Runs one command over the storage of a server, which may run meanwhile.
 * @returns what is printed.
 * @throws OperatorError where no one signs in to that server, or it has stored nothing yet; and what the command throws.
 */
export async function runUserCommand (
  config: Config,
  command: Command,
  ...words: readonly string[]
): Promise<string> {
  if (!config.signIn) throw new OperatorError('No one signs in to this server: AUTH_BACKEND is none.')
  await (await openExisting(config)).close()
  const app = await buildOperatorApp(config)
  try {
    return await command({ app, config }, ...words)
  } finally {
    await app.close()
  }
}
