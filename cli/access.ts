// `npm run access`: says what a person may use, and which rule of
// access.json decides it. It changes nothing.
import { loadConfig, readEnvironment } from '../config/index.ts'
import { printableLines } from '../plugins/observability/terminal-text.ts'
import { explainAccess } from './access-report.ts'
import { fail, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'

const HELP = `Explains who may use what.
  ${commandLine('access')}ID|ADDRESS                  their groups, and what they may use
  ${commandLine('access')}ID|ADDRESS TOOL|DOCUMENT    yes or no, and the rule; also for a prompt, a resource, an existing server
  ${commandLine('access')}everyone [TOOL|DOCUMENT]    the same for somebody who has not signed in
  ${commandLine('access')}service:ID [TOOL|DOCUMENT]  the same for a service in CLIENTS
`

try {
  // Not parsed as options: an id may start with a dash.
  const [who = '--help', name, ...more] = process.argv.slice(2)
  if (who === '--help') process.stdout.write(HELP)
  else if (more.length > 0) throw new OperatorError(HELP)
  else {
    const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
    process.stdout.write(`${printableLines(await explainAccess(config, who, name))}\n`)
  }
} catch (error) {
  fail(error)
}
