// What anyone can cause is recorded a few times for each address, not each time. The bound counts by address alone,
// since a User-Agent costs nothing to change (threat WB-13).
import type { Clock } from '../../../clock.ts'
import { hashSecret } from '../../secrets.ts'

/** Subjects in memory; beyond it counting begins again. */
const MAX_REMEMBERED = 10_000
/** Characters of a variant. Of a longer one, such as of an app whose id is an address, its hash is remembered. */
const MAX_VARIANT = 64

export interface Once {
  /**
   * Whether an event is to be recorded.
   * @param subject what happened, with the address in it.
   * @param variant separates several of the same subject, such as two programs at one address; each counts once.
   * @param most variants in a window.
   */
  isNew(subject: string, variant: string, most: number, windowSeconds: number): boolean
}

export function createOnce (now: Clock): Once {
  const seen = new Map<string, { window: number; variants: Set<string> }>()
  return {
    isNew (subject, variant, most, windowSeconds) {
      const window = Math.floor(now() / windowSeconds)
      const known = seen.get(subject)
      const variants = known?.window === window ? known.variants : new Set<string>()
      if (variants.size >= most) return false
      const name = variant.length > MAX_VARIANT ? hashSecret(variant) : variant
      if (variants.has(name)) return false
      if (known === undefined && seen.size >= MAX_REMEMBERED) seen.clear()
      seen.set(subject, { window, variants: variants.add(name) })
      return true
    }
  }
}
