// Gives each word one spelling, the same for documents and queries: compatibility forms (UAX #15, NFKC), full case folding
// (CaseFolding.txt: ß is ss, ς is σ), and no marks of layout or pronunciation.

/** Soft hyphens, joiners, marks of direction; but U+200B separates words (UAX #29, WB4). */
const FORMAT = /(?!\u200b)\p{Cf}/gu
/** Vowel points and cantillation of Arabic and Hebrew, and the stroke that stretches a word. */
const POINTS = /[\p{M}&&[\p{scx=Arabic}\p{scx=Hebrew}]]|\u0640/gv
/** Digits of Arabic and Persian. */
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g
/**
 * Marks on one letter beyond those that any language writes: normalizing takes the square of their number (UAX #15 §13,
 * Stream-Safe Text Format).
 */
const EXCESS_MARKS = /(?<=\p{M}{30})\p{M}+/gu
/** How many times its length a text may have, and characters besides: ﷺ alone stands for eighteen. */
const MAX_GROWTH = 2
const MAX_GROWN_BESIDES = 1_000
const IS_ASCII = /^\p{ASCII}*$/u

/** The text with each word in its one spelling. Accents stay: stemmers need them, and {@link withoutAccents} follows. */
export function canonical (text: string): string {
  if (IS_ASCII.test(text)) return text.toLowerCase()
  return text
    .replace(EXCESS_MARKS, '')
    .normalize('NFKC')
    .slice(0, MAX_GROWTH * text.length + MAX_GROWN_BESIDES)
    .replace(FORMAT, '')
    .toLowerCase()
    .replace(/i\u0307/g, 'i')
    .replace(/ß/g, 'ss')
    .replace(/ς/g, 'σ')
    .replace(POINTS, '')
    .replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 15))
}

/** Latin letters that no decomposition takes apart, as people write them without a keyboard that has them. */
const LETTERS: Readonly<Record<string, string>> = { ı: 'i', đ: 'd', ð: 'd', ł: 'l', ø: 'o', ħ: 'h', ŧ: 't', æ: 'ae', œ: 'oe', þ: 'th' }
const IN_LETTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

/** Without the accents of Latin, Greek and Cyrillic letters. The short i of Cyrillic is a separate letter. */
export const withoutAccents = (text: string): string =>
  IS_ASCII.test(text)
    ? text
    : text
      .normalize('NFD')
      .replace(/(?<![иИ])[\u0300-\u036f]|(?<=[иИ])[\u0300-\u0305\u0307-\u036f]/g, '')
      .normalize('NFC')
      .replace(IN_LETTERS, (letter) => LETTERS[letter]!)
