// One person's notes, as tools use them: versions, titles, cursors, and refusals that say to a model what to do instead.
import { randomBytes } from 'node:crypto'
import type { ToolNote, ToolNotes } from '../../authoring/tool.ts'
import type { SearchHit } from '../search/contract.ts'
import { storable } from '../storable.ts'
import { StorageFull } from '../storage/contract.ts'
import { NoteRefusal, type Before, type ExportedNote, type Note, type NoteChange, type NoteStore } from './contract.ts'
import { cursorOf, placeOf } from './cursor.ts'
import { replaceOnce } from './edit.ts'
import { checkRoom, noRoom, titleOf } from './size-limits.ts'

const PREFIX = 'note:'
const MAX_LISTED = 50
const MAX_COMPLETED = 100
/** No title is longer. */
const MAX_TYPED_LENGTH = 200
/**
 * The owner of what is written without sign-in. No user has this id: theirs are random.
 */
const NO_OWNER = '-'

export interface PersonalNotesDeps {
  store: NoteStore
  /** @throws NoteRefusal where another instance stores the notes. */
  checkHome(): Promise<void>
  changed(change: NoteChange): void
  /** Milliseconds since the epoch. */
  now(): number
  noteUrl(id: string): string
}

/** What tools have, and what pages and the search need beside it. */
export interface PersonalNotes extends ToolNotes {
  search(query: string, limit: number): Promise<SearchHit[]>
  count(): Promise<number>
}

type Content = Pick<Note, 'id' | 'title' | 'text'>
/**
 * Changes the note with this id. @param next from the note as it is; `null` deletes it.
 */
type Change = (id: string, next: (known: Note | undefined) => Content | null) => Promise<ToolNote | undefined>

/**
 * @param user `null` without sign-in.
 * @param caller whose turn it takes where notes are in Postgres, and a search everywhere.
 * @param before each write, as {@link NoteStore.update} calls it.
 */
export function createPersonalNotes (
  user: string | null,
  deps: PersonalNotesDeps,
  caller = user,
  before?: Before
): PersonalNotes {
  const { store, noteUrl } = deps
  const owner = user ?? NO_OWNER
  const present = (note: Note): ToolNote => ({
    ...presentNote(note),
    url: noteUrl(encodeURIComponent(PREFIX + note.id))
  })
  return {
    ...changesOf(createChange({ user, caller, before }, deps, present)),
    async find (id) {
      const note = id.startsWith(PREFIX) && storable(id) === id ? await store.find(owner, rawId(id)) : undefined
      return note && present(note)
    },
    async list ({ limit = 20, cursor } = {}) {
      const wanted = Math.min(Math.max(limit, 1), MAX_LISTED)
      const found = await store.list(owner, wanted + 1, cursor === undefined ? undefined : placeOf(cursor), caller)
      const page = found.slice(0, wanted)
      return { notes: page.map(present), ...(found.length > wanted && { next: cursorOf(page.at(-1)!) }) }
    },
    async complete (typed, limit = MAX_COMPLETED) {
      const prefix = storable(typed.slice(0, MAX_TYPED_LENGTH))
      const ids = await store.complete(owner, prefix, Math.min(Math.max(limit, 1), MAX_COMPLETED))
      return ids.map((id) => PREFIX + id)
    },
    count: () => store.count(owner),
    async search (query, limit) {
      return (await store.search(owner, query, limit, caller)).map((hit) => ({ ...hit, id: PREFIX + hit.id }))
    }
  }
}

function createChange (
  { user, caller, before: check }: { user: string | null; caller: string | null; before: Before | undefined },
  { store, checkHome, changed, now }: PersonalNotesDeps,
  present: (note: Note) => ToolNote
): Change {
  return async (id, next) => {
    await checkHome()
    let written: Note | undefined
    let before: Note | undefined
    await store
      .update(user ?? NO_OWNER, id, (known, usage) => {
        const content = next(known)
        before = known
        if (content === null) return null
        const modified = Math.max(now(), known?.modified ?? 0)
        written = { ...content, version: (known?.version ?? 0) + 1, created: known?.created ?? modified, modified }
        checkRoom(written, known, usage)
        return written
      }, caller, check)
      .catch((error: unknown) => {
        throw error instanceof StorageFull ? noRoom() : error
      })
    changed({ user, id: PREFIX + id, listed: before?.title !== written?.title })
    return written && present(written)
  }
}

const changesOf = (change: Change): Pick<ToolNotes, 'create' | 'append' | 'update' | 'delete'> => ({
  async create ({ title, text }) {
    const id = randomBytes(12).toString('base64url')
    const clean = storable(text)
    return (await change(id, () => ({ id, title: titleOf(title && storable(title), clean), text: clean })))!
  },
  async append (id, text) {
    return (await change(rawId(id), (known) => {
      const { title, text: before } = checkKnown(known, id)
      const newline = before === '' || before.endsWith('\n') ? '' : '\n'
      return { id: rawId(id), title, text: `${before}${newline}${storable(text)}` }
    }))!
  },
  async update (id, version, { title, text, edit }) {
    return (await change(rawId(id), (known) => {
      const current = checkVersion(known, id, version)
      const kept = edit === undefined ? current.text : replaceOnce(current.text, storable(edit.from), storable(edit.to))
      return {
        id: rawId(id),
        title: title === undefined ? current.title : titleOf(storable(title), current.text),
        text: text === undefined ? kept : storable(text)
      }
    }))!
  },
  async delete (id, version) {
    await change(rawId(id), (known) => {
      checkVersion(known, id, version)
      return null
    })
  }
})

/** A note as tools and exports show it, without its address. */
export const presentNote = ({ id, title, text, version, created, modified }: Note): ExportedNote => ({
  id: PREFIX + id,
  title,
  text,
  version,
  created: new Date(created).toISOString(),
  modified: new Date(modified).toISOString()
})

const rawId = (id: string): string => storable(id.slice(id.startsWith(PREFIX) ? PREFIX.length : 0))

/** The same for another person's note as for none: an id reveals nothing. */
function checkKnown (known: Note | undefined, id: string): Note {
  if (known) return known
  throw new NoteRefusal(
    'not_found',
    `There is no note with the id ${JSON.stringify(id.slice(0, 64))}. Call list_notes or search, and use an id exactly as it is written there.`
  )
}

function checkVersion (known: Note | undefined, id: string, version: number): Note {
  const note = checkKnown(known, id)
  if (note.version === version) return note
  throw new NoteRefusal(
    'conflict',
    `The note is now at version ${note.version}, and you gave version ${version}: it was changed since you read it, and nothing was changed now. ` +
      `Call fetch with the id ${JSON.stringify(PREFIX + note.id)}, bring your change into the text as it is now, and call again with version ${note.version}.`
  )
}
