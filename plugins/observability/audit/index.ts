// The audit log: each event goes to the process's log at once, and in small batches to a bounded journal in storage,
// where people and the operator find it (threat WB-13; RFC 9700 §4.14.2).
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { networkOf } from '../../client-address.ts'
import { createFlusher, createOutage } from '../../storage/batch-writer.ts'
import type { Access, Grant } from '../../oauth/grants/contract.ts'
import { createClassifier, eventClasses, type EventClass } from './event-classes.ts'
import type { AuditEvent, EventDetails, EventName } from './contract.ts'
import { openAuditJournals, topicOfUser, type AuditJournals } from './journals.ts'
import { createOnce } from './repeated-events.ts'

/** A batch is written this often, or as soon as it is full. */
const FLUSH_EVERY_MS = 500
const BATCH = 2_000
/** Events of one class that wait while storage is away. The oldest give way; the process's log has had them all. */
const MAX_WAITING = 10_000
const MAX_TEXT = 200
/** Seconds in which requests of one program count as one attempt to connect. */
const CONNECTION_WINDOW_SECONDS = 3_600
/** Attempts of one address whose refusal for the same reason is told within the window. */
const MAX_ATTEMPTS_TOLD = 20
/** Seconds of a limit: it is told once for an address. */
const LIMIT_WINDOW_SECONDS = 60

declare module 'fastify' {
  interface FastifyInstance {
    audit: Audit
  }
}

export interface Audit {
  /** Never waits and never throws. */
  record(request: FastifyRequest, event: EventName, details?: EventDetails): void
  /**
   * The same, once for each attempt to connect and for few attempts of one address: for refusals that anybody can
   * cause.
   */
  recordOnce(request: FastifyRequest, event: EventName, details?: EventDetails): void
  /** That an address reached a limit: once in a minute, however often it tries. @param limit its name. */
  recordLimit(request: FastifyRequest, limit: string): void
  /** For what no single HTTP request stands for. @param requestId where the log has more of it. */
  note(event: EventName, details?: EventDetails, requestId?: string): void
  /**
   * The attempt to connect that a program's requests belong to: the same for one address and program name for up to an
   * hour, on every instance, without anything being stored.
   */
  attemptOf(request: FastifyRequest): string
  /** A person's own events, newest first; many of one class leave room for the others. */
  ofUser(userId: string, limit: number): Promise<AuditEvent[]>
  /** Deletes a person's events. */
  forget(userId: string): Promise<void>
  /** What stands for the name of an account in an event, so that nothing somebody typed is kept. */
  hash(text: string): string
  /** What is told each event as it happens, for counting. */
  listen(listener: (event: AuditEvent) => void): void
  /** Writes what waits. */
  flush(): Promise<void>
}

export default fp(
  async function audit (app: FastifyInstance, { backends = [] }: Partial<Pick<Config, 'backends'>>) {
    const journals = openAuditJournals(app.storage)
    const forAnybody = new Set(backends.filter(({ developmentOnly }) => developmentOnly).map(({ id }) => id))
    const classOf = createClassifier(app.now, (backend) => forAnybody.has(backend))
    const waiting = createBatches(journals, classOf, app.log)
    const once = createOnce(app.now)
    app.addHook('onClose', () => waiting.close())
    const listeners: Array<(event: AuditEvent) => void> = []

    function write (log: FastifyInstance['log'], event: AuditEvent): void {
      log.info({ audit: event }, 'audit')
      waiting.add(event)
      for (const listener of listeners) listener(event)
    }
    const attemptOf = (request: FastifyRequest) =>
      app.sealing
        .mac(
          'attempt',
          JSON.stringify([request.ip, request.headers['user-agent'], Math.floor(app.now() / CONNECTION_WINDOW_SECONDS)])
        )
        .slice(0, 16)

    const record = (request: FastifyRequest, event: EventName, details: EventDetails = {}) =>
      write(request.log, { ...stamp(event, details), request: request.id, address: networkOf(request) })

    app.decorate('audit', {
      record,
      recordOnce (request, event, details = {}) {
        const { attempt = attemptOf(request), reason } = details
        if (
          once.isNew(`${networkOf(request)} ${event} ${reason}`, attempt, MAX_ATTEMPTS_TOLD, CONNECTION_WINDOW_SECONDS)
        ) { record(request, event, { ...details, attempt }) }
      },
      recordLimit (request, limit) {
        if (once.isNew(`${networkOf(request)} limit ${limit}`, '', 1, LIMIT_WINDOW_SECONDS)) { record(request, 'limit', { reason: limit }) }
      },
      note: (event, details = {}, requestId) =>
        write(app.log, { ...stamp(event, details), ...(requestId && { request: requestId }) }),
      attemptOf,
      ofUser: (userId, limit) => waiting.flush().then(() => journals.newest(topicOfUser(userId), limit)),
      forget: (userId) => waiting.flush().then(() => journals.forget(topicOfUser(userId))),
      hash: (text) => app.sealing.mac('audit', text.trim().toLowerCase()).slice(0, 16),
      listen: (listener) => {
        listeners.push(listener)
      },
      flush: () => waiting.flush()
    } satisfies Audit)
  },
  { name: 'audit', dependencies: ['storage'] }
)

const stamp = (event: EventName, { client, clientName, ...details }: EventDetails): AuditEvent => ({
  at: new Date().toISOString(),
  event,
  ...details,
  ...(client !== undefined && { client: client.slice(0, MAX_TEXT) }),
  ...(clientName !== undefined && { clientName: clientName.slice(0, MAX_TEXT) })
})

/** What an event says of a grant. */
export const ofGrant = ({ id, clientId, clientName, user, backend, attempt }: Grant): EventDetails => ({
  grant: id,
  client: clientId,
  clientName,
  user: user.id,
  backend,
  attempt
})
/** What an event says of a caller. Only the first use belongs to the story of the attempt that led to it. */
export const ofAccess = ({ grantId, clientId, clientName, user, backend }: Access): EventDetails => ({
  grant: grantId,
  client: clientId,
  clientName,
  user: user.id,
  backend
})

/** Events wait by class, so that a flood of one class leaves the others their places. */
function createBatches (
  journals: AuditJournals,
  classOf: (event: AuditEvent) => EventClass,
  log: FastifyInstance['log']
) {
  const waiting = Object.fromEntries(eventClasses.map((name) => [name, [] as AuditEvent[]])) as Record<
    EventClass,
    AuditEvent[]
  >
  const outage = createOutage(log, {
    begins: 'the audit journal cannot be written: its events wait, and the log has them all',
    ends: 'the audit journal is written again; events that were lost are in the log only',
    stops: 'the server stops while the audit journal cannot be written; events that were lost are in the log only'
  })
  const { schedule, flush, close } = createFlusher(async () => {
    const written = await Promise.all(eventClasses.map(write))
    if (written.includes(false)) schedule()
    else if (written.includes(true)) outage.end()
  }, FLUSH_EVERY_MS)

  /** Lets the oldest beyond the bound go. */
  function keep (name: EventClass, events: AuditEvent[]): void {
    outage.lose(Math.max(0, events.length - MAX_WAITING))
    waiting[name] = events.slice(-MAX_WAITING)
  }

  /** @returns whether what waited was written; undefined when nothing did. */
  async function write (name: EventClass): Promise<boolean | undefined> {
    const batch = waiting[name].splice(0)
    if (batch.length === 0) return undefined
    try {
      await journals.append(name, batch)
      return true
    } catch (error) {
      keep(name, [...batch, ...waiting[name]])
      outage.begin(error)
      return false
    }
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
