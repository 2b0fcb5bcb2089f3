// How many bytes are stored for streams that may be resumed: bounded for a session, for a person and in all. The oldest
// stream makes room (MCP 2025-11-25 "Resumability and Redelivery").
import type { Clock } from '../../../clock.ts'
import { isRecent } from '../../is-recent.ts'

export const MAX_SESSION_BYTES = 512 * 1024
export const MAX_PERSON_BYTES = 2 * 1024 * 1024
/** What one instance stores for everybody. */
export const MAX_BYTES = 64 * 1024 * 1024
/** What a record costs beside its events. */
const RECORD_BYTES = 512
/** How often expired streams are dropped from the count. */
const PRUNE_SECONDS = 10

interface Stream {
  session: string
  person: string
  bytes: number
  until: number
}
interface Group {
  bytes: number
  streams: Set<string>
}

export interface StoredBytes {
  /**
   * Counts what is about to be stored of a stream, in place of what was stored of it before.
   * @param stream.until when storage drops it, in seconds since the epoch.
   * @returns the streams that have to be deleted; the stream itself, if there is no room for it.
   */
  put(id: string, stream: Stream): string[]
}

/** Each instance counts what it writes itself, without asking storage; what an earlier run left expires in minutes. */
export function createStoredBytes (
  now: Clock,
  limits = { session: MAX_SESSION_BYTES, person: MAX_PERSON_BYTES, all: MAX_BYTES }
): StoredBytes {
  const streams = new Map<string, Stream>()
  /** In each group the stream that was written longest ago comes first. */
  const groups = new Map<string, Group>()
  const namesOf = ({ session, person }: Stream) => [`session ${session}`, `person ${person}`, 'all']
  let people = 0
  let prunedAt = now()

  function drop (id: string): void {
    const stream = streams.get(id)
    if (!stream) return
    streams.delete(id)
    for (const name of namesOf(stream)) {
      const group = groups.get(name)!
      group.bytes -= stream.bytes
      group.streams.delete(id)
      if (group.streams.size > 0) continue
      groups.delete(name)
      if (name.startsWith('person ')) people--
    }
  }
  function insert (id: string, stream: Stream): void {
    streams.set(id, stream)
    for (const name of namesOf(stream)) {
      const group = groups.get(name) ?? { bytes: 0, streams: new Set() }
      if (group.streams.size === 0 && name.startsWith('person ')) people++
      group.bytes += stream.bytes
      groups.set(name, { bytes: group.bytes, streams: group.streams.add(id) })
    }
  }
  function prune (): void {
    if (isRecent(prunedAt, PRUNE_SECONDS, now())) return
    prunedAt = now()
    for (const [id, { until }] of streams) if (until <= now()) drop(id)
  }

  return {
    put (id, { bytes, ...about }) {
      prune()
      drop(id)
      const stream = { ...about, bytes: bytes + RECORD_BYTES }
      insert(id, stream)
      const gone: string[] = []
      const oldest = (name: string) => groups.get(name)!.streams.values().next().value!
      const remove = (victim: string) => {
        drop(victim)
        gone.push(victim)
      }
      const size = (name: string) => groups.get(name)?.bytes ?? 0
      const [session, person, all] = namesOf(stream) as [string, string, string]
      while (size(session) > limits.session) remove(oldest(session))
      while (size(person) > limits.person) remove(oldest(person))
      // Who has more than an equal share makes room first, so that no one pushes out others.
      while (size(all) > limits.all) remove(oldest(size(person) > limits.all / people ? person : all))
      return gone
    }
  }
}
