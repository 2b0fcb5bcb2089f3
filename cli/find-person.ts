// Finds the person that an operator names, by id or address.
// Tested in test/cli/users.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import { OperatorError } from './command.ts'
import { commandLine } from './usage.ts'

/** What a command works with. */
export interface Context {
  app: FastifyInstance
  config: Config
}

/** What the columns of {@link describe} are. */
export const HEADING = 'id\taddress\tname\tsign-in methods\tstate\tlast sign-in\tgroups'

export function describe ({ app }: Context, user: User): string {
  const { id, email, name, identities, locked, emailVerified, lastSignInAt } = user
  const { groups } = app.userStore.describe(user)
  return [
    id,
    printable(email ?? '-'),
    printable(name ?? '-'),
    identities.map(({ backend }) => backend).join('+'),
    locked ? 'locked' : emailVerified ? 'verified' : 'open',
    new Date(lastSignInAt * 1000).toISOString(),
    groups.map(printable).join(', ') || '-'
  ].join('\t')
}

/**
 * @throws OperatorError where no one matches, and where several people have
 * the address.
 */
export async function findPerson (
  context: Context,
  who: string | undefined
): Promise<User> {
  if (who === undefined) throw new OperatorError('Name the person by an id or an address. --help lists the commands.')
  const found = (await Array.fromAsync(context.app.signIn.lifecycle.all())).filter(
    ({ id, email }) => id === who || email === who.trim().toLowerCase()
  )
  if (found.length === 1) return found[0]!
  throw new OperatorError(
    found.length === 0
      ? `No one has the id or address ${who}. A person is known here once they have signed in: ${commandLine('users')}list`
      : `Several people have this address; name one by id:\n${found.map((user) => describe(context, user)).join('\n')}`
  )
}
