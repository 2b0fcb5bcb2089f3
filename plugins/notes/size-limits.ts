// How much a note and a person's notes may hold, and what a model reads when there is no room.
import { NoteRefusal, type Note, type Usage } from './contract.ts'

/** Characters, as JavaScript counts them. A note is short enough for one answer. */
export const MAX_TITLE_LENGTH = 200
export const MAX_TEXT_LENGTH = 40_000
/** For one person. */
export const MAX_NOTES = 1_000
export const MAX_CHARACTERS = 5_000_000

/**
 * Characters that one person may have. As the room for all notes fills up, the share of each gets smaller, so that
 * a few accounts cannot take it all.
 * @param fill how much of that room is used, 0 to 1.
 */
export const maxCharacters = (fill: number): number =>
  fill < 0.5 ? MAX_CHARACTERS : fill < 0.75 ? MAX_CHARACTERS / 10 : MAX_CHARACTERS / 100

const count = (number: number): string => number.toLocaleString('en')

/** The title that was given, else the first line that has words. One line. */
export function titleOf (title: string | undefined, text: string): string {
  const line =
    (title ?? text)
      .split(/[\r\n]/)
      .map((line) => line.replace(/^[#>*\-\s]+/, '').trim())
      .find((line) => line !== '') ?? 'Untitled'
  return title === undefined && line.length > 80
    ? `${line.slice(0, 79).trimEnd().toWellFormed()}…`
    : line.slice(0, MAX_TITLE_LENGTH).toWellFormed()
}

/**
 * @param before the note as it is now, if there is one.
 * @throws NoteRefusal for a note that is too long, or that there is no room for.
 */
export function checkRoom (next: Note, before: Note | undefined, usage: Usage): void {
  if (next.text.length > MAX_TEXT_LENGTH) {
    throw new NoteRefusal(
      'full',
      `A note holds up to ${count(MAX_TEXT_LENGTH)} characters, and this one would have ${count(next.text.length)}. Shorten it, or write the rest into a new note.`
    )
  }
  if (!before && usage.notes >= MAX_NOTES) {
    throw new NoteRefusal(
      'full',
      `There are ${count(usage.notes)} notes, and no more may be made. Add to one of them (write, with its id), or delete one that is no longer needed.`
    )
  }
  const growth = sizeOf(next) - (before ? sizeOf(before) : 0)
  const most = maxCharacters(usage.fill)
  if (growth > 0 && usage.characters + growth > most) {
    throw new NoteRefusal(
      'full',
      `All notes together hold up to ${count(most)} characters, and there is no room for this. Delete a note that is no longer needed, or shorten one.${most < MAX_CHARACTERS ? ' (The server is short of room for notes, so each person has less.)' : ''}`
    )
  }
}

/** The disk, or the room for all notes, is full: no one's notes grow. */
export const noRoom = (): NoteRefusal =>
  new NoteRefusal(
    'full',
    'The server has no room for more notes at the moment: nothing was written. Delete notes that are no longer needed, or ask the person who runs this server to make room on its disk.'
  )

const sizeOf = ({ title, text }: Note): number => title.length + text.length
