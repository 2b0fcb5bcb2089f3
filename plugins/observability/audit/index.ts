// The audit log: each event goes to the process's log at once, and in small batches to a bounded journal in storage,
// where people and the operator find it (threat WB-13; RFC 9700 §4.14.2).
// This room owns the events, their journals and bounds, and which attempt to connect an event belongs to; it hands
// `audit.record` to the routes and the journal to pages and commands. The stories are told in ../stories/.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { networkOf } from '../../client-address.ts'
import { apart, remembered } from '../../remembered.ts'
import { randomSecret } from '../../secrets.ts'
import type { Access, Grant } from '../../oauth/grants/contract.ts'
import { createFindLeavers } from '../leavers.ts'
import { createAuditBatches } from './batches.ts'
import { createClassifier } from './event-classes.ts'
import type { AuditEvent, EventDetails, EventName } from './contract.ts'
import { openAuditJournals, topicOfUser } from './journals.ts'
import { createOnce } from './repeated-events.ts'

const MAX_TEXT = 200
/** Of an attempt's id: 8 characters of base64url. */
const RANDOM_BYTES = 6
/** Within this time, requests of one program count as one connection attempt. */
const CONNECTION_WINDOW_SECONDS = 3_600
const REMEMBERED_PROGRAMS = { most: 1_000, length: 300 }
/**
 * Connection attempts of one address whose refusal for the same reason is recorded within the
 * window.
 */
const MAX_ATTEMPTS_RECORDED = 20
/** Of these, so many may be of one program and one client: somebody tries again. */
const MAX_TRIES_RECORDED = 3
/** Of each kind, for {@link Audit.latest}. */
const LATEST = { public: 3_000, security: 3_000, excess: 1_000 } as const
/** A reached limit is recorded once for an address within this time. */
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
   * The same, a few times for each program and client, and for a few of one address: for what anyone can cause.
   */
  recordOnce(request: FastifyRequest, event: EventName, details?: EventDetails): void
  /** Records that an address reached a limit, once a minute. @param limit its name. */
  recordLimit(request: FastifyRequest, limit: string): void
  /**
   * Records what is not one HTTP request. @param requestId finds related lines in the log.
   */
  note(event: EventName, details?: EventDetails, requestId?: string): void
  /**
   * The id (16 characters of base64url) of the connection attempt that a program's requests belong to: the same for one
   * address and User-Agent for up to an hour, on every instance, without anything being stored.
   */
  attemptOf(request: FastifyRequest): string
  /**
   * The id of an attempt that begins with this request, for everything that follows from it. Two people behind one address
   * with one app have two.
   * @param program as {@link attemptOf} returns it, for the program that registered.
   */
  beginAttempt(request: FastifyRequest, program?: string): string
  /**
   * The newest events of connecting and of people, without refreshes and calls; oldest first.
   */
  latest(): Promise<AuditEvent[]>
  /**
   * A person's own events as they may read them, newest first. Many of one class leave room for the others.
   */
  ofUser(userId: string, limit: number): Promise<AuditEvent[]>
  /** All of them that are stored, oldest first; a few are in memory at a time. */
  allOfUser(userId: string): AsyncIterable<AuditEvent>
  /** Deletes a person's events. */
  forget(userId: string): Promise<void>
  /**
   * The keyed hash of what was typed as an account's name, so that the text itself is not
   * stored.
   */
  hash(text: string): string
  /** Calls the listener with each event as it happens, for counting. */
  listen(listener: (event: AuditEvent) => void): void
  /** Writes what waits. */
  flush(): Promise<void>
}

