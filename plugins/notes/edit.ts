// Replaces one passage of a note's text by another.
import { createFindText } from '../../authoring/find-text.ts'
import { NoteRefusal } from './contract.ts'

/** @throws NoteRefusal unless the passage occurs exactly once. */
export function replaceOnce (text: string, from: string, to: string): string {
  const find = createFindText(from)
  const at = find(text)
  if (from === '' || at === -1) {
    throw new NoteRefusal(
      'invalid',
      'old_text does not occur in the note, and nothing was changed. Copy it exactly from fetch, with its line breaks.'
    )
  }
  if (find(text, at + 1) !== -1) {
    throw new NoteRefusal(
      'invalid',
      'old_text occurs in the note more than once, and nothing was changed. Include more of the text around it.'
    )
  }
  return text.slice(0, at) + to + text.slice(at + from.length)
}
