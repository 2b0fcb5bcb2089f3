// The audit log in storage: a journal for each class of events, with bounds of its own, read as one (threat WB-13).
import type { Journal, Storage } from '../../storage/contract.ts'
import { eventClasses, type EventClass } from './event-classes.ts'
import type { AuditEvent } from './contract.ts'

/**
 * Earlier versions wrote every event to the first of these: those entries are read with the
 * rest until they expire.
 */
const journalNames: Readonly<Record<EventClass, string>> = {
  security: 'audit',
  public: 'audit-public',
  calls: 'audit-calls',
  tokens: 'audit-tokens',
  excess: 'audit-excess'
}

export interface AuditJournals {
  append(eventClass: EventClass, events: readonly AuditEvent[]): Promise<void>
  /**
   * The newest events of a topic, newest first. Each class that has enough gets an equal share
   * of the places.
   */
  newest(topic: string, limit: number): Promise<AuditEvent[]>
  /** The newest events of some classes, so many of each at most; oldest first. */
  latest(limits: Partial<Record<EventClass, number>>): Promise<AuditEvent[]>
  /** Everything that is stored, or that is of a topic; oldest first. */
  all(topic?: string): AsyncIterable<AuditEvent>
  forget(topic: string): Promise<void>
}

export const topicOfUser = (userId: string): string => `user ${userId}`

/**
 * Of people alone: a topic has keys or rows of its own, and anyone can begin attempts to
 * connect.
 */
const topicOf = ({ user }: AuditEvent): string | undefined => (user ? topicOfUser(user) : undefined)

export function openAuditJournals (storage: Pick<Storage, 'journal'>): AuditJournals {
  const journals = Object.fromEntries(
    eventClasses.map((name) => [name, storage.journal<AuditEvent>(journalNames[name])])
  ) as Record<EventClass, Journal<AuditEvent>>
  return {
    append: (eventClass, events) =>
      journals[eventClass].append(events.map((entry) => ({ topic: topicOf(entry), entry }))),
    async newest (topic, limit) {
      const found = await Promise.all(eventClasses.map((name) => journals[name].newest(topic, limit)))
      return share(found.reverse(), limit).sort((a, b) => Number(a.at < b.at) - Number(a.at > b.at))
    },
    async latest (limits) {
      const wanted = eventClasses.filter((name) => limits[name] !== undefined)
      const found = await Promise.all(wanted.map((name) => journals[name].latest(limits[name]!)))
      // Within one millisecond in the order of the classes, as in a connection's story.
      return found.flat().sort((a, b) => Number(a.at > b.at) - Number(a.at < b.at))
    },
    all: (topic) => merge(eventClasses.map((name) => journals[name].all(topic))),
    async forget (topic) {
      await Promise.all(eventClasses.map((name) => journals[name].forget(topic)))
    }
  }
}

/**
 * One of each list in turn until there are enough: a short list leaves its places to the
 * others.
 */
function share (lists: AuditEvent[][], limit: number): AuditEvent[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1)))
    .flat()
    .slice(0, limit)
}

/**
 * Merges lists in order of time. Within one millisecond the earlier list comes first, as in a
 * connection's story.
 */
async function * merge (lists: Array<AsyncIterable<AuditEvent>>): AsyncGenerator<AuditEvent> {
  const readers = lists.map((list) => list[Symbol.asyncIterator]())
  const heads = await Promise.all(readers.map((reader) => reader.next()))
  for (;;) {
    let first: number | undefined
    for (const [index, head] of heads.entries()) {
      if (!head.done && (first === undefined || head.value.at < (heads[first]!.value as AuditEvent).at)) first = index
    }
    if (first === undefined) return
    yield heads[first]!.value as AuditEvent
    heads[first] = await readers[first]!.next()
  }
}
