// What has changed of the lists and the resources: told to every open stream, and kept a while so that a stream that
// broke can be told what it missed (MCP "Subscriptions"; 2025-11-25 "Resumability").
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Storage } from '../../storage/contract.ts'
import type { EventBus } from './event-bus.ts'

export type Change = Audience &
  (
    | { kind: 'tools_list_changed' | 'prompts_list_changed' | 'resources_list_changed' }
    | { kind: 'resource_updated'; uri: string }
  )

/** The user whom alone it concerns; everybody if there is none, or nobody signs in. */
interface Audience {
  user?: string | null
}

/** Whether a stream may hear of it. @param user whose stream it is; `null` for whoever has not signed in. */
export const concerns = (change: Change, user: string | null): boolean => change.user == null || change.user === user

/**
 * `number` grows with every change of all instances; it begins with the time in milliseconds, so that a log that was
 * begun anew goes on above the old one.
 */
export interface NumberedChange {
  number: number
  change: Change
}

export interface ChangeLog {
  /** Tells everybody. Never throws: who cannot be told finds out when it asks again. */
  announce(changes: readonly Change[]): Promise<void>
  subscribe(listener: (change: NumberedChange) => void): () => void
  /** The number of the newest change. */
  newest(): Promise<number>
  /** What came after `number`, oldest first, or undefined if that is not known any more. */
  since(number: number): Promise<NumberedChange[] | undefined>
}

const TOPIC = 'changes'
const LOG = 'log'
const MAX_ENTRIES = 500
/** Seconds. */
const MAX_AGE_SECONDS = 3_600

/** As other instances send them. */
const NumberedChanges: z.ZodType<readonly NumberedChange[]> = z.array(
  z.object({
    number: z.number(),
    change: z.intersection(
      z.object({ user: z.string().nullish() }) as z.ZodType<Audience>,
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
      const entries = [...record.entries, ...numbered].slice(-MAX_ENTRIES)
      return {
        write: { record: { newest: record.newest + changes.length, entries }, ttl: MAX_AGE_SECONDS },
        result: numbered
      }
    })
  return {
    async announce (changes) {
      if (changes.length === 0) return
      try {
        bus.publish(TOPIC, await append(changes))
      } catch (err) {
        log.warn({ err }, 'a change could not be kept for streams that broke')
        bus.publish(
          TOPIC,
          changes.map((change) => ({ number: 0, change }))
        )
      }
    },
    subscribe: (listener) =>
      bus.subscribe(TOPIC, NumberedChanges, (numbered) => {
        for (const change of numbered) listener(change)
      }),
    async newest () {
      return (await logs.find(LOG))?.newest ?? start()
    },
    async since (number) {
      const kept = await logs.find(LOG)
      // Without a log nothing has changed for as long as one is kept.
      if (!kept) return number > start() - MAX_AGE_SECONDS * 1000 ? [] : undefined
      const missed = kept.entries.filter((entry) => entry.number > number)
      return missed.length === kept.newest - number ? missed : undefined
    }
  }
}
