// A function that remembers what it has made of a text: a bounded number of them, and none that is long, since texts come from
// outside.
// Tested in test/plugins/remembered.test.ts.

interface Bounds {
  /** Of texts: beyond it all are forgotten. */
  most: number
  /** Characters of a text. */
  length: number
}

/** @param make gives the same for the same text, and never undefined. */
export function remembered<T extends string> (make: (text: string) => T, { most, length }: Bounds): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    const known = made.get(text)
    if (known !== undefined) return known
    const result = make(text)
    if (text.length > length) return result
    if (made.size >= most) made.clear()
    made.set(text, result)
    return result
  }
}
