// The second factors of a person, for an operator who helps somebody who has lost them.
// Tested in test/cli/user-factors.test.ts.
import { OPERATOR } from '../plugins/administration/contract.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import type { Factor } from '../plugins/second-factors/contract.ts'
import { OperatorError } from './command.ts'
import { findPerson, type Context } from './find-person.ts'
import { commandLine } from './usage.ts'

export const FACTOR_HELP = `  ${commandLine('users')}factors list ID|ADDRESS     passkeys and authenticator apps, and how many recovery codes are left
  ${commandLine('users')}factors remove ID|ADDRESS   all of them, with the recovery codes: make sure that it is this person who asks
`

/** @returns what is printed. @throws OperatorError with nothing changed. */
export async function factors (context: Context, ...[action, who, ...more]: readonly string[]): Promise<string> {
  if ((action !== 'list' && action !== 'remove') || more.length > 0) throw new OperatorError(FACTOR_HELP)
  const { app } = context
  const { id, email } = await findPerson(context, who)
  const found = await app.secondFactors.list(id)
  if (action === 'list') {
    const codes = await app.secondFactors.recoveryCodesOf(id)
    return found.length === 0 ? 'No second factors.' : [...found.map(describe), `recovery codes\t${codes} left`].join('\n')
  }
  await app.administration.removeFactors(OPERATOR, id)
  return `Removed ${found.length} second factors and the recovery codes of ${printable(email ?? id)}.`
}

const describe = ({ kind, name, addedAt, lastUsedAt, madeFor }: Factor): string =>
  [kind, printable(name), dayOf(addedAt), lastUsedAt === undefined ? '-' : dayOf(lastUsedAt), madeFor ?? ''].join('\t').trimEnd()

const dayOf = (at: number): string => new Date(at * 1_000).toISOString().slice(0, 10)
