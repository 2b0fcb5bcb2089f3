// A text as sentences and words, in any language, with the place of each: nothing is changed, so what is quoted is what
// was written (Unicode UAX #29).

export interface Sentence {
  /** From 1. */
  sentence: number
  /** Characters from the beginning of the text. */
  start: number
  text: string
}

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' })
const words = new Intl.Segmenter(undefined, { granularity: 'word' })

/**
 * The most frequent words of English: about every third word of an English text is one of them, and hardly one of
 * another language.
 */
export const FREQUENT = new Set(
  'the be is are was were to of and a in that have has had i it for not on with he as you do at this but his by from they we say her she or an will my one all would there their what so up out if about who get which go me when'.split(
    ' '
  )
)

/** @returns the sentences in order: number from 1, offset in UTF-16 units, and text without surrounding space. */
export function splitSentences (text: string): Sentence[] {
  const found: Sentence[] = []
  for (const { segment, index } of sentences.segment(text)) {
    const trimmed = segment.trim()
    if (trimmed !== '') {
      found.push({ sentence: found.length + 1, start: index + segment.indexOf(trimmed), text: trimmed })
    }
  }
  return found
}

/** Lower case, without punctuation. */
export const splitWords = (text: string): string[] =>
  [...words.segment(text.toLowerCase())].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
