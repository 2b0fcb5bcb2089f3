// Which words of a query decide what is ranked: ranking every document that holds any of them would take as long as
// there are documents.

/** So many documents are ranked if possible: with more, the order of the first ten hardly changes. */
const MAX_CANDIDATES = 6_000
/** Fewer candidates are not enough, however common the next word is. */
const MIN_CANDIDATES = 500
/** A word in more documents than this is common in a large collection. */
const COMMON_DOCUMENTS = 20_000

/**
 * The rarest words, until they are expected to find enough documents. What holds only the common words of a question is
 * not among its best answers. All words count for the order of the candidates.
 * @param documentFrequency how many documents hold a word, roughly.
 * @param options `documents`: how many there are; `wanted`: fewer for an engine that ranks slowly.
 * @returns groups: a candidate holds all words of one of them.
 */
export function candidatesOf<T> (
  words: readonly T[],
  documentFrequency: (word: T) => number,
  { documents = 0, wanted = MAX_CANDIDATES } = {}
): T[][] {
  const rarestFirst = words.map((word) => ({ word, found: documentFrequency(word) })).sort((a, b) => a.found - b.found)
  const chosen: T[] = []
  let expected = 0
  for (const { word, found } of rarestFirst) {
    if (expected >= wanted || (expected >= MIN_CANDIDATES && expected + found > wanted)) break
    chosen.push(word)
    expected += found
  }
  const isCommon = chosen.length === 1 && expected > wanted && documents > 0
  return isCommon ? [together(rarestFirst, documents, wanted)] : chosen.map((word) => [word])
}

/** Where even the rarest word is common, candidates must hold the next rarest words too, as long as enough candidates remain. */
function together<T> (rarestFirst: Array<{ word: T; found: number }>, documents: number, wanted: number): T[] {
  const group: T[] = []
  let expected = documents
  for (const { word, found } of rarestFirst) {
    const left = expected * (found / documents)
    if (group.length > 0 && (expected <= wanted || left < MIN_CANDIDATES)) break
    group.push(word)
    expected = left
  }
  return group
}

/**
 * Whether a pair is worth its lookup. Finding two common words side by side takes as long as all documents that hold
 * both, and says little.
 */
export const isSelective = <T>(pair: readonly T[], documentFrequency: (word: T) => number): boolean =>
  pair.some((word) => documentFrequency(word) < COMMON_DOCUMENTS)
