// Notes as a capability of the app: each person's own, handed to tools bound to the caller, and given back or deleted
// as a whole with the account.
import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { ToolNote, ToolNotes } from '../../authoring/tool.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { SearchHit } from '../library/contract.ts'
import { createHeavySearch } from '../library/heavy-search.ts'
import { NoteRefusal, type Note, type NoteStore, type Place } from './contract.ts'
import { openHome, type Home } from './single-home.ts'
import { checkRoom, storable, titleOf } from './size-limits.ts'
import { openPostgresNotes } from './postgres.ts'
import { openSqliteNotes } from './sqlite.ts'

declare module 'fastify' {
  interface FastifyInstance {
    notes: Notes
  }
}

/** Everything a person has here, as they get it: times as ISO 8601. */
export interface NotesExport {
  notes: Array<Omit<ToolNote, 'url'>>
}

export interface NoteChange {
  /** Whose note it is; `null` without sign-in. */
  user: string | null
  /** As tools know it. */
  id: string
  /** Whether a list of notes looks different now. */
  listed: boolean
}

export interface Notes {
  /** For the start-up lines. */
  readonly description: string
  /** The notes of whoever is calling. Without sign-in (`null`) all callers share one set, which no user ever sees. */
  of(user: { id: string } | null): ToolNotes & { search(query: string, limit: number): Promise<SearchHit[]> }
  /** Calls the listener after each step that changed something. */
  onChange(listener: (change: NoteChange) => void): void
  exportOf(userId: string): Promise<NotesExport>
  /** For the end of an account. @returns how many notes there were. */
  deleteOf(userId: string): Promise<number>
}

export interface NotesOptions extends Pick<Config, 'dataDir' | 'redisUrl'> {
  /** The absolute URL at which this server shows a note to its owner. @param id percent-encoded. */
  noteUrl(id: string): string
}

const PREFIX = 'note:'
const MAX_LISTED = 50
const MAX_COMPLETED = 100
/** No title is longer. */
const MAX_TYPED_CHARACTERS = 200

export default fp(
  async function notes (app: FastifyInstance, { dataDir, redisUrl, noteUrl }: NotesOptions) {
    const local = app.postgres ? undefined : openSqliteNotes(dataDir, createHeavySearch(app.workers))
    const store = local ?? (await openPostgresNotes(app.postgres!))
    app.addHook('onClose', () => store.close())
    const checkHome =
      local && redisUrl !== undefined
        ? await openHome(app.storage.collection<Home>('notes-home'), local.identity)
        : async () => {}
    const listeners: Array<(change: NoteChange) => void> = []
    const changed: Context['changed'] = (change) => {
      for (const listener of listeners) listener(change)
    }
    const context = { store, checkHome, changed, now: () => app.now() * 1000, noteUrl }

    app.decorate('notes', {
      description: store.description,
      of: (user) => notesOf(ownerOf(user), context),
      onChange: (listener) => {
        listeners.push(listener)
      },
      async exportOf (userId) {
        const all: Note[] = []
        for (
          let page = await store.list(userId, MAX_LISTED);
          page.length > 0;
          page = await store.list(userId, MAX_LISTED, page.at(-1))
        ) { all.push(...page) }
        return { notes: all.map((note) => describe(note)) }
      },
      deleteOf: (userId) => store.removeAll(userId)
    } satisfies Notes)
  },
  { name: 'notes', dependencies: ['storage', 'postgres', 'workers'] }
)

/** No user has this id: theirs are random. */
const NOBODY = '-'
const ownerOf = (user: { id: string } | null): string => (user === null ? NOBODY : user.id)

interface Context {
  store: NoteStore
  checkHome(): Promise<void>
  changed(change: NoteChange): void
  /** Milliseconds since the epoch. */
  now(): number
  noteUrl(id: string): string
}

