// When each key was last used, and from where: written in the background and rarely, so that no
// call waits for it.
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Collection } from '../storage/contract.ts'
import type { AccessKey } from './contract.ts'

/** Between two writes for one key, on all instances. */
export const NOTE_EVERY_SECONDS = 60
/** Keys whose last note this process remembers. */
const MAX_REMEMBERED = 10_000

export interface LastUses {
  /** Never waits and never throws. */
  note(id: string, address: string): void
  /** Settles when everything noted so far is written, or could not be. */
  idle(): Promise<void>
}

export function createLastUses (
  store: Pick<Collection<AccessKey>, 'update'>,
  now: Clock,
  log: Pick<FastifyBaseLogger, 'warn'>
): LastUses {
  const notedAt = new Map<string, number>()
  const writing = new Set<Promise<void>>()
  const isRecent = (at = -Infinity) => at > now() - NOTE_EVERY_SECONDS

  /** A key that was revoked meanwhile stays revoked: nothing is written for it. */
  const write = (id: string, address: string) =>
    store.update<void>(id, (key) => {
      if (!key || isRecent(key.lastUse?.at)) return { result: undefined }
      const record = { ...key, lastUse: { at: now(), address } }
      return { write: { record, ttl: Math.max(1, key.endsAt - now()) }, result: undefined }
    })

  return {
    note (id, address) {
      if (isRecent(notedAt.get(id))) return
      if (notedAt.size >= MAX_REMEMBERED) notedAt.clear()
      notedAt.set(id, now())
      const written = write(id, address)
        .catch((error: unknown) => {
          log.warn({ err: error }, 'the last use of an access key could not be stored')
        })
        .finally(() => writing.delete(written))
      writing.add(written)
    },
    async idle () {
      await Promise.all(writing)
    }
  }
}
