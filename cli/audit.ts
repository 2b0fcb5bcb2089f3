// `npm run audit`: prints the audit log as JSON lines, oldest first, to store or to search: all of it, or the events of one
// person; and the stories of attempts to connect, as the page of owners tells them.
// Tested in test/plugins/observability/audit/index.test.ts.
import { loadConfig, readEnvironment, type Config } from '../config/index.ts'
import type { User } from '../plugins/sign-in/contract.ts'
import type { Storage } from '../plugins/storage/contract.ts'
import { openAuditJournals } from '../plugins/observability/audit/journals.ts'
import type { AuditEvent } from '../plugins/observability/audit/contract.ts'
import { assembleStories, isStep } from '../plugins/observability/stories/assemble.ts'
import { reportStory, summarize } from '../plugins/observability/stories/report.ts'
import { fail, openExisting, OperatorError, parseOptions } from './command.ts'
import { commandLine } from './usage.ts'
import { printableJson } from '../plugins/observability/terminal-text.ts'

const HELP = `Prints the audit log as JSON lines, oldest first.
  ${commandLine('audit')}                      all stored events
  ${commandLine('audit')}--user ID|ADDRESS the events of one person
  ${commandLine('audit')}--attempt ID      one attempt to connect, from the first request to the first list of tools
  ${commandLine('audit')}--attempts        each attempt: who, how far, why it stopped and what to do
`

try {
  const { values } = parseOptions({
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
  fail(error, HELP)
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
  const config = await loadConfig(readEnvironment())
  const storage = await openExisting(config)
  try {
    const events = openAuditJournals(storage).all()
    if (attempts || attempt !== undefined) return await printStories(config, events, attempt)
    const people = user === undefined ? undefined : await idsOf(storage, user)
    let count = 0
    for await (const event of events) {
      if (people && !people.has(event.user ?? '')) continue
      count++
      process.stdout.write(`${printableJson(event)}\n`)
    }
    if (count === 0) throw new OperatorError(`No stored event is of ${user ?? 'this server'}.`)
  } finally {
    await storage.close()
  }
}

/**
 * @param wanted the id of an attempt, which is told whole; without one, a line for each.
 */
async function printStories (
  { identity, publicUrl }: Config,
  events: AsyncIterable<AuditEvent>,
  wanted: string | undefined
): Promise<void> {
  const steps: AuditEvent[] = []
  for await (const event of events) if (isStep(event.event)) steps.push(event)
  const told = assembleStories(steps, Date.now() / 1_000).reverse()
  if (wanted === undefined) {
    for (const story of told) process.stdout.write(`${summarize(story)}\n`)
    return
  }
  const found = told.filter(({ id, events }) => id === wanted || events.some(({ attempt }) => attempt === wanted))
  if (found.length === 0) throw new OperatorError(`No stored event is of ${wanted}.`)
  const server = { name: identity.name, url: publicUrl }
  process.stdout.write(`${found.map((story) => reportStory(story, server)).join('\n\n')}\n`)
}

/**
 * @returns the ids of the people who have the address, or the id itself. @throws OperatorError
 * for an address of no one.
 */
async function idsOf (storage: Storage, who: string): Promise<Set<string>> {
  if (!who.includes('@')) return new Set([who])
  const ids = new Set<string>()
  for await (const { record } of storage.collection<User>('user').all()) {
    if (record.email === who.trim().toLowerCase()) ids.add(record.id)
  }
  if (ids.size === 0) throw new OperatorError(`No one has the address ${who}. A person who was deleted is found only by id`)
  return ids
}
