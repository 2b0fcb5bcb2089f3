// What an operator does with access keys: makes one for a person, lists them, revokes one by its id.
// Tested in test/cli/keys.test.ts.
import type { Config } from '../config/index.ts'
import { english } from '../languages/index.ts'
import { clientIdOf, ofKey } from '../plugins/access-keys/access.ts'
import { DEFAULT_DAYS, MAX_DAYS, type AccessKey } from '../plugins/access-keys/contract.ts'
import { KEY_PREFIX } from '../plugins/access-keys/key-format.ts'
import { OAuthError } from '../errors.ts'
import { OPERATOR } from '../plugins/administration/contract.ts'
import { sendKeyCreated } from '../plugins/accounts/messages.ts'
import { toDisplayName } from '../plugins/display-name.ts'
import { resourceScopes } from '../plugins/oauth/scopes.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import { OperatorError } from './command.ts'
import { findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'
import { withPeople } from './user-commands.ts'

export const HELP = `Makes, lists and revokes access keys, for programs without a browser, also while the server runs.
  ${commandLine('keys')}create --user ID|ADDRESS --name NAME --scope "${resourceScopes[0]}" [--days ${DEFAULT_DAYS}]
                         prints the key, and nothing else, on stdout; it is shown only this once
  ${commandLine('keys')}list [--user ID|ADDRESS]
  ${commandLine('keys')}revoke ID
Scopes are ${resourceScopes.join(' and ')}; a key ends after at most ${MAX_DAYS} days.
`

/** What the columns of `list` are. */
export const HEADING = 'id\tperson\tname\tscopes\tmade\tends\tlast used\tfrom'

export interface KeyArguments {
  user?: string | undefined
  name?: string | undefined
  scope?: string | undefined
  days?: string | undefined
  ids: string[]
}
/** `out` is for programs, `note` for the person at the terminal. */
export interface Printed {
  out: string
  note?: string
}
type Command = (context: Context, asked: KeyArguments) => Promise<Printed>

export const keyCommands: Readonly<Record<string, Command>> = {
  async create (context, asked) {
    const { app } = context
    const { name, scopes, days } = readAsked(asked)
    const user = await findPerson(context, asked.user)
    if (user.locked) throw new OperatorError(`The account of ${user.id} is locked. Unlock it first: ${commandLine('users')}unlock ${user.id}`)
    const { key, secret } = await app.accessKeys.create({ userId: user.id, name, scopes, days })
    app.audit.note('key_created', { ...ofKey(key), by: OPERATOR.by })
    sendKeyCreated(app, english, user, key)
    await app.mail.idle()
    return { out: secret, note: `Shown only this once; it works until ${day(key.endsAt)}. Revoke it: ${commandLine('keys')}revoke ${key.id}` }
  },
  async list (context, { user }) {
    const { app } = context
    const keys =
      user === undefined
        ? await Array.fromAsync(app.accessKeys.all())
        : await app.accessKeys.listByUser((await findPerson(context, user)).id)
    return { out: keys.sort((a, b) => a.createdAt - b.createdAt).map(describeKey).join('\n') }
  },
  async revoke ({ app }, { ids: [id, ...more] }) {
    if (id === undefined || more.length > 0) throw new OperatorError(`Name one key by its id.\n${HELP}`)
    const key = await app.administration.revokeKey(OPERATOR, idOf(id)).catch((error: unknown) => {
      if (!(error instanceof OAuthError)) throw error
      throw new OperatorError(`There is no access key with the id ${id}. List them: ${commandLine('keys')}list`)
    })
    return { out: `Revoked: ${describeKey(key)}` }
  }
}

/**
 * The id as the list shows it, as the audit log names the client, or the beginning of a key
 * that was found.
 */
const idOf = (text: string): string =>
  text.startsWith(KEY_PREFIX) ? text.slice(KEY_PREFIX.length).slice(0, 16) : text.replace(clientIdOf(''), '')

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

const describeKey = ({ id, userId, name, scopes, createdAt, endsAt, lastUse }: AccessKey): string =>
  [
    id,
    userId,
    printable(name),
    scopes.join(' '),
    day(createdAt),
    day(endsAt),
    lastUse ? new Date(lastUse.at * 1000).toISOString() : '-',
    lastUse?.address ?? '-'
  ].join('\t')

/** @throws OperatorError that names the option. */
function readAsked ({ user, name = '', scope = '', days = String(DEFAULT_DAYS), ids }: KeyArguments) {
  if (ids.length > 0) throw new OperatorError(`${ids[0]} belongs to no option; quote what has spaces.\n${HELP}`)
  if (user === undefined) throw new OperatorError(`Name the person with --user.\n${HELP}`)
  const shown = toDisplayName(name, '')
  if (shown === '') throw new OperatorError(`Name the key with --name, for example after the program that uses it.\n${HELP}`)
  const scopes = scope.split(/[\s,]+/).filter((each) => each !== '')
  const unknown = scopes.find((each) => !(resourceScopes as readonly string[]).includes(each))
  if (scopes.length === 0 || unknown !== undefined) {
    throw new OperatorError(`--scope ${JSON.stringify(scope)}: write ${resourceScopes.join(', ')} or both, with a space between.`)
  }
  const count = /^\d{1,3}$/.test(days) ? Number(days) : NaN
  if (!(count >= 1 && count <= MAX_DAYS)) throw new OperatorError(`--days ${days}: write a number from 1 to ${MAX_DAYS}.`)
  return { name: shown, scopes: resourceScopes.filter((each) => scopes.includes(each)), days: count }
}

/**
 * Runs one command over the storage of a server, which may run meanwhile.
 * @throws OperatorError as {@link withPeople}; and what the command throws.
 */
export const runKeyCommand = (config: Config, command: Command, asked: KeyArguments): Promise<Printed> =>
  withPeople(config, (context) => command(context, asked))
