// What anybody can cause is told a few times for each address, not each time: the bound knows the address alone, since
// a User-Agent costs nothing to change (threat WB-13).
import type { Clock } from '../../../clock.ts'

/** Kept in memory, for all addresses; beyond it counting begins again. */
const MAX_REMEMBERED = 10_000

export interface Once {
  /**
   * Whether this is to be told.
   * @param what with the address in it.
   * @param which tells several of the same kind apart, for example two programs at one address; each is told once.
   * @param most of them in a window.
   */
  isNew(what: string, which: string, most: number, windowSeconds: number): boolean
}

export function createOnce (now: Clock): Once {
  const seen = new Map<string, { window: number; told: Set<string> }>()
  return {
    isNew (what, which, most, windowSeconds) {
      const window = Math.floor(now() / windowSeconds)
      const known = seen.get(what)
      const told = known?.window === window ? known.told : new Set<string>()
      if (told.has(which) || told.size >= most) return false
      if (known === undefined && seen.size >= MAX_REMEMBERED) seen.clear()
      seen.set(what, { window, told: told.add(which) })
      return true
    }
  }
}
