// Divides a document into fields that are scored separately: a word in the title counts more than one in the text, and is
// normalized by the length of titles.
// Tested in test/plugins/search/tsvector.test.ts.
import { formsOf } from './forms.ts'
import { languageOf, type Language } from './languages.ts'
import { isSpelled } from './correct.ts'
import { pathWords, termsOf, wordsOf, wordsOfLines } from './tokenize.ts'
import { stem } from './stem.ts'

/** The weight by which the BM25 of each field is multiplied. */
export const WEIGHTS = { body: 1, titles: 0.3, headings: 0.15, paths: 0.1, forms: 0.2 } as const
/** The weight of two words of the query next to each other in the text. */
export const PAIR_WEIGHT = 0.3

export type Field = keyof typeof WEIGHTS
/** The terms of each field, in their order; and each word of the text once, by its spelling. */
export type Fields = Record<Field, string[]> & { spellings: string[] }

export const FIELDS = Object.keys(WEIGHTS) as Field[]

/** Number of words at the beginning of a text in which its title is looked for. */
const LEAD = 100

const HEADING = /^#{1,6}[ \t]+(.+)$/gm
/** In source code a # may begin a comment. */
const HAS_HEADINGS = new Set(['text/markdown', 'text/html', 'application/pdf'])
/** Characters of all headings of a text, each with one more: one of nothing else would be cut and indexed twice. */
const MAX_HEADINGS = 10_000

export interface Text {
  title: string
  text: string
  /** The id of a document; absent for a note. */
  path?: string
  /** MIME type. */
  type?: string
}

/** @param language from {@link textLanguage}. */
export function fieldsOf ({ title, text, path = '', type = 'text/markdown' }: Text, language: Language): Fields {
  const titles = termsOf(title, language)
  const words = wordsOf(text)
  const body = words.map((word) => stem(word, language))
  const otherForms = formsOf(`${title}\n${text}\n${pathWords(path)}`)
  return {
    // Most texts begin with their title; where it is separate (front matter, PDF), it is added at the beginning.
    body: ` ${body.slice(0, LEAD).join(' ')} `.includes(` ${titles.join(' ')} `) ? body : [...titles, ...body],
    spellings: [...new Set([...words, ...otherForms])].filter(isSpelled),
    titles,
    // A heading that is also the title counts as the title only.
    headings: HAS_HEADINGS.has(type) ? headingsOf(text, titles.join(), language) : [],
    paths: termsOf(pathWords(path), language),
    forms: otherForms.map((word) => stem(word, language))
  }
}

function headingsOf (text: string, title: string, language: Language): string[] {
  const lines: string[] = []
  let left = MAX_HEADINGS
  for (const [, words] of text.matchAll(HEADING)) {
    lines.push(words!.slice(0, left))
    left -= words!.length + 1
    if (left <= 0) break
  }
  return wordsOfLines(lines)
    .map((words) => words.map((word) => stem(word, language)))
    .filter((terms) => terms.join() !== title)
    .flat()
}

export const textLanguage = ({ title, text }: Pick<Text, 'title' | 'text'>): Language => languageOf(`${title}\n${text}`)
