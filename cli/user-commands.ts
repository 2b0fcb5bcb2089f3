// What an operator does with the people of a server: lists, invites, locks, resets and deletes them, by their id or address.
// Tested in test/cli/users.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { openExisting, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'

export const HELP = `Manages the people of this server, also while it runs.
  ${commandLine('users')}list                 everyone: id, address, name, backends, state, last sign-in
  ${commandLine('users')}invite               a link for one person to create an account, valid for a week
  ${commandLine('users')}lock ID|ADDRESS      ends their sessions and tokens, and blocks sign-in
  ${commandLine('users')}unlock ID|ADDRESS
  ${commandLine('users')}reset ID|ADDRESS     a link to choose a new password, valid for 30 minutes
  ${commandLine('users')}delete ID|ADDRESS    deletes everything the server stores about them
`

interface Context {
  app: FastifyInstance
  config: Config
}
/** @returns what is printed. */
type Command = (context: Context, who: string | undefined) => Promise<string>

/** What the columns of `list` are. */
export const HEADING = 'id\taddress\tname\tsign-in methods\tstate\tlast sign-in'

export const commands: Readonly<Record<string, Command>> = {
  async list ({ app }) {
    const all = (await Array.fromAsync(app.signIn.lifecycle.all())).sort((a, b) => a.createdAt - b.createdAt)
    return all.map(describeUser).join('\n')
  },
  async invite ({ app, config }) {
    return `${config.publicUrl}${config.paths.signup}?invite=${await app.signIn.invitations.invite()}`
  },
  async lock (context, who) {
    const user = await findPerson(context.app, who)
    await context.app.signIn.lifecycle.lock(user.id)
    context.app.audit.note('lock', { user: user.id })
    return `Locked: ${describeUser({ ...user, locked: true })}`
  },
  async unlock (context, who) {
    const user = await findPerson(context.app, who)
    await context.app.signIn.lifecycle.unlock(user.id)
    context.app.audit.note('unlock', { user: user.id })
    const { locked: _, ...unlocked } = user
    return `Unlocked: ${describeUser(unlocked)}`
  },
  async reset (context, who) {
    if (who === undefined) throw new OperatorError(`Name the person by an id or an address.\n${HELP}`)
    const link = await context.app.accounts.issueResetLink(who.includes('@') ? who : await addressOf(context, who))
    if (link !== undefined) return link
    throw new OperatorError(`There is no account with a password and the address ${who}.`)
  },
  async delete (context, who) {
    const user = await findPerson(context.app, who)
    await context.app.signIn.lifecycle.delete(user.id)
    context.app.audit.note('account_deleted', { backend: user.backend })
    return `Deleted: ${describeUser(user)}`
  }
}

const describeUser = ({ id, email, name, identities, locked, emailVerified, lastSignInAt }: User): string =>
  [
    id,
    printable(email ?? '-'),
    printable(name ?? '-'),
    identities.map(({ backend }) => backend).join('+'),
    locked ? 'locked' : emailVerified ? 'verified' : 'open',
    new Date(lastSignInAt * 1000).toISOString()
  ].join('\t')

/** The address of the account with a password. @throws OperatorError for a person without one. */
async function addressOf (context: Context, id: string): Promise<string> {
  const { backends } = context.app.signIn
  const { identities } = await findPerson(context.app, id)
  const own = identities.find(({ backend, email }) => email !== undefined && backends.get(backend)?.accounts !== undefined)
  if (own?.email !== undefined) return own.email
  throw new OperatorError(`The person ${id} has no password here: ${identities.map(({ backend }) => backend).join(', ')} decides who they are.`)
}

/** @throws OperatorError where no one matches, and where several people have the address. */
export async function findPerson (app: FastifyInstance, who: string | undefined): Promise<User> {
  if (who === undefined) throw new OperatorError(`Name the person by an id or an address.\n${HELP}`)
  const found = (await Array.fromAsync(app.signIn.lifecycle.all())).filter(
    ({ id, email }) => id === who || email === who.trim().toLowerCase()
  )
  if (found.length === 1) return found[0]!
  throw new OperatorError(
    found.length === 0
      ? `No one has the id or address ${who}.`
      : `Several people have this address; name one by id:\n${found.map(describeUser).join('\n')}`
  )
}

/**
 * Runs one command over the storage of a server, which may run meanwhile.
 * @returns what is printed.
 * @throws what {@link withOperatorApp} and the command throw.
 */
export const runUserCommand = (config: Config, command: Command, who: string | undefined): Promise<string> =>
  withOperatorApp(config, (app) => command({ app, config }, who))

/**
 * Opens what the commands about people share, and closes it after `work`.
 * @throws OperatorError where no one signs in to that server, or it has stored nothing yet.
 */
export async function withOperatorApp<T> (config: Config, work: (app: FastifyInstance) => Promise<T>): Promise<T> {
  if (!config.signIn) throw new OperatorError('No one signs in to this server: AUTH_BACKEND is none.')
  await (await openExisting(config)).close()
  const app = await buildOperatorApp(config)
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}
