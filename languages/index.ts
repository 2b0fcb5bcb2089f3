// The words that people read, in their language: one catalogue of JSON files for each, with messages in the ICU format.
// This room owns the catalogues, which language a person reads, and how a message is filled. It knows no Fastify; pages and
// messages get `Words` from plugins/languages.ts. English is the source: a key that is not in it does not compile.
// Tested in test/languages/index.test.ts.
import { catalogueOf } from './catalogue.ts'
import type { Key, Language, Text, Values } from './contract.ts'
import { fillHtml, fillText } from './fill.ts'

export type { Key, Language, Message, Text, Values } from './contract.ts'
export { languages } from './contract.ts'
export { matchLanguage } from './match.ts'

/** What to say, in one language. */
export interface Words {
  language: Language
  /** Plain text: a page still has to escape it. */
  text(key: Key, values?: Values): string
  /**
   * HTML, with every value escaped and, where it is text, isolated from the direction of the
   * sentence.
   */
  html(key: Key, values?: Values): string
  /**
   * What a part of the server wants to be said; a text is already in the words of whoever
   * wrote it.
   */
  say(text: Text): string
  /**
   * @param at seconds since the epoch, or ISO 8601. A day in UTC, such as `28 Nov 2026`.
   */
  day(at: number | string): string
  /** A minute in UTC, which it names. */
  minute(at: number | string): string
  number(value: number): string
  /** `a, b, and c` */
  list(items: readonly string[]): string
}

const made = new Map<Language, Words>()

/** @returns the same object each time. */
export function wordsOf (language: Language): Words {
  const known = made.get(language)
  if (known) return known
  const words = createWords(language)
  made.set(language, words)
  return words
}

/** English, for what programs, operators and logs read. */
export const english = wordsOf('en')

function createWords (language: Language): Words {
  const messages = catalogueOf(language)
  const days = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }))
  const minutes = lazily(() => new Intl.DateTimeFormat(language, {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'UTC', timeZoneName: 'short'
  }))
  const numbers = lazily(() => new Intl.NumberFormat(language))
  const lists = lazily(() => new Intl.ListFormat(language))
  const text: Words['text'] = (key, values) => fillText(language, messages(key), values)
  return {
    language,
    text,
    html: (key, values) => fillHtml(language, messages(key), values),
    say: (said) => (typeof said === 'string' ? said : text(said.key, said.values)),
    day: (at) => days().format(dateOf(at)),
    minute: (at) => minutes().format(dateOf(at)),
    number: (value) => numbers().format(value),
    list: (items) => lists().format(items)
  }
}

/** Each of these takes 25 ms and 8 MB of a process that never used one. */
function lazily<T> (make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

const dateOf = (at: number | string): Date => new Date(typeof at === 'number' ? at * 1000 : at)
