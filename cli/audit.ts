// `npm run audit`: prints the audit log as JSON lines, oldest first, to store or to search: all of it, the events of one
// person, or those of one attempt to connect.
// Tested in test/plugins/observability/audit/index.test.ts.
import { parseArgs } from 'node:util'
import { loadConfig, readEnvironment } from '../config/index.ts'
import { openAuditJournals } from '../plugins/observability/audit/journals.ts'
import { describeAttempt, readAttempts } from '../plugins/observability/audit/attempts.ts'
import { fail, openExisting, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'
import { printableJson } from '../plugins/observability/terminal-text.ts'

const HELP = `Prints the audit log as JSON lines, oldest first.
  ${commandLine('audit')}                      all stored events
  ${commandLine('audit')}--user ID         the events of one person
  ${commandLine('audit')}--attempt ID      one attempt to connect, from the first probe to the first call
  ${commandLine('audit')}--attempts        one line for each attempt: who, how far, and why it stopped
`

try {
  const { values } = parseArgs({
    options: {
      user: { type: 'string' },
      attempt: { type: 'string' },
      attempts: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  if (values.help) process.stdout.write(HELP)
  else await print(values)
} catch (error) {
  // parseArgs throws a TypeError for a wrong option.
  fail(error instanceof TypeError ? new OperatorError(error.message) : error, HELP)
}

async function print ({
  user,
  attempt,
  attempts
}: {
  user?: string
  attempt?: string
  attempts?: boolean
}): Promise<void> {
  const storage = await openExisting(await loadConfig(readEnvironment()))
  try {
    const events = openAuditJournals(storage).all()
    if (attempts) {
      for (const each of await readAttempts(events)) process.stdout.write(`${describeAttempt(each)}\n`)
      return
    }
    for await (const event of events) {
      if (user !== undefined && event.user !== user) continue
      if (attempt !== undefined && event.attempt !== attempt) continue
      process.stdout.write(`${printableJson(event)}\n`)
    }
  } finally {
    await storage.close()
  }
}
