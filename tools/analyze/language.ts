// Counts a text of any script, and rates how hard an English one is to read (Flesch, 1948).
import { syllable } from 'syllable'
import { FREQUENT, splitSentences, splitWords } from './sentences.ts'

const MIN_FREQUENT_SHARE = 0.15
/** With fewer words the language, and how hard it is to read, are uncertain. */
const MIN_WORDS = 8
/** Words a minute of silent reading (Brysbaert, 2019); without spaces between words, characters (Trauzettel-Klosinski, 2012). */
const WORDS_A_MINUTE = 238
const CHARACTERS_A_MINUTE = 256
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

const isEnglish = (words: string[]): boolean =>
  words.length >= MIN_WORDS && words.filter((word) => FREQUENT.has(word)).length / words.length >= MIN_FREQUENT_SHARE

const round = (value: number): number => Math.round(value * 1000) / 1000

export function describeText (text: string) {
  const words = splitWords(text)
  const sentences = splitSentences(text).length
  const unspaced = text.match(UNSPACED)?.length ?? 0
  const spaced = words.filter((word) => word.search(UNSPACED) === -1).length
  return {
    characters: [...text].length,
    words: words.length,
    sentences,
    paragraphs: text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '').length,
    wordsPerSentence: sentences === 0 ? 0 : round(words.length / sentences),
    differentWords: new Set(words).size,
    readingMinutes: round(spaced / WORDS_A_MINUTE + unspaced / CHARACTERS_A_MINUTE),
    readingEase: isEnglish(words) ? readingEaseOf(words, sentences) : null
  }
}

/** From about 0, hard, to about 100, easy. */
function readingEaseOf (words: string[], sentences: number): number {
  const syllables = words.reduce((sum, word) => sum + syllable(word), 0)
  return round(206.835 - 1.015 * (words.length / sentences) - 84.6 * (syllables / words.length))
}
