// Where a long text is cut, so that each part fits into one answer: indexed, fetched and named `#part=2` by the same
// cut.

/**
 * Bytes of UTF-8 in one part: some 15,000 tokens of English and 20,000 of Chinese or Japanese. Claude Code, for one,
 * takes up to 25,000 tokens from a tool.
 */
export const PART_BYTES = 60_000

/**
 * Cut at the end of a line where there is one in the last tenth of a part, and never through a character. The parts
 * join to the text.
 */
export function splitText (text: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length || parts.length === 0;) {
    const to = endOfPart(text, from)
    parts.push(text.slice(from, to))
    from = to
  }
  return parts
}

function endOfPart (text: string, from: number): number {
  const most = endWithin(text, from, PART_BYTES)
  if (most === text.length) return most
  const least = endWithin(text, from, PART_BYTES * 0.9)
  const line = text.slice(least, most).lastIndexOf('\n')
  return line < 0 ? most : least + line + 1
}

const encoder = new TextEncoder()
const room = new Uint8Array(PART_BYTES)

/** How far `bytes` reach from a place in the text, in whole characters. No character has fewer bytes than units of UTF-16. */
const endWithin = (text: string, from: number, bytes: number): number =>
  from + encoder.encodeInto(text.slice(from, from + bytes), room.subarray(0, bytes)).read

/** The id under which fetch finds one part; the first is the document's own. */
export const partId = (id: string, part: number): string => (part === 1 ? id : `${id}#part=${part}`)

/**
 * Between two slices of what is indexed requests are served. Without spaces between words, a part takes some 40 ms, on a slow
 * machine 70: most end with a line, a little before they are full, and two of them are more than a slice (threat LB-40).
 */
export const isSliceFull = (bytes: number, more: number): boolean => bytes > 0 && bytes + more > PART_BYTES