function notesOf (owner: string, { store, checkHome, changed, now, noteUrl }: Context): ReturnType<Notes['of']> {
  const show = (note: Note): ToolNote => ({ ...describe(note), url: noteUrl(encodeURIComponent(PREFIX + note.id)) })

  /** @param next from the note as it is; `null` deletes it. */
  async function step (
    id: string,
    next: (known: Note | undefined) => Omit<Note, 'version' | 'created' | 'modified'> | null
  ): Promise<ToolNote | undefined> {
    await checkHome()
    let written: Note | undefined
    let before: Note | undefined
    await store.update(owner, id, (known, usage) => {
      const content = next(known)
      before = known
      if (content === null) return null
      const modified = Math.max(now(), known?.modified ?? 0)
      written = { ...content, version: (known?.version ?? 0) + 1, created: known?.created ?? modified, modified }
      checkRoom(written, known, usage)
      return written
    })
    changed({ user: owner === NOBODY ? null : owner, id: PREFIX + id, listed: before?.title !== written?.title })
    return written && show(written)
  }

  return {
    async create ({ title, text }) {
      const id = randomBytes(12).toString('base64url')
      const clean = storable(text)
      return (await step(id, () => ({ id, title: titleOf(title && storable(title), clean), text: clean })))!
    },
    async append (id, text) {
      return (await step(raw(id), (known) => {
        const { title, text: before } = checkKnown(known, id)
        return {
          id: raw(id),
          title,
          text: `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${storable(text)}`
        }
      }))!
    },
    async update (id, version, { title, text }) {
      return (await step(raw(id), (known) => {
        const current = checkVersion(known, id, version)
        return {
          id: raw(id),
          title: title === undefined ? current.title : titleOf(storable(title), current.text),
          text: text === undefined ? current.text : storable(text)
        }
      }))!
    },
    async delete (id, version) {
      await step(raw(id), (known) => {
        checkVersion(known, id, version)
        return null
      })
    },
    async find (id) {
      const note = id.startsWith(PREFIX) && isStorable(id) ? await store.find(owner, raw(id)) : undefined
      return note && show(note)
    },
    async list ({ limit = 20, cursor } = {}) {
      const wanted = Math.min(Math.max(limit, 1), MAX_LISTED)
      const found = await store.list(owner, wanted + 1, cursor === undefined ? undefined : placeOf(cursor))
      const page = found.slice(0, wanted)
      return { notes: page.map(show), ...(found.length > wanted && { next: cursorOf(page.at(-1)!) }) }
    },
    async complete (typed, limit = MAX_COMPLETED) {
      return (await store.complete(owner, typable(typed), Math.min(Math.max(limit, 1), MAX_COMPLETED))).map(
        (id) => PREFIX + id
      )
    },
    async search (query, limit) {
      return (await store.search(owner, query, limit)).map((hit) => ({ ...hit, id: PREFIX + hit.id }))
    }
  }
}

const describe = ({ id, title, text, version, created, modified }: Note) => ({
  id: PREFIX + id,
  title,
  text,
  version,
  created: new Date(created).toISOString(),
  modified: new Date(modified).toISOString()
})

const raw = (id: string): string => storable(id.slice(id.startsWith(PREFIX) ? PREFIX.length : 0))
const typable = (typed: string): string => storable(typed.slice(0, MAX_TYPED_CHARACTERS))
const isStorable = (id: string): boolean => storable(id) === id

/** The same for a note of somebody else as for none: an id tells nothing. */
function checkKnown (known: Note | undefined, id: string): Note {
  if (!known) {
    throw new NoteRefusal(
      'not_found',
      `There is no note with the id ${JSON.stringify(id.slice(0, 64))}. Call list_notes or search, and use an id exactly as it is written there.`
    )
  }
  return known
}

function checkVersion (known: Note | undefined, id: string, version: number): Note {
  const note = checkKnown(known, id)
  if (note.version !== version) {
    throw new NoteRefusal(
      'conflict',
      `The note is now at version ${note.version}, and you gave version ${version}: it was changed since you read it, and nothing was changed now. ` +
        `Call fetch with the id ${JSON.stringify(PREFIX + note.id)}, bring your change into the text as it is now, and call again with version ${note.version}.`
    )
  }
  return note
}

/** It does not name the owner: a cursor of another person leads into the caller's own notes. */
const cursorOf = ({ modified, id }: Place): string => encodeCursor([modified, id])

function placeOf (cursor: string): Place {
  const [modified, id] = decodeCursor(cursor)
  if (typeof modified === 'number' && typeof id === 'string' && isStorable(id)) return { modified, id }
  throw new NoteRefusal(
    'invalid',
    'This cursor is not one that list_notes returned. Leave it out to begin with the newest note.'
  )
}