export default fp(
  async function audit (app: FastifyInstance, { backends = [] }: Partial<Pick<Config, 'backends'>>) {
    const journals = openAuditJournals(app.storage)
    const publicBackends = new Set(backends.filter(({ developmentOnly }) => developmentOnly).map(({ id }) => id))
    const classOf = createClassifier(app.now, (backend) => publicBackends.has(backend))
    const waiting = createAuditBatches(journals, classOf, app.log, createFindLeavers(app))
    const once = createOnce(app.now)
    app.addHook('onClose', () => waiting.close())
    const listeners: Array<(event: AuditEvent) => void> = []

    function write (log: FastifyInstance['log'], event: AuditEvent): void {
      shorten(event)
      log.info({ audit: event }, 'audit')
      waiting.add(event)
      for (const listener of listeners) listener(event)
    }
    /** Of what names a program and the hour: a keyed hash costs more than the document that most programs ask for. */
    const attemptNamed = remembered((program) => app.sealing.mac('attempt', program).slice(0, 16), REMEMBERED_PROGRAMS)
    const attemptOf = (request: FastifyRequest): string =>
      attemptNamed(JSON.stringify([request.ip, request.headers['user-agent'], Math.floor(app.now() / CONNECTION_WINDOW_SECONDS)]))

    const record = (request: FastifyRequest, event: EventName, details: EventDetails = {}) =>
      write(request.log, Object.assign(stamp(event, details), { request: request.id, address: networkOf(request) }))

    app.decorate('audit', {
      record,
      recordOnce (request, event, details = {}) {
        const { attempt = attemptOf(request), reason, client = '', grant = '' } = details
        const [program] = attempt.split('.')
        const subject = `${networkOf(request)} ${event} ${reason}`
        const tries = client === '' ? 1 : MAX_TRIES_RECORDED
        for (let n = 0; n < tries; n++) {
          const variant = `${program} ${client} ${grant} ${n}`
          if (!once.isNew(subject, variant, MAX_ATTEMPTS_RECORDED, CONNECTION_WINDOW_SECONDS)) continue
          return record(request, event, { ...details, attempt })
        }
      },
      recordLimit (request, limit) {
        if (!once.isNew(`${networkOf(request)} limit ${limit}`, '', 1, LIMIT_WINDOW_SECONDS)) return
        record(request, 'limit', { reason: limit, attempt: attemptOf(request) })
      },
      note: (event, details = {}, requestId) =>
        write(app.log, Object.assign(stamp(event, details), requestId === undefined ? undefined : { request: requestId })),
      attemptOf,
      beginAttempt: (request, program = attemptOf(request)) => `${program}.${randomSecret(RANDOM_BYTES)}`,
      latest: () => waiting.flush().then(() => journals.latest(LATEST)),
      async ofUser (userId, limit) {
        await waiting.flush()
        return (await journals.newest(topicOfUser(userId), limit)).map(asTheyReadIt)
      },
      async * allOfUser (userId) {
        await waiting.flush()
        for await (const event of journals.all(topicOfUser(userId))) yield asTheyReadIt(event)
      },
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

/** What somebody else did to them says nothing of where that person was (threat AD-20). */
function asTheyReadIt (event: AuditEvent): AuditEvent {
  if (event.by === undefined || event.by === event.user) return event
  const { address: _, request: __, ...read } = event
  return read
}

let stampedAt = NaN
let written = ''

/** The time as ISO 8601, written once for all events of a millisecond. */
function timestamp (): string {
  const now = Date.now()
  if (now !== stampedAt) written = new Date((stampedAt = now)).toISOString()
  return written
}

const stamp = (event: EventName, details: EventDetails): AuditEvent => ({ at: timestamp(), event, ...details })

/**
 * The journals have room for a number of events, so none may be long, whatever is in it: where an application takes its requests'
 * ids from a header, a stranger writes them (threat OW-50).
 */
function shorten (event: AuditEvent): void {
  const texts = event as unknown as Record<string, unknown>
  for (const name in texts) {
    const text = texts[name]
    if (typeof text === 'string' && text.length > MAX_TEXT) texts[name] = apart(text.slice(0, MAX_TEXT))
  }
}

/** The details of an event about a grant. */
export const ofGrant = ({ id, clientId, clientName, user, backend, attempt }: Grant): EventDetails => ({
  grant: id,
  client: clientId,
  clientName,
  user: user.id,
  backend,
  attempt
})
/**
 * The details of an event about a caller. Only the first use belongs to the connection attempt
 * that led to it.
 */
export const ofAccess = ({ grantId, clientId, clientName, user, backend }: Access): EventDetails => ({
  grant: grantId,
  client: clientId,
  clientName,
  user: user.id,
  backend
})
