// `npm run users`: lists, invites, locks, groups and deletes the people of this server, also while it runs.
import { loadConfig, readEnvironment } from '../config/index.ts'
import { fail } from './command.ts'
import { HEADING } from './find-person.ts'
import { commands, HELP, runUserCommand } from './user-commands.ts'
import { INVITATION_HEADING } from './user-invitations.ts'

/** What stands above the rows of a command, and in place of them. */
const LISTS: Readonly<Record<string, { heading: string; none: string }>> = {
  list: { heading: HEADING, none: 'No one has signed in yet.' },
  'owner list': { heading: HEADING, none: 'No one owns this server: set OWNER_EMAIL, or add an owner.' },
  invitations: { heading: INVITATION_HEADING, none: 'There are no invitations.' }
}

try {
  // Not parsed as options: an id may start with a dash.
  const [name = '--help', ...words] = process.argv.slice(2)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    process.stdout.write(HELP)
    if (name !== '--help') process.exitCode = 1
  } else {
    const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
    const printed = await runUserCommand(config, command, ...words)
    // On stderr, so that programs read rows only.
    const { heading, none } = LISTS[words[0] === 'list' ? `${name} list` : name] ?? {}
    if (heading !== undefined) process.stderr.write(`${printed === '' ? none : heading}\n`)
    if (printed !== '') process.stdout.write(`${printed}\n`)
  }
} catch (error) {
  fail(error)
}
