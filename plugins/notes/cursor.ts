// The cursor of a list of notes: a position in the order of changes.
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { NoteRefusal, type Place } from './contract.ts'
import { storable } from '../storable.ts'

/** The owner is no part of it: a cursor of another person leads into the caller's own notes. */
export const cursorOf = ({ modified, id }: Place): string => encodeCursor([modified, id])

/** @throws NoteRefusal for anything that is no cursor. */
export function placeOf (cursor: string): Place {
  const [modified, id] = decodeCursor(cursor)
  if (typeof modified === 'number' && typeof id === 'string' && storable(id) === id) return { modified, id }
  throw new NoteRefusal(
    'invalid',
    'This cursor is not one that list_notes returned. Leave it out to begin with the newest note.'
  )
}
