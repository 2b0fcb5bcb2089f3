// What needs to know the language: feeling and readability, for English, with wink-nlp.
import winkNLP from 'wink-nlp'
import model from 'wink-eng-lite-web-model'
import { ToolError } from '../../authoring/tool.ts'
import { FREQUENT, splitSentences, splitWords, type Sentence } from './sentences.ts'

const nlp = winkNLP(model)
const { its } = nlp
const MIN_FREQUENT_SHARE = 0.15
/** Fewer words say too little of the language. */
const MIN_WORDS = 8

const isEnglish = (words: string[]): boolean =>
  words.length < MIN_WORDS
    ? words.every((word) => /^[\x20-\x7e’]+$/.test(word))
    : words.filter((word) => FREQUENT.has(word)).length / words.length >= MIN_FREQUENT_SHARE

const score = (text: string): number => round(Number(nlp.readDoc(text).out(its.sentiment)))
const round = (value: number): number => Math.round(value * 1000) / 1000

export interface Sentiment {
  score: number
  label: 'negative' | 'neutral' | 'mixed' | 'positive'
  strongest: Array<Sentence & { score: number }>
}

/** @throws ToolError for a text that is not English. */
export function readSentiment (text: string): Sentiment {
  if (!isEnglish(splitWords(text))) {
    throw new ToolError(
      'Sentiment is known for English only, and this text does not look English. Translate it first and pass the translation.'
    )
  }
  const sentences = splitSentences(text).map((sentence) => ({ ...sentence, score: score(sentence.text) }))
  const felt = sentences.filter((sentence) => sentence.score !== 0)
  const mean = felt.length === 0 ? 0 : round(felt.reduce((sum, sentence) => sum + sentence.score, 0) / felt.length)
  const strongest = felt
    .toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, 5)
    .sort((a, b) => a.sentence - b.sentence)
  return {
    score: mean,
    label: labelOf(
      mean,
      felt.map((sentence) => sentence.score)
    ),
    strongest
  }
}

function labelOf (mean: number, scores: number[]): Sentiment['label'] {
  const strong = (sign: number) => scores.some((value) => value * sign > 0.3)
  if (Math.abs(mean) < 0.2 && strong(1) && strong(-1)) return 'mixed'
  return mean > 0.1 ? 'positive' : mean < -0.1 ? 'negative' : 'neutral'
}

export function describeText (text: string) {
  const words = splitWords(text)
  const sentences = splitSentences(text).length
  const { fres, readingTimeMins, readingTimeSecs } = nlp.readDoc(text).out(its.readabilityStats) as unknown as {
    fres: number
    readingTimeMins: number
    readingTimeSecs: number
  }
  return {
    characters: [...text].length,
    words: words.length,
    sentences,
    paragraphs: text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '').length,
    wordsPerSentence: sentences === 0 ? 0 : round(words.length / sentences),
    differentWords: new Set(words).size,
    readingMinutes: round(readingTimeMins + readingTimeSecs / 60),
    readingEase: isEnglish(words) && words.length > 0 ? fres : null
  }
}
