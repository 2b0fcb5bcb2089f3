// What the operator's commands print of what others have written: nothing in it reaches the terminal as a command,
// moves the cursor or turns the direction of the line (CWE-150).
import { INVISIBLE } from '../display-name.ts'

/** Spaces and what is visible stay; line ends and tabs are the caller's own, so they are written out as well. */
export const printable = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** A line of JSON whose strings hold only what is visible. It reads back as the same value. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(INVISIBLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  )
