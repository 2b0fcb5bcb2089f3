// Invitations from the terminal: made, listed and withdrawn.
// Tested in test/cli/user-invitations.test.ts.
import { languages, type Language } from '../languages/index.ts'
import { stateOf, type Invitation } from '../plugins/accounts/invitation.ts'
import { OPERATOR } from '../plugins/administration/contract.ts'
import { printable } from '../plugins/observability/terminal-text.ts'
import { OperatorError, parseOptions } from './command.ts'
import type { Context } from './find-person.ts'
import { commandLine } from './usage.ts'

export const INVITATION_HELP = `  ${commandLine('users')}invite [ADDRESS] [--group GROUP]… [--language ${languages.join('|')}]
                         mails a link to create an account, valid for a week, or prints it where there is no address or no mail
  ${commandLine('users')}invitations          id, address, state, end, by whom, groups
  ${commandLine('users')}withdraw ID          the link of an invitation works no more
`

export const INVITATION_HEADING = 'id\taddress\tstate\tends\tby\tgroups'

type Command = (context: Context, ...words: readonly string[]) => Promise<string>

export const invitationCommands: Readonly<Record<'invite' | 'invitations' | 'withdraw', Command>> = {
  async invite ({ app }, ...words) {
    const { invitation, link } = await app.administration.invite(OPERATOR, readAsked(words))
    if (link !== undefined) return link
    await app.mail.idle()
    return `Sent to ${printable(invitation.email!)}. It ends ${day(invitation.expiresAt)}.`
  },
  async invitations ({ app }) {
    return (await app.signIn.invitations.list()).map((one) => describe(one, app.now())).join('\n')
  },
  async withdraw ({ app }, id, ...more) {
    if (id === undefined || more.length > 0) throw new OperatorError(`Name one invitation by its id: ${commandLine('users')}invitations`)
    const withdrawn = await app.administration.withdrawInvitation(OPERATOR, id)
    return `Withdrawn: ${describe(withdrawn, app.now())}`
  }
}

/** @throws OperatorError that names the option. */
function readAsked (words: readonly string[]): { email?: string; groups: string[]; language: Language } {
  const { values, positionals } = parseOptions({
    args: [...words],
    allowPositionals: true,
    options: { group: { type: 'string', multiple: true }, language: { type: 'string' } }
  }, INVITATION_HELP)
  const [email, ...more] = positionals
  if (more.length > 0) throw new OperatorError(`Invite one person at a time.\n${INVITATION_HELP}`)
  const language = languages.find((one) => one === (values.language ?? 'en'))
  if (!language) throw new OperatorError(`--language ${values.language}: write one of ${languages.join(', ')}.`)
  return { ...(email !== undefined && { email }), groups: values.group ?? [], language }
}

const describe = (invitation: Invitation, now: number): string =>
  [
    invitation.id,
    printable(invitation.email ?? '-'),
    stateOf(invitation, now),
    day(invitation.expiresAt),
    invitation.by,
    invitation.groups.map(printable).join(', ') || '-'
  ].join('\t')

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)
