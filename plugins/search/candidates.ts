// Which of the words asked for decide what is ranked: ranking every document that holds any of them would take as long
// as there are documents.

/**
 * So many documents are ranked if that takes no more words than it must: with more, the order of the first ten hardly
 * changes.
 */
const MAX_CANDIDATES = 6_000
/** Fewer than so many are not left alone, however common the next word is. */
export const RARE_ENOUGH = 500

/**
 * The rarest words, until they are expected to find enough. What has only common words of a question, and none of its
 * rare
 * ones, is not among its best answers; all words count for the order of those that are ranked.
 * @param found how many documents hold a word, roughly.
 * @param wanted fewer for an engine that ranks slowly.
 */
export function candidatesOf<T> (words: readonly T[], found: (word: T) => number, wanted = MAX_CANDIDATES): T[] {
  const enough: T[] = []
  let expected = 0
  for (const [word, documents] of words.map((word): [T, number] => [word, found(word)]).sort(([, a], [, b]) => a - b)) {
    if (expected >= wanted || (expected >= RARE_ENOUGH && expected + documents > wanted)) break
    enough.push(word)
    expected += documents
  }
  return enough
}

/** A word in more documents than this is common in a large collection. */
const COMMON = 20_000

/**
 * Whether a pair is worth its look-up. To find two common words side by side takes as long as all documents that hold
 * both, and says little.
 */
export const isSelective = <T>(pair: readonly T[], found: (word: T) => number): boolean =>
  pair.some((word) => found(word) < COMMON)
