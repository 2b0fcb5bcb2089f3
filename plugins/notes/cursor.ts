// The cursor of a list of notes: a position in the order of changes, as text that a client hands back.
import { NoteRefusal, type Place } from './contract.ts'
import { storable } from './size-limits.ts'

/** The owner is no part of it: a cursor of another person leads into the caller's own notes. */
export const encodeCursor = ({ modified, id }: Place): string =>
  Buffer.from(JSON.stringify([modified, id])).toString('base64url')

/** @throws NoteRefusal for anything that is no cursor. */
export function decodeCursor (cursor: string): Place {
  try {
    const [modified, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof modified === 'number' && typeof id === 'string' && storable(id) === id) return { modified, id }
  } catch {
    /* refused below */
  }
  throw new NoteRefusal(
    'invalid',
    'This cursor is not one that list_notes returned. Leave it out to begin with the newest note.'
  )
}
