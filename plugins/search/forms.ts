// Other forms in which the words of a text may be searched: wi-fi as wifi, getUserById by its words, and 5,000, 5.000 or
// 5 000 as 5000. The index holds them after the words, so that no phrase is interrupted.
import { canonical } from './canonical.ts'

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
const INNER_CAPITAL = /\p{Ll}\p{Lu}/u
const PARTS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u
const MIN_PART = 2
/** Two words and one hyphen, one of them with a letter. The lengths bound the steps. */
const HYPHENATED = /(?<![\p{L}\p{N}\p{M}-])(?=[\p{N}-]*\p{L})([\p{L}\p{N}\p{M}]{1,20})[-‐‑]([\p{L}\p{N}\p{M}]{1,20})(?![\p{L}\p{N}\p{M}-])/gu
/** Digits in threes with one kind of separator; with a zero first, or as four short groups (an address), it is no such number. */
const GROUPED = /(?<![\p{L}\p{N}][.,]?)[1-9]\d{0,2}(?:([.,'’\u00a0\u202f])\d{3}(?:\1\d{3})*)(?![.,]?\p{N}|\p{L})/gu
const ADDRESS = /^(?:(?:1?\d?\d|2[0-4]\d|25[0-5])\.){3}(?:1?\d?\d|2[0-4]\d|25[0-5])$/

/** @returns each form once, in canonical spelling. */
export function formsOf (text: string): string[] {
  const camel = INNER_CAPITAL.test(text) ? text.match(WORD)! : []
  const parts = new Set(camel)
    .values()
    .filter((word) => INNER_CAPITAL.test(word))
    .flatMap((word) => word.split(PARTS))
    .filter(({ length }) => length >= MIN_PART)
  const joined = text.matchAll(HYPHENATED).map(([, first, second]) => first! + second!)
  const numbers = text
    .matchAll(GROUPED)
    .map(([number]) => ungrouped(number))
    .filter((number) => !number.includes('.'))
  return [...new Set([...parts, ...joined, ...numbers].map(canonical))]
}

/** The text with each number that is written in groups as digits alone. */
export const ungroupNumbers = (text: string): string => text.replace(GROUPED, ungrouped)

const ungrouped = (number: string): string => (ADDRESS.test(number) ? number : number.replace(/\D/g, ''))
