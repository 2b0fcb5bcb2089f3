// Merges the hits of several sources into one list. Scores of different engines cannot be compared; how many words of the
// query a hit shows can.
import { wordsFound } from './snippet.ts'
import type { Word } from './tokenize.ts'

export interface Mergeable {
  id: string
  title: string
  snippet: string
}

/**
 * Each list keeps its own order. Of the hits that are next in each, the one that shows most of the words comes first;
 * where they are equal, the one whose list has given least so far, and then the earlier list.
 * @param words from `parseQuery`.
 */
export function mergeHits<H extends Mergeable> (lists: readonly H[][], words: readonly Word[], limit: number): H[] {
  const heads = lists
    .filter(({ length }) => length > 0)
    .map((hits) => ({ hits, taken: 0, found: foundIn(hits[0]!, words) }))
  const merged: H[] = []
  while (heads.length > 0 && merged.length < limit) {
    const best = heads.reduce((best, head) =>
      head.found > best.found || (head.found === best.found && head.taken < best.taken) ? head : best
    )
    merged.push(best.hits[best.taken++]!)
    const next = best.hits[best.taken]
    if (next === undefined) heads.splice(heads.indexOf(best), 1)
    else best.found = foundIn(next, words)
  }
  return merged
}

const foundIn = ({ id, title, snippet }: Mergeable, words: readonly Word[]): number =>
  wordsFound(`${title} ${id} ${snippet}`, words)
