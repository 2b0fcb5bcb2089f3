// What notes are: short texts that a person keeps through an assistant. They are that person's alone: every query
// filters by the owner inside.
import { ToolError } from '../../authoring/tool.ts'
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

/** What a person has by now, before a step. Characters are counted in titles and texts. */
export interface Usage {
  notes: number
  characters: number
}

/**
 * Decides one step on one note: the note to keep, or `null` to have none under this id. Must be pure and synchronous.
 * What it throws is thrown to the caller, and nothing is written.
 */
export type Step = (note: Note | undefined, usage: Usage) => Note | null

/**
 * Keeps notes by owner: the id of a user. One contract test for every implementation.
 * Ids, titles and texts hold no NUL and no lone surrogate: whoever hands them over sees to it.
 */
export interface NoteStore {
  /** For the start-up lines, for example `SQLite in ./data`. */
  readonly description: string
  /**
   * Reads, decides and writes in one step: no other writer of the same owner comes between. What is written can be
   * searched at once.
   */
  update(owner: string, id: string, decide: Step): Promise<void>
  find(owner: string, id: string): Promise<Note | undefined>
  /** Newest change first. @param before only what comes after this note in that order. */
  list(owner: string, limit: number, before?: Place): Promise<Note[]>
  /**
   * Ids of notes whose id begins so, then of those whose title holds it, capitals of ASCII aside. No text is read.
   * @returns each once, at
   * most `limit`.
   */
  complete(owner: string, typed: string, limit: number): Promise<string[]>
  search(owner: string, query: string, limit: number): Promise<SearchHit[]>
  /** @returns how many notes were deleted. */
  removeAll(owner: string): Promise<number>
  close(): Promise<void>
}

/** Where a note stands in the order of {@link NoteStore.list}. */
export type Place = Pick<Note, 'modified' | 'id'>

/** A step on notes that was refused; nothing was written. The message tells a model what to do instead. */
export class NoteRefusal extends ToolError {
  readonly code: 'not_found' | 'conflict' | 'full' | 'invalid'

  constructor (code: NoteRefusal['code'], message: string) {
    super(message)
    this.code = code
  }
}
