// `mcp-oauth-server COMMAND`: the one command of the installed package. Each of its commands is a module that reads its own
// arguments.
// This room owns the operator's commands; each uses the same functions as the server's pages.
// Tested in test/packaging/tarball.test.ts.
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { commandLine } from './usage.ts'

const HELP = `Usage: npx mcp-oauth-server COMMAND

  init FOLDER           writes a new project: a server with a tool of your own
  start                 serves this folder: tools/, prompts/, resources/, sources/, docs/, .env
  dev                   the same, and loads a tool again when it is saved
  protect -- COMMAND    serves one existing MCP server behind the sign-in: a command, or a URL
  call TOOL [JSON]      runs one tool here and now, and prints its result

  documents             lists what search finds, and what is left out
  doctor URL            examines a server from outside, as the assistants connect to it
  users                 lists, invites, locks, groups and deletes people
  keys                  makes, lists and revokes access keys
  access PERSON         says what a person may use, and by which rule
  audit                 prints the audit log
  upstreams             lists existing MCP servers behind this one, and what changed in them
  backup FOLDER         copies everything the server has stored
  restore FOLDER        loads such a copy

Every command explains itself with --help.
`

const commands: Record<string, () => Promise<unknown>> = {
  init: () => import('./init.ts'),
  start: () => import('../server.ts'),
  dev: () => import('../server.ts'),
  protect: () => import('./protect.ts'),
  call: () => import('./call.ts'),
  doctor: async () => (await import('../doctor/index.ts')).main(commandLine('doctor')),
  documents: () => import('./documents.ts'),
  users: () => import('./users.ts'),
  keys: () => import('./keys.ts'),
  access: () => import('./access.ts'),
  audit: () => import('./audit.ts'),
  upstreams: () => import('./upstreams.ts'),
  backup: () => import('./backup.ts'),
  restore: () => import('./restore.ts')
}

const name = process.argv[2] ?? '--help'
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (command) {
  // Outside the package, which may not be writable. Without write access there is no cache.
  enableCompileCache(join(homedir(), '.cache', 'mcp-oauth-server'))
  // Node would open its debugger for anyone who may send a signal to this process.
  process.on('SIGUSR1', () => {})
  // The module finds its arguments in the same place as when it is run directly.
  process.argv.splice(2, 1, ...(name === 'dev' ? ['--dev'] : []))
  await command()
} else {
  await import('./output.ts')
  const isHelp = name === '--help' || name === '-h' || name === 'help'
  process[isHelp ? 'stdout' : 'stderr'].write(isHelp ? HELP : `There is no command ${JSON.stringify(name)}.\n\n${HELP}`)
  if (!isHelp) process.exitCode = 1
}
