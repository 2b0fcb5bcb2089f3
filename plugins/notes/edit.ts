// Replaces one passage of a note's text by another.
import { NoteRefusal } from './contract.ts'

/** @throws NoteRefusal unless the passage occurs exactly once. */
export function replaceOnce (text: string, from: string, to: string): string {
  const at = text.indexOf(from)
  if (from === '' || at === -1) {
    throw new NoteRefusal(
      'invalid',
      'old_text does not stand in the note like this, and nothing was changed. Copy it from fetch letter by letter, with its line breaks.'
    )
  }
  if (text.includes(from, at + 1)) {
    throw new NoteRefusal(
      'invalid',
      'old_text stands in the note more than once, and nothing was changed. Take more of the text around it.'
    )
  }
  return text.slice(0, at) + to + text.slice(at + from.length)
}
