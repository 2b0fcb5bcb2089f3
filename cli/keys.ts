// `npm run keys`: makes, lists and revokes access keys for programs without a browser, also while the server runs.
import { loadConfig, readEnvironment } from '../config/index.ts'
import { fail, parseOptions } from './command.ts'
import { HELP, HEADING, keyCommands, runKeyCommand } from './key-commands.ts'

try {
  const [name = '--help', ...rest] = process.argv.slice(2)
  const command = Object.hasOwn(keyCommands, name) ? keyCommands[name] : undefined
  if (!command || rest.includes('--help')) {
    process.stdout.write(HELP)
    if (!command && name !== '--help') process.exitCode = 1
  } else {
    const { values, positionals } = parseOptions({
      args: rest,
      allowPositionals: true,
      options: {
        user: { type: 'string' },
        name: { type: 'string' },
        scope: { type: 'string' },
        days: { type: 'string' }
      }
    })
    const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
    const { out, note } = await runKeyCommand(config, command, { ...values, ids: positionals })
    // On stderr, so that a program reads the key, or the rows, alone.
    if (name === 'list') process.stderr.write(out === '' ? 'There are no access keys.\n' : `${HEADING}\n`)
    if (note !== undefined) process.stderr.write(`${note}\n`)
    if (out !== '') process.stdout.write(`${out}\n`)
  }
} catch (error) {
  fail(error)
}
