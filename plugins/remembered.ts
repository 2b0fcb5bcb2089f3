// A function that remembers what it has made of a text: a bounded number of them, and none that is long, since texts come from
// outside.
// Tested in test/plugins/remembered.test.ts.

interface Bounds {
  /** Of texts: beyond it all are forgotten. */
  most: number
  /** Characters of a text. */
  length: number
}

/**
 * The same text by itself: a piece of a longer one keeps all of that in memory, such as an address the header it was written in
 * (threat BW-42).
 */
export const apart = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le')

/** @param make gives the same for the same text, and never undefined. */
export function remembered<T extends string> (make: (text: string) => T, { most, length }: Bounds): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    const known = made.get(text)
    if (known !== undefined) return known
    if (text.length > length) return make(text)
    const own = apart(text)
    const result = make(own)
    if (made.size >= most) made.clear()
    made.set(own, result)
    return result
  }
}
