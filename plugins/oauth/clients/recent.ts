// What was fetched for strangers, as long as no person has allowed the app: in memory, for minutes, bounded in number
// and bytes. The oldest give way.
import type { Clock } from '../../../clock.ts'
import { isRecent } from '../../is-recent.ts'

export const RECENT_BOUNDS = { seconds: 300, entries: 256, bytes: 512 * 1024 } as const

export interface Recent<T> {
  add(url: string, found: T): void
  find(url: string): T | undefined
  delete(url: string): void
}

export function createRecent<T> (now: Clock): Recent<T> {
  const recent = new Map<string, { found: T; at: number; bytes: number }>()
  let bytes = 0
  function remove (url: string): void {
    bytes -= recent.get(url)?.bytes ?? 0
    recent.delete(url)
  }
  return {
    delete: remove,
    add (url, found) {
      remove(url)
      const size = Buffer.byteLength(JSON.stringify(found))
      recent.set(url, { found, at: now(), bytes: size })
      bytes += size
      while (recent.size > RECENT_BOUNDS.entries || bytes > RECENT_BOUNDS.bytes) remove(recent.keys().next().value!)
    },
    find (url) {
      const entry = recent.get(url)
      if (!entry || isRecent(entry.at, RECENT_BOUNDS.seconds, now())) return entry?.found
      remove(url)
      return undefined
    }
  }
}
