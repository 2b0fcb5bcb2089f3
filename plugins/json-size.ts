// How deep a JSON text is nested and how much is in it, found in one pass before it is parsed; and how much is in a value,
// before a schema is asked about each part of it.

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

export interface JsonBounds {
  /** Levels of arrays and objects; more would only exhaust a recursive validator. */
  maxDepth: number
  /** Opening brackets, commas and colons outside strings: about two for each member of an object. */
  maxTokens: number
  /** Members of one object. With very many, the engine takes ten times as long for each as with few, whenever they are copied. */
  maxMembers?: number
}

/**
 * Counts brackets, commas and colons outside strings in one pass, without recursion. Bytes suffice: no byte of a longer
 * UTF-8 sequence equals one of these.
 * @returns what is exceeded.
 */
export function exceeded (bytes: Buffer, { maxDepth, maxTokens, maxMembers = Infinity }: JsonBounds): 'depth' | 'tokens' | undefined {
  /** Of what is open at each level. */
  const members = new Uint32Array(maxDepth + 1)
  let depth = 0
  let tokens = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isInString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) isInString = false
      continue
    }
    if (byte === QUOTE) isInString = true
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      tokens++
      if (++depth > maxDepth) return 'depth'
      members[depth] = 0
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--
    else if (byte === COMMA) tokens++
    else if (byte === COLON) {
      tokens++
      if (++members[depth]! > maxMembers) return 'tokens'
    }
    if (tokens > maxTokens) return 'tokens'
  }
  return undefined
}

/**
 * Whether there are more than `max` values in a value, itself and its members counted. Looks at no more than that: a
 * schema costs a thousand times as much for each, if it has alternatives that fail.
 */
export function hasMoreValues (value: unknown, max: number): boolean {
  const open = [value]
  let seen = 1
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next) && next.length > max) return true
    for (const key in next) {
      if (++seen > max) return true
      open.push((next as Record<string, unknown>)[key])
    }
  }
  return false
}
