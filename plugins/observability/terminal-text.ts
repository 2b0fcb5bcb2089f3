// What the operator's commands print of what others have written: nothing in it reaches the terminal as a command,
// moves the cursor or turns the direction of the line (CWE-150).
import { INVISIBLE } from '../display-name.ts'

/** Spaces and what is visible stay; line ends and tabs are the caller's own, so they are written out as well. */
export const printable = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** The same for a text of several lines: line ends and tabs stay as they are. */
export const printableLines = (text: string): string =>
  text
    .split(/([\n\t])/)
    .map((piece, index) => (index % 2 === 1 ? piece : printable(piece)))
    .join('')

/**
 * JSON whose strings hold only what is visible. It reads back as the same value.
 * @param indent spaces; without it all is one line.
 */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(INVISIBLE, (character) =>
    character === '\n'
      ? character
      : character
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('')
  )
