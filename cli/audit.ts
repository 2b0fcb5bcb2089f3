// `npm run audit`: prints the audit log as JSON lines, oldest first, to store or to search: all of it, the events of one
// person, or those of one attempt to connect.
// Tested in test/plugins/observability/audit/index.test.ts.
import { parseArgs } from 'node:util'
import { loadConfig, readEnvironment } from '../config/index.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import type { Storage } from '../plugins/storage/contract.ts'
import { openAuditJournals } from '../plugins/observability/audit/journals.ts'
import { describeAttempt, readAttempts } from '../plugins/observability/audit/attempts.ts'
import { fail, openExisting, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'
import { printableJson } from '../plugins/observability/terminal-text.ts'

const HELP = `Prints the audit log as JSON lines, oldest first.
  ${commandLine('audit')}                      all stored events
  ${commandLine('audit')}--user ID|ADDRESS the events of one person
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
    const people = user === undefined ? undefined : await idsOf(storage, user)
    let count = 0
    for await (const event of events) {
      if (people && !people.has(event.user ?? '')) continue
      if (attempt !== undefined && event.attempt !== attempt) continue
      count++
      process.stdout.write(`${printableJson(event)}\n`)
    }
    if (count === 0) throw new OperatorError(`No stored event is of ${user ?? attempt ?? 'this server'}.`)
  } finally {
    await storage.close()
  }
}

/** @returns the ids of the people who have the address, or the id itself. @throws OperatorError for an address of no one. */
async function idsOf (storage: Storage, who: string): Promise<Set<string>> {
  if (!who.includes('@')) return new Set([who])
  const ids = new Set<string>()
  for await (const { record } of storage.collection<User>('user').all()) {
    if (record.email === who.trim().toLowerCase()) ids.add(record.id)
  }
  if (ids.size === 0) throw new OperatorError(`No one has the address ${who}. A person who was deleted is found only by id`)
  return ids
}
