// Finds a text in another one, in a time that grows with their lengths alone. What the engine does takes their product for
// some: a thousand equal letters with another one near their beginning, in a text of the same letter (Knuth, Morris, Pratt:
// "Fast Pattern Matching in Strings", 1977).

/** Characters. For shorter ones the product is small, and the engine faster. */
const MIN_LENGTH = 16

/** @returns where it begins in a text, at `from` or later; -1 if it does not occur. */
export type FindText = (text: string, from?: number) => number

/** @param wanted prepared once, for any number of texts. */
export function createFindText (wanted: string): FindText {
  if (wanted.length < MIN_LENGTH) return (text, from = 0) => text.indexOf(wanted, from)
  const overlaps = overlapsOf(wanted)
  return (text, from = 0) => {
    let matched = 0
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      while (matched > 0 && unit !== wanted.charCodeAt(matched)) matched = overlaps[matched - 1]!
      if (unit === wanted.charCodeAt(matched)) matched++
      if (matched === wanted.length) return at - matched + 1
    }
    return -1
  }
}

/** For each beginning of the text: how much of its end the text begins with as well, without being the whole of it. */
function overlapsOf (wanted: string): Uint32Array {
  const overlaps = new Uint32Array(wanted.length)
  let matched = 0
  for (let at = 1; at < wanted.length; at++) {
    const unit = wanted.charCodeAt(at)
    while (matched > 0 && unit !== wanted.charCodeAt(matched)) matched = overlaps[matched - 1]!
    if (unit === wanted.charCodeAt(matched)) matched++
    overlaps[at] = matched
  }
  return overlaps
}
