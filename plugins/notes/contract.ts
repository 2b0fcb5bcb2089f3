// Notes: short texts that a person saves through an assistant. This room owns them from the tool's call to the disk:
// index.ts binds them to the caller, personal-notes.ts holds the rules (versions, titles, room), a store (SQLite or
// Postgres) saves and searches them. A note is its owner's alone: every query of a store filters by the owner. The room
// hands on what changed (`onChange`) and each person's notes as a whole, and knows nothing of documents.
// Tested in test/plugins/notes/note-store-contract.ts.
import { ToolError, type ToolNote } from '../../authoring/tool.ts'
import type { SearchHit } from '../search/contract.ts'

/** Times are milliseconds since the epoch. */
export interface Note {
  id: string
  title: string
  text: string
  /** 1 when it is made, one more at every change. */
  version: number
  created: number
  modified: number
}

/** What a person has before a step. Characters are counted in titles and texts. */
export interface Usage {
  notes: number
  characters: number
  /** How much of the room for all notes of all people is used: 0 to 1. */
  fill: number
}

/**
 * Bytes that all notes together take at most, with their index; on a small disk half of it.
 */
export const MAX_ALL_NOTES_BYTES = 4 * 1024 ** 3

/**
 * Decides one step on one note: the note to store, or `null` to have none under this id. Must be pure and synchronous.
 * What it throws is thrown to the caller, and nothing is written.
 */
export type Step = (note: Note | undefined, usage: Usage) => Note | null

/** A write may have to wait for others: whether its caller may still write is known last. */
export type Before = () => void | Promise<void>

/**
 * Stores notes by owner, the id of a user. One contract test for every implementation.
 * Ids, titles and texts hold no NUL and no lone surrogate: the caller takes them out.
 */
export interface NoteStore {
  /** For the start-up lines, for example `SQLite in ./data`. */
  readonly description: string
  /**
   * Reads, decides and writes in one step: no other writer of the same owner comes between. What is written can be
   * searched at once.
   * @param caller whose turn it takes: the owner's, unless many share these notes.
   * @param before called when nothing else is waited for. What it throws is thrown, and nothing is written.
   * @throws StorageFull when there is no room for the notes to grow; deleting still works.
   */
  update(owner: string, id: string, decide: Step, caller?: string | null, before?: Before): Promise<void>
  find(owner: string, id: string): Promise<Note | undefined>
  /**
   * Newest change first. @param before only what comes after this note in that order. @param caller as above.
   */
  list(owner: string, limit: number, before?: Place, caller?: string | null): Promise<Note[]>
  /**
   * By id, from the first after `after`: a walk over all notes neither misses nor repeats one that changes meanwhile.
   */
  listById(owner: string, limit: number, after?: string): Promise<Note[]>
  /**
   * Ids of notes whose id begins with what was typed, then of those whose title holds it, ignoring ASCII case. No text
   * is read. @returns each once, at most `limit`.
   */
  complete(owner: string, typed: string, limit: number): Promise<string[]>
  /** @param caller as above. */
  search(owner: string, query: string, limit: number, caller?: string | null): Promise<SearchHit[]>
  /** How many notes the owner has. */
  count(owner: string): Promise<number>
  /** @returns how many notes were deleted. */
  removeAll(owner: string): Promise<number>
  close(): Promise<void>
}

/** The position of a note in the order of {@link NoteStore.list}. */
export type Place = Pick<Note, 'modified' | 'id'>

/** A note as its owner gets it: times as ISO 8601. */
export type ExportedNote = Omit<ToolNote, 'url'>

export interface NoteChange {
  /** Whose note it is; `null` without sign-in. */
  user: string | null
  /** As tools know it. */
  id: string
  /** Whether a list of notes looks different now. */
  listed: boolean
}

/**
 * A step on notes that was refused; nothing was written. The message tells a model what to do
 * instead.
 */
export class NoteRefusal extends ToolError {
  readonly code: 'not_found' | 'conflict' | 'full' | 'invalid'

  constructor (code: NoteRefusal['code'], message: string) {
    super(message)
    this.code = code
  }
}
