// Changes of the lists and the resources: published to every open stream, and stored for an hour, so that a stream that
// broke can catch up (MCP "Subscriptions"; 2025-11-25 "Resumability").
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Audience, Kind, Rights } from '../../access-rules/contract.ts'
import type { Storage } from '../../storage/contract.ts'
import type { EventBus } from '../../event-bus.ts'
import { createTurns } from '../../in-turns.ts'

export type Change = Recipients &
  (
    | { kind: 'tools_list_changed' | 'prompts_list_changed' | 'resources_list_changed' }
    | { kind: 'resource_updated'; uri: string }
  )

/** What somebody with other rights than before has to ask for again. */
export const LIST_CHANGES = (['tools', 'resources', 'prompts'] as const).map((list) => ({ kind: `${list}_list_changed` as const }))

/** The only user whom it concerns, or who may see what has changed. Without any it concerns everybody. */
interface Recipients {
  user?: string | null
  audiences?: ReadonlyArray<Omit<Audience, 'id'>>
  of?: Offered
}

/** What has changed of an upstream: those who may use one of these. */
export interface Offered {
  upstream: string
  kind: Exclude<Kind, 'upstreams'>
  /** The names of each. */
  things: ReadonlyArray<readonly string[]>
}

/** Whose stream it is. */
export interface Recipient {
  /** `null` without sign-in. */
  user: string | null
  rights(): Rights
}

/** @returns whether the stream may carry the change. */
export function concerns ({ user, audiences, of }: Change, recipient: Recipient): boolean {
  if (user != null && user !== recipient.user) return false
  if (audiences === undefined && of === undefined) return true
  // Once: to find out whose rules fit takes longer than to ask them.
  const rights = recipient.rights()
  return (
    (audiences === undefined || audiences.some((audience) => rights.documents.sees(audience))) &&
    (of === undefined || of.things.some((names) => rights.mayOf(of.upstream, of.kind, ...names)))
  )
}

/**
 * `number` grows with every change on any instance. It starts at the time in milliseconds, so that a new log continues
 * above the one that expired.
 */
export interface NumberedChange {
  number: number
  change: Change
}

export interface ChangeLog {
  /** Stores and publishes changes. Never throws: a client that is not notified finds out when it asks again. */
  announce(changes: readonly Change[]): Promise<void>
  /** @returns what unsubscribes. */
  subscribe(listener: (change: NumberedChange) => void): () => void
  /** The number of the newest change. */
  newest(): Promise<number>
  /** What came after `number`, oldest first, or undefined if the log no longer reaches back that far. */
  since(number: number): Promise<NumberedChange[] | undefined>
}

const TOPIC = 'changes'
const LOG = 'log'
const MAX_ENTRIES = 500
/** Of all entries as JSON: the log is read and written as a whole. */
const MAX_CHARACTERS = 256 * 1024
const MAX_AGE_SECONDS = 3_600
/** Changes that are told in one turn of the event loop: each is looked at for thousands of open streams. */
const MAX_PER_TURN = 10

const audience = z.object({ gives: z.array(z.string()), takes: z.array(z.string()) })
const offered = z.object({
  upstream: z.string(),
  kind: z.enum(['tools', 'prompts', 'resources']),
  things: z.array(z.array(z.string()))
})
/** What other instances send is held to this. */
const NumberedChanges: z.ZodType<readonly NumberedChange[]> = z.array(
  z.object({
    number: z.number(),
    change: z.intersection(
      z.object({
        user: z.string().nullish(),
        audiences: z.array(audience).optional(),
        of: offered.optional()
      }) as z.ZodType<Recipients>,
      z.discriminatedUnion('kind', [
        z.object({ kind: z.enum(['tools_list_changed', 'prompts_list_changed', 'resources_list_changed']) }),
        z.object({ kind: z.literal('resource_updated'), uri: z.string() })
      ])
    )
  })
)

interface StoredLog {
  newest: number
  entries: NumberedChange[]
}

