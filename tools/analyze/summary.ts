// The sentences that say most, by TextRank: a sentence counts as much as the sentences that share its rarer words
// (Mihalcea and Tarau, 2004).
import { FREQUENT, splitWords, type Sentence } from './sentences.ts'

/** Each is compared with every other one. */
const MAX_SENTENCES = 1_000
const DAMPING = 0.85
const ROUNDS = 30

/** @returns the best sentences in the order of the text, word for word. */
export function summarize (all: Sentence[], count: number): { sentences: Sentence[]; of: number } {
  const sentences = all.slice(0, MAX_SENTENCES)
  const ranks = rank(sentences.map(({ text }) => new Set(splitWords(text).filter((word) => !FREQUENT.has(word)))))
  const best = sentences
    .map((sentence, index) => ({ sentence, rank: ranks[index]! }))
    .sort((a, b) => b.rank - a.rank || a.sentence.sentence - b.sentence.sentence)
    .slice(0, count)
    .map(({ sentence }) => sentence)
  return { sentences: best.sort((a, b) => a.sentence - b.sentence), of: all.length }
}

function rank (bags: Array<Set<string>>): number[] {
  const weights = weigh(bags)
  const links = bags.map((bag, from) => bags.map((other, to) => (from === to ? 0 : similarity(bag, other, weights))))
  const totals = links.map((row) => row.reduce((sum, link) => sum + link, 0))
  let ranks = bags.map(() => 1)
  for (let round = 0; round < ROUNDS; round++) {
    ranks = bags.map(
      (_, to) =>
        1 -
        DAMPING +
        DAMPING *
          links.reduce(
            (sum, row, from) => (totals[from]! > 0 ? sum + (row[to]! / totals[from]!) * ranks[from]! : sum),
            0
          )
    )
  }
  return ranks
}

/** A word that is in every sentence says nothing of any. */
function weigh (bags: Array<Set<string>>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const bag of bags) for (const word of bag) counts.set(word, (counts.get(word) ?? 0) + 1)
  return new Map([...counts].map(([word, count]) => [word, Math.log(1 + bags.length / count) - Math.log(2)]))
}

function similarity (a: Set<string>, b: Set<string>, weights: Map<string, number>): number {
  let shared = 0
  for (const word of a) if (b.has(word)) shared += weights.get(word)!
  // Long sentences share words with everybody.
  return shared / (1 + Math.log(1 + a.size) + Math.log(1 + b.size))
}
