// Names chosen by someone outside, cleaned once, where they come in: what is shown, logged, mailed or printed later is
// safe to show (Unicode UTS #39 §5; MCP security best practices, "Consent UI").
import { withoutHidden } from '../auth-backends/hidden-characters.ts'

/** A name that went through {@link toDisplayName}. Pages take no other for a client. */
export type DisplayName = string & { readonly __shown: true }

/** Code points. */
export const MAX_SHOWN_CHARACTERS = 100

/**
 * Control, formatting, unassigned and private characters, those that are drawn as nothing, and the blanks that are no
 * spaces:
 * they hide text, turn its direction, or reach a terminal as commands.
 */
export const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu
/**
 * More marks on one letter than any script needs: they cover the lines above and below.
 */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu

/** @param fallback what to show instead of a name of which nothing is left. */
export function toDisplayName (text: string, fallback: string): DisplayName {
  // Cut first, so that a huge text costs nothing; a name is normal text long before this.
  const clean = withoutHidden(text.slice(0, 4 * MAX_SHOWN_CHARACTERS).normalize('NFC'))
    .replace(STACKED_MARKS, '$1')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
  const characters = [...clean]
  const short =
    characters.length > MAX_SHOWN_CHARACTERS
      ? `${characters
          .slice(0, MAX_SHOWN_CHARACTERS - 1)
          .join('')
          .trimEnd()}…`
      : clean
  return (short || fallback) as DisplayName
}

/**
 * Whether a text holds what {@link toDisplayName} would take away: for addresses, which must not be changed, only
 * refused.
 */
export const hidesSomething = (text: string): boolean => text.search(INVISIBLE) !== -1
