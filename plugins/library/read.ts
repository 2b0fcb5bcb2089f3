// Much of a document, read part by part, so that a long one is not read to its end.
import type { LibraryDocument } from '../../authoring/tool.ts'

/**
 * As many parts as fit, at least one.
 * @param fetchPart one part, with how many `parts` there are; undefined where there is none.
 * @returns with `next`, the number of the next part, if there is one.
 */
export async function readParts (
  fetchPart: (part: number) => Promise<LibraryDocument | undefined>,
  from: number,
  maxCharacters: number
): Promise<(LibraryDocument & { next?: number }) | undefined> {
  const first = await fetchPart(from)
  if (!first) return undefined
  const { parts = 1 } = first
  const texts = [first.text]
  let length = first.text.length
  let next = from + 1
  while (next <= parts) {
    const { text } = (await fetchPart(next)) ?? { text: '' }
    if (length + text.length > maxCharacters) break
    texts.push(text)
    length += text.length
    next++
  }
  return { ...first, text: texts.join(''), ...(next <= parts && { next }) }
}
