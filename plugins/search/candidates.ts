// Which words of a query decide what is ranked: ranking every document that holds any of them would take as long as
// there are documents.

/** So many documents are ranked if possible: with more, the order of the first ten hardly changes. */
const MAX_CANDIDATES = 6_000
/** Fewer candidates are not enough, however common the next word is. */
export const MIN_CANDIDATES = 500
/** A word in more documents than this is common in a large collection. */
const COMMON_DOCUMENTS = 20_000

/**
 * The rarest words, until they are expected to find enough documents. What holds only the common words of a question is
 * not among its best answers. All words count for the order of the candidates.
 * @param documentFrequency how many documents hold a word, roughly.
 * @param wanted fewer for an engine that ranks slowly.
 */
export function candidatesOf<T> (
  words: readonly T[],
  documentFrequency: (word: T) => number,
  wanted = MAX_CANDIDATES
): T[] {
  const chosen: T[] = []
  let expected = 0
  const rarestFirst = words.map((word): [T, number] => [word, documentFrequency(word)]).sort(([, a], [, b]) => a - b)
  for (const [word, documents] of rarestFirst) {
    if (expected >= wanted || (expected >= MIN_CANDIDATES && expected + documents > wanted)) break
    chosen.push(word)
    expected += documents
  }
  return chosen
}

/**
 * Whether a pair is worth its lookup. Finding two common words side by side takes as long as all documents that hold
 * both, and says little.
 */
export const isSelective = <T>(pair: readonly T[], documentFrequency: (word: T) => number): boolean =>
  pair.some((word) => documentFrequency(word) < COMMON_DOCUMENTS)
