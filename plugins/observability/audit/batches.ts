// Writes audit events to their journals in small batches. While storage is unavailable they wait, within a bound for
// each class (threat GR-11).
// Tested in test/plugins/observability/audit/batches.test.ts and test/plugins/observability/leavers.test.ts.
import type { FastifyInstance } from 'fastify'
import { createBatchWriter, createOutage } from '../../storage/batch-writer.ts'
import type { AuditEvent } from './contract.ts'
import type { FindLeavers } from '../leavers.ts'
import { eventClasses, type EventClass } from './event-classes.ts'
import type { AuditJournals } from './journals.ts'

/** A batch is written this often, or as soon as it is full. */
const FLUSH_EVERY_MS = 500
const BATCH = 2_000
/** Events of one write: bounds the milliseconds in which no one else is served. */
const SLICE = 500
/** Events of one class that wait while storage is unavailable. Beyond it the oldest are dropped; the log has them. */
const MAX_WAITING = 10_000

export interface AuditBatches {
  add(event: AuditEvent): void
  /** Writes what waits. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Events wait by class, so that a flood of one class leaves the others their places. */
export function createAuditBatches (
  journals: AuditJournals,
  classOf: (event: AuditEvent) => EventClass,
  log: FastifyInstance['log'],
  findLeavers: FindLeavers
): AuditBatches {
  const waiting = Object.fromEntries(eventClasses.map((name) => [name, [] as AuditEvent[]])) as Record<
    EventClass,
    AuditEvent[]
  >
  const outage = createOutage(log, {
    begins: 'the audit journal cannot be written: its events wait, and the log has them all',
    ends: 'the audit journal is written again; events that were lost are in the log only',
    stops: 'the server stops while the audit journal cannot be written; events that were lost are in the log only'
  })
  const { schedule, flush, close } = createBatchWriter(async () => {
    const written: Array<boolean | undefined> = []
    // One after the other: events of one write share a transaction.
    for (const name of eventClasses) written.push(await write(name))
    if (written.includes(false)) schedule()
    else if (written.includes(true)) outage.end()
  }, FLUSH_EVERY_MS)

  /** Drops the oldest beyond the bound. */
  function keep (name: EventClass, events: AuditEvent[]): void {
    outage.lose(Math.max(0, events.length - MAX_WAITING))
    waiting[name] = events.slice(-MAX_WAITING)
  }

  /** @returns whether what waited was written; undefined when nothing did. */
  async function write (name: EventClass): Promise<boolean | undefined> {
    const { length } = waiting[name]
    for (let written = 0; written < length; written += SLICE) {
      const slice = waiting[name].splice(0, Math.min(SLICE, length - written))
      try {
        const leavers = await findLeavers(slice.map(({ user }) => user))
        await journals.append(name, leavers.size === 0 ? slice : slice.filter(({ user = '' }) => !leavers.has(user)))
      } catch (error) {
        keep(name, [...slice, ...waiting[name]])
        outage.begin(error)
        return false
      }
    }
    return length > 0 || undefined
  }

  return {
    add (event: AuditEvent) {
      const queue = waiting[classOf(event)]
      queue.push(event)
      if (queue.length > MAX_WAITING) {
        queue.shift()
        outage.lose(1)
      }
      if (queue.length === BATCH) flush()
      else schedule()
    },
    flush,
    async close () {
      await close()
      outage.close(eventClasses.reduce((sum, name) => sum + waiting[name].length, 0))
    }
  }
}
