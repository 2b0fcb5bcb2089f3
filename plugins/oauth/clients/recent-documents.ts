// Documents that strangers have named, while nobody has allowed their app yet: in memory, for minutes, bounded in
// number and bytes; the oldest give way.
import type { Clock } from '../../../clock.ts'
import type { ClientDocument } from './metadata-document.ts'

export const RECENT_BOUNDS = { seconds: 300, documents: 256, bytes: 512 * 1024 } as const

export interface RecentDocument {
  document: ClientDocument
  /** Seconds since the epoch: not asked for again before then. */
  freshUntil: number
}

export interface RecentDocuments {
  add(url: string, found: RecentDocument): void
  find(url: string): RecentDocument | undefined
  delete(url: string): void
}

export function createRecentDocuments (now: Clock): RecentDocuments {
  const recent = new Map<string, RecentDocument & { until: number; bytes: number }>()
  let bytes = 0
  function remove (url: string): void {
    bytes -= recent.get(url)?.bytes ?? 0
    recent.delete(url)
  }
  return {
    delete: remove,
    add (url, found) {
      remove(url)
      const size = Buffer.byteLength(JSON.stringify(found.document))
      recent.set(url, { ...found, until: now() + RECENT_BOUNDS.seconds, bytes: size })
      bytes += size
      while (recent.size > RECENT_BOUNDS.documents || bytes > RECENT_BOUNDS.bytes) remove(recent.keys().next().value!)
    },
    find (url) {
      const found = recent.get(url)
      if (!found || found.until > now()) return found
      remove(url)
      return undefined
    }
  }
}
