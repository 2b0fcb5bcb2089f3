// What an operator does with the people of a server: lists, invites, locks, resets, groups and deletes them.
// Tested in test/cli/users.test.ts.
import type { Config } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import { OAuthError } from '../errors.ts'
import { OPERATOR } from '../plugins/administration/contract.ts'
import { openExisting, OperatorError } from './command.ts'
import { describe, findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'
import { factors, FACTOR_HELP } from './user-factors.ts'
import { group, GROUP_HELP } from './user-groups.ts'
import { INVITATION_HELP, invitationCommands } from './user-invitations.ts'
import { owner, OWNER_HELP } from './user-owners.ts'

export const HELP = `Manages the people of this server, also while it runs.
  ${commandLine('users')}list                 everyone: id, address, name, backends, state, last sign-in, groups
  ${commandLine('users')}lock ID|ADDRESS      ends their sessions and tokens, and blocks sign-in
  ${commandLine('users')}unlock ID|ADDRESS
  ${commandLine('users')}reset ID|ADDRESS     a link to choose a new password, valid for 30 minutes
  ${commandLine('users')}delete ID|ADDRESS    deletes everything the server stores about them
${OWNER_HELP}${INVITATION_HELP}${FACTOR_HELP}${GROUP_HELP}`

/** @param words what follows its name. @returns what is printed. */
type Command = (context: Context, ...words: readonly string[]) => Promise<string>

export const commands: Readonly<Record<string, Command>> = {
  factors,
  group,
  owner,
  ...invitationCommands,
  async list (context) {
    const all = (await Array.fromAsync(context.app.signIn.lifecycle.all())).sort((a, b) => a.createdAt - b.createdAt)
    return all.map((user) => describe(context, user)).join('\n')
  },
  async lock (context, who) {
    const { id } = await findPerson(context, who)
    return `Locked: ${describe(context, await context.app.administration.lock(OPERATOR, id))}`
  },
  async unlock (context, who) {
    const { id } = await findPerson(context, who)
    return `Unlocked: ${describe(context, await context.app.administration.unlock(OPERATOR, id))}`
  },
  async reset (context, who) {
    if (who === undefined) throw new OperatorError(`Name the person by an id or an address.\n${HELP}`)
    const link = await context.app.administration.issueResetLink(OPERATOR, who.includes('@') ? who : await addressOf(context, who))
    if (link !== undefined) return link
    throw new OperatorError(`There is no account with a password and the address ${who}.`)
  },
  async delete (context, who) {
    const { id } = await findPerson(context, who)
    return `Deleted: ${describe(context, await context.app.administration.delete(OPERATOR, id))}`
  }
}

/**
 * The address of the account with a password. @throws OperatorError for a person without one.
 */
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
export const runUserCommand = (
  config: Config,
  command: Command,
  ...words: readonly string[]
): Promise<string> => withPeople(config, (context) => command(context, ...words))

/**
 * Opens what the commands about people share, and closes it after `work`.
 * @throws OperatorError where no one signs in to that server, or it has stored nothing yet.
 */
export async function withPeople<T> (config: Config, work: (context: Context) => Promise<T>): Promise<T> {
  if (!config.signIn) throw new OperatorError('No one signs in to this server: AUTH_BACKEND is none.')
  await (await openExisting(config)).close()
  const app = await buildOperatorApp(config)
  try {
    return await work({ app, config })
  } catch (error) {
    // What a page would say.
    throw error instanceof OAuthError ? new OperatorError(error.message) : error
  } finally {
    await app.close()
  }
}
