// Looks through one entry of a list before anything is done with it: how large and how deep it is, and whether it holds text
// that a person cannot see and a model reads (tool poisoning; Unicode UTS #39 §5).
import { MAX_DEPTH } from './contract.ts'

/**
 * Controls, blanks without width, what turns the direction of a line, tags, selectors that draw nothing, and private
 * characters. Not what emojis and scripts need: the joiners, U+FE0F, the marks U+200E and U+200F.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u115F\u1160\u180E\u200B\u2028-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\p{Co}\p{Cs}]|[\uFE00-\uFE0E\u{E0000}-\u{E0FFF}]/u

/** Characters that a value, or the name of a member, counts for at least: writing and comparing a small one costs as much. */
const MIN_SIZE = 16

/** JSON writes a control character, or half of a pair, in six characters. */
// eslint-disable-next-line no-control-regex
const ESCAPED = /["\\\u0000-\u001F\p{Cs}]/u

/** Characters that JSON takes for a text, which is more than it has where most of them are escaped. */
export const writtenLength = (text: string): number => (ESCAPED.test(text) ? JSON.stringify(text).length - 2 : text.length)

export interface Survey {
  /** Characters as JSON, about. `undefined`: it is larger than it may be, or nested too deeply. */
  size: number | undefined
  hides: boolean
}

/** Level by level, so that depth costs no stack, and not further than `max` characters. */
export function survey (value: unknown, max: number): Survey {
  const mostValues = max / MIN_SIZE
  let size = 0
  let hides = false
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return { size: undefined, hides }
    const next: unknown[] = []
    for (const item of level) {
      size += typeof item === 'string' ? Math.max((item.length > max ? item.length : writtenLength(item)) + 1, MIN_SIZE) : MIN_SIZE
      if (size > max) return { size: undefined, hides }
      if (typeof item === 'string') hides ||= HIDDEN.test(item)
      else if (typeof item === 'object' && item !== null && !gather(item, next, mostValues)) return { size: undefined, hides }
    }
    level = next
  }
  return { size, hides }
}

/** Adds the members of an array or object, and its names. @returns whether there are no more than `most`. */
function gather (item: object, next: unknown[], most: number): boolean {
  if (Array.isArray(item)) {
    if (next.length + item.length > most) return false
    for (const member of item) next.push(member)
    return true
  }
  for (const name in item) {
    if (next.length >= most) return false
    next.push(name, (item as Record<string, unknown>)[name])
  }
  return true
}
