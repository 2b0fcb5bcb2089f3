// Characters that are not seen, of which a few are part of how names are written: joiners in the scripts that need them, and
// in emoji (RFC 5892 Appendix A.1 and A.2; Unicode UTS #39 §3.1.1, UTS #51 §1.4.9).
// Tested in test/auth-backends/hidden-characters.test.ts.

/**
 * Control, formatting, unassigned and private characters, those that are drawn as nothing, and
 * the blanks that are no spaces.
 */
const HIDDEN = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu

const ZWNJ = '\u200c'
const ZWJ = '\u200d'
const EMOJI_STYLE = '\ufe0f'

/**
 * Scripts whose letters join, where a joiner between two of them changes what is read.
 */
const JOINING = String.raw`[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Mandaic}]`
const INDIC = String.raw`[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}]`
/**
 * The signs that take the vowel from a consonant (Canonical_Combining_Class=Virama), of those
 * scripts.
 */
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]$/u

const betweenLetters = new RegExp(`${JOINING}\\p{M}*$`, 'u')
const letterFirst = new RegExp(`^(?=\\p{L})${JOINING}`, 'u')
const indicFirst = new RegExp(`^(?=[\\p{L}\\p{M}])${INDIC}`, 'u')
const emojiLast = /\p{Extended_Pictographic}[\p{Emoji_Modifier}\ufe0f]?$/u
const emojiFirst = /^\p{Extended_Pictographic}/u

/** Whether the character at this place is part of how the word is written. */
function isNeeded (text: string, at: number, character: string): boolean {
  const before = text.slice(Math.max(0, at - 8), at)
  const after = text.slice(at + character.length, at + character.length + 2)
  if (character === EMOJI_STYLE) return /\p{Extended_Pictographic}$/u.test(before)
  if (character !== ZWNJ && character !== ZWJ) return false
  if (character === ZWJ && emojiLast.test(before) && emojiFirst.test(after)) return true
  if (VIRAMA.test(before)) return indicFirst.test(after)
  return betweenLetters.test(before) && letterFirst.test(after)
}

/** The text without what hides in it. */
export const withoutHidden = (text: string): string =>
  text.replace(HIDDEN, (character: string, at: number) => (isNeeded(text, at, character) ? character : ''))

/** Whether a name has something that {@link withoutHidden} takes away. */
export const isHiding = (text: string): boolean => withoutHidden(text) !== text
