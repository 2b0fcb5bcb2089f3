// `npm run users`: the people of this server, for whoever runs it; while it runs, on SQLite and on Redis.
import type { FastifyInstance } from 'fastify'
import { buildOperatorApp } from '../core.ts'
import { loadConfig, readEnvironment, type Config } from '../config/index.ts'
import { paths } from '../paths.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { checkExists, fail, OperatorError } from './command.ts'
import { printable } from '../plugins/observability/terminal-text.ts'

const HELP = `The people of this server. It may run meanwhile.
  npm run --silent users -- list                 everybody: id, address, name, backends, state, last sign-in
  npm run --silent users -- invite               a link with which one person can make an account, for a week
  npm run --silent users -- lock ID|ADDRESS      ends their sessions and tokens; nobody signs in to the account
  npm run --silent users -- unlock ID|ADDRESS
  npm run --silent users -- reset ADDRESS        a link to choose a new password, for 30 minutes
  npm run --silent users -- delete ID|ADDRESS    everything the server keeps of them
`

interface House {
  app: FastifyInstance
  config: Config
}
type Command = (house: House, who: string | undefined) => Promise<string>

const commands: Record<string, Command> = {
  async list ({ app }) {
    const all = (await Array.fromAsync(app.signIn.lifecycle.all())).sort((a, b) => a.createdAt - b.createdAt)
    return all.map(describe).join('\n')
  },
  async invite ({ app, config }) {
    return `${config.publicUrl}${paths.signup}?invite=${await app.signIn.invitations.invite()}`
  },
  async lock (house, who) {
    const user = await find(house, who)
    await house.app.signIn.lifecycle.lock(user.id)
    house.app.audit.note('lock', { user: user.id })
    return `Locked: ${describe(user)}`
  },
  async unlock (house, who) {
    const user = await find(house, who)
    await house.app.signIn.lifecycle.unlock(user.id)
    house.app.audit.note('unlock', { user: user.id })
    return `Unlocked: ${describe(user)}`
  },
  async reset ({ app }, who) {
    const link = who === undefined ? undefined : await app.accounts.issueResetLink(who)
    if (link !== undefined) return link
    throw new OperatorError(`There is no account with a password and the address ${who ?? '(none given)'}.`)
  },
  async delete (house, who) {
    const user = await find(house, who)
    await house.app.signIn.lifecycle.delete(user.id)
    house.app.audit.note('account_deleted', { backend: user.backend })
    return `Deleted: ${describe(user)}`
  }
}

const describe = ({ id, email, name, identities, locked, emailVerified, lastSignInAt }: User): string =>
  [
    id,
    printable(email ?? '-'),
    printable(name ?? '-'),
    identities.map(({ backend }) => backend).join('+'),
    locked ? 'locked' : emailVerified ? 'verified' : 'open',
    new Date(lastSignInAt * 1000).toISOString()
  ].join('\t')

/** @throws OperatorError for nobody, and for an address that several people have. */
async function find ({ app }: House, who: string | undefined): Promise<User> {
  if (who === undefined) throw new OperatorError(`Say of whom: an id, or an address.\n${HELP}`)
  const found = (await Array.fromAsync(app.signIn.lifecycle.all())).filter(
    ({ id, email }) => id === who || email === who.trim().toLowerCase()
  )
  if (found.length === 1) return found[0]!
  throw new OperatorError(
    found.length === 0
      ? `There is nobody with the id or address ${who}.`
      : `Several people have this address; name one by the id:\n${found.map(describe).join('\n')}`
  )
}

try {
  // Not as options: an id may begin with a -.
  const [name = '--help', who] = process.argv.slice(2)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    process.stdout.write(HELP)
    if (name !== '--help') process.exitCode = 1
  } else {
    const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
    if (!config.signIn) throw new OperatorError('Nobody signs in on this server: AUTH_BACKEND is none.')
    checkExists(config)
    const app = await buildOperatorApp(config)
    try {
      process.stdout.write(`${await command({ app, config }, who)}\n`)
    } finally {
      await app.close()
    }
  }
} catch (error) {
  fail(error)
}