export function createChangeLog (
  bus: EventBus,
  storage: Storage,
  now: Clock,
  log: { warn(details: object, message: string): void }
): ChangeLog {
  const logs = storage.collection<StoredLog>('mcpChanges')
  const start = () => Math.floor(now() * 1000)
  const append = (changes: readonly Change[]) =>
    logs.update<NumberedChange[]>(LOG, (record = { newest: start(), entries: [] }) => {
      const numbered = changes.map((change, index) => ({ number: record.newest + 1 + index, change }))
      const entries = newestOf([...record.entries, ...numbered])
      return {
        write: { record: { newest: record.newest + changes.length, entries }, ttl: MAX_AGE_SECONDS },
        result: numbered
      }
    })
  let waiting: Change[] = []
  let written = Promise.resolve()
  async function write (): Promise<void> {
    const changes = waiting
    waiting = []
    if (changes.length === 0) return
    const numbered = await append(changes).catch((err: unknown) => {
      log.warn({ err }, 'a change could not be stored for streams that broke')
      return changes.map((change) => ({ number: 0, change }))
    })
    for (let first = 0; first < numbered.length; first += MAX_PER_TURN) {
      if (first > 0) await nextTurn()
      bus.publish(TOPIC, numbered.slice(first, first + MAX_PER_TURN))
    }
  }
  return {
    announce (changes) {
      for (const change of changes) waiting.push(change)
      // An upstream may report many at once: what comes while the log is written is written together.
      written = written.then(write)
      return written
    },
    subscribe: createListeners(bus, log),
    async newest () {
      return (await logs.find(LOG))?.newest ?? start()
    },
    async since (number) {
      const stored = await logs.find(LOG)
      // Without a log nothing has changed for as long as one is stored.
      if (!stored) return number > start() - MAX_AGE_SECONDS * 1000 ? [] : undefined
      const missed = stored.entries.filter((entry) => entry.number > number)
      return missed.length === stored.newest - number ? missed : undefined
    }
  }
}

/** As `user` of a change: no person has this id. */
const NOBODY = ''

/**
 * Takes somebody who is deleted out of the log, which lives on as long as anything changes. Each entry keeps its number: a gap
 * would have every client that comes back ask for everything again.
 */
export const forgetChangesOf = (storage: Storage, userId: string): Promise<void> =>
  storage.collection<StoredLog>('mcpChanges').update<void>(LOG, (record) => {
    const isTheirs = ({ change: { user } }: NumberedChange) => user === userId
    if (!record?.entries.some(isTheirs)) return { result: undefined }
    const entries = record.entries.map((entry) =>
      isTheirs(entry) ? { number: entry.number, change: { ...LIST_CHANGES[0]!, user: NOBODY } } : entry)
    return { write: { record: { ...record, entries }, ttl: MAX_AGE_SECONDS }, result: undefined }
  })

type Listener = (change: NumberedChange) => void

/** Thousands of streams listen, of both eras: they are told one after the other, in turns with other requests. */
function createListeners (bus: EventBus, log: { warn(details: object, message: string): void }): ChangeLog['subscribe'] {
  const listeners = new Set<Listener>()
  let told = Promise.resolve()
  let isSubscribed = false
  async function tell (present: readonly Listener[], numbered: readonly NumberedChange[]): Promise<void> {
    const turn = createTurns()
    for (const listener of present) {
      for (const change of numbered) {
        const next = turn()
        if (next) await next
        // It may have ended meanwhile.
        if (listeners.has(listener)) tellOne(listener, change)
      }
    }
  }
  function tellOne (listener: Listener, change: NumberedChange): void {
    try {
      listener(change)
    } catch (err) {
      log.warn({ err }, 'a stream could not be told of a change')
    }
  }
  return (listener) => {
    listeners.add(listener)
    if (!isSubscribed) {
      isSubscribed = true
      bus.subscribe(TOPIC, NumberedChanges, (numbered) => {
        const present = [...listeners]
        told = told.then(() => tell(present, numbered))
      })
    }
    return () => {
      listeners.delete(listener)
    }
  }
}

/** As many as are stored. */
function newestOf (entries: readonly NumberedChange[]): NumberedChange[] {
  let left = MAX_CHARACTERS
  const tooMany = entries.findLastIndex((entry, index) => {
    left -= JSON.stringify(entry).length
    return left < 0 || index < entries.length - MAX_ENTRIES
  })
  return entries.slice(tooMany + 1)
}
