// The audit log: each event goes to the process's log at once, and in small batches to a bounded journal in storage, where people and the operator find it (threat WB-13; RFC 9700 §4.14.2).
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createFlusher } from '../flusher.ts'
import type { Access, Grant } from '../grants/contract.ts'
import type { Journal } from '../storage/contract.ts'
import type { AuditEvent, EventDetails, EventName } from './contract.ts'

/** A batch is written this often, or as soon as it is full. */
const FLUSH_EVERY_MS = 500
const BATCH = 2_000
/** Events that wait while storage is away. The oldest give way; the process's log has had them all. */
const MOST_WAITING = 10_000
const LONGEST_TEXT = 200
/** Events of {@link Audit.recordOnce} that are remembered. */
const MOST_REMEMBERED = 10_000
/** Bits: whoever has one IPv6 address has all of its network. */
const IPV6_NETWORK = 64
/** Seconds in which requests of one program count as one attempt to connect. */
const ATTEMPT_WINDOW = 3_600

export const JOURNAL = 'audit'

declare module 'fastify' {
  interface FastifyInstance { audit: Audit }
}

export interface Audit {
  /** Never waits and never throws. */
  record (request: FastifyRequest, event: EventName, details?: EventDetails): void
  /** The same, at most once for each attempt to connect: for refusals that anybody can cause, so that no flood pushes out the rest. */
  recordOnce (request: FastifyRequest, event: EventName, details?: EventDetails): void
  /** For what no single HTTP request stands for. @param requestId where the log has more of it. */
  note (event: EventName, details?: EventDetails, requestId?: string): void
  /**
   * The attempt to connect that a program's requests belong to: the same for one address and program name for up to an
   * hour, on every instance, without anything being stored.
   */
  attemptOf (request: FastifyRequest): string
  /** Remembers that a client which registered belongs to an attempt: the browser that comes for it is another program. */
  link (clientId: string, attempt: string): Promise<void>
  /** The attempt that a client's authorization request belongs to. */
  attemptOfClient (clientId: string, request: FastifyRequest): Promise<string>
  /** A person's own events, newest first. */
  ofUser (userId: string, limit: number): Promise<AuditEvent[]>
  /** Deletes a person's events. */
  forget (userId: string): Promise<void>
  /** What stands for the name of an account in an event, so that nothing somebody typed is kept. */
  hash (text: string): string
  /** What is told each event as it happens, for counting. */
  listen (listener: (event: AuditEvent) => void): void
  /** Writes what waits. */
  flush (): Promise<void>
}

export default fp(async function audit (app: FastifyInstance) {
  const attempts = app.storage.collection<{ attempt: string }>('attempt')
  const journal = app.storage.journal<AuditEvent>(JOURNAL)
  const waiting = createBatches(journal, (error) => app.log.warn({ err: error }, 'the audit journal waits for storage'))
  app.addHook('onClose', () => waiting.close())
  const listeners: Array<(event: AuditEvent) => void> = []

  function write (log: FastifyInstance['log'], event: AuditEvent): void {
    log.info({ audit: event }, 'audit')
    waiting.add(event)
    for (const listener of listeners) listener(event)
  }
  const attemptOf = (request: FastifyRequest) => app.sealing
    .mac('attempt', JSON.stringify([request.ip, request.headers['user-agent'], Math.floor(app.now() / ATTEMPT_WINDOW)])).slice(0, 16)

  const record = (request: FastifyRequest, event: EventName, details: EventDetails = {}) => write(request.log, {
    ...stamp(event, details),
    request: request.id,
    address: rateLimit.normalizeIP(request.ip, IPV6_NETWORK)
  })
  const seen = new Set<string>()

  app.decorate('audit', {
    record,
    recordOnce (request, event, details = {}) {
      const { attempt = attemptOf(request) } = details
      const key = `${attempt} ${event} ${details.reason}`
      if (seen.has(key)) return
      if (seen.size >= MOST_REMEMBERED) seen.clear()
      seen.add(key)
      record(request, event, { ...details, attempt })
    },
    note: (event, details = {}, requestId) => write(app.log, { ...stamp(event, details), ...(requestId && { request: requestId }) }),
    attemptOf,
    link: (clientId, attempt) => attempts.put(clientId, { attempt }, ATTEMPT_WINDOW),
    attemptOfClient: async (clientId, request) => (await attempts.find(clientId))?.attempt ?? attemptOf(request),
    ofUser: (userId, limit) => waiting.flush().then(() => journal.newest(topicOfUser(userId), limit)),
    forget: (userId) => waiting.flush().then(() => journal.forget(topicOfUser(userId))),
    hash: (text) => app.sealing.mac('audit', text.trim().toLowerCase()).slice(0, 16),
    listen: (listener) => { listeners.push(listener) },
    flush: () => waiting.flush()
  } satisfies Audit)
}, { name: 'audit', dependencies: ['storage'] })

const stamp = (event: EventName, { client, clientName, ...details }: EventDetails): AuditEvent => ({
  at: new Date().toISOString(),
  event,
  ...details,
  ...(client !== undefined && { client: client.slice(0, LONGEST_TEXT) }),
  ...(clientName !== undefined && { clientName: clientName.slice(0, LONGEST_TEXT) })
})

/** What an event says of a grant. */
export const ofGrant = ({ id, clientId, clientName, user, attempt }: Grant): EventDetails => ({ grant: id, client: clientId, clientName, user: user.id, attempt })
/** What an event says of a caller. Only the first use belongs to the story of the attempt that led to it. */
export const ofAccess = ({ grantId, clientId, clientName, user }: Access): EventDetails => ({ grant: grantId, client: clientId, clientName, user: user.id })

export const topicOfUser = (userId: string): string => `user ${userId}`
export const topicOfAttempt = (attempt: string): string => `attempt ${attempt}`

const topicsOf = ({ user, attempt }: AuditEvent): string[] => [...(user ? [topicOfUser(user)] : []), ...(attempt ? [topicOfAttempt(attempt)] : [])]

function createBatches (journal: Journal<AuditEvent>, onError: (error: unknown) => void) {
  let waiting: AuditEvent[] = []
  const { schedule, flush, close } = createFlusher(async () => {
    const batch = waiting.splice(0)
    if (batch.length === 0) return
    try {
      await journal.append(batch.map((entry) => ({ topics: topicsOf(entry), entry })))
    } catch (error) {
      waiting = [...batch, ...waiting].slice(-MOST_WAITING)
      onError(error)
      schedule()
    }
  }, FLUSH_EVERY_MS)

  return {
    add (event: AuditEvent) {
      waiting.push(event)
      if (waiting.length > MOST_WAITING) waiting.shift()
      if (waiting.length === BATCH) flush()
      else schedule()
    },
    flush,
    close
  }
}
