// The library: the documents of DOCS_DIR, searched in full text, with the caller's notes and further sources beside
// them. This room owns the way from the folder to hits: folder-sync and folder-watcher notice changes, indexer and
// extract turn files into text (in a worker: convert, formats/), a store (SQLite or Postgres) indexes the parts and ranks them
// with plugins/search, index.ts merges what a caller may see. It hands on what changed (`onChange`) and knows no tool.
// Tested in test/plugins/library/document-store-contract.ts.
import type { Readable } from 'node:stream'
import type { SourceUser } from '../../authoring/source.ts'
import type { ToolLibrary } from '../../authoring/tool.ts'
import type { DocumentRights } from '../access-rules/contract.ts'
import type { SearchHit } from '../search/contract.ts'
import type { LeftOut } from './left-out.ts'
import type { LeftOutCount } from './left-out-counts.ts'
import type { Overview } from './overview.ts'

/**
 * Raise it whenever other things are stored of the same file: its text, its parts, its terms, or the tables. Every store
 * then begins with an empty index, and the folder is read anew.
 */
export const INDEX_VERSION = 8

/** Characters. */
export const MAX_TITLE_LENGTH = 200

/** A document as the indexer hands it to a store. */
export interface IndexedDocument {
  /**
   * The path inside the folder, with forward slashes: also the id that `fetch` takes.
   */
  id: string
  title: string
  /** Plain text, of any kind of file. */
  text: string
  /** MIME type of the file, for example `text/markdown`. */
  type: string
  /**
   * Milliseconds since the epoch; with `bytes` it shows whether the file has changed.
   */
  modified: number
  bytes: number
}

/** A part of a document, as `splitText` cuts it: `text` is that part's alone. */
export interface DocumentPart extends IndexedDocument {
  /** From 1 to `parts`. */
  part: number
  parts: number
}

/**
 * Stores documents and ranks them. Each audience has an index of its own, so that a search
 * counts over what its caller may see; what is read by id is not asked for rights. One
 * contract test for every implementation.
 */
export interface DocumentStore {
  /** For the start-up lines, for example `SQLite in ./data`. */
  readonly description: string
  put(documents: IndexedDocument[]): Promise<void>
  remove(ids: string[]): Promise<void>
  /** Every id, with what shows whether its file has changed. */
  list(): Promise<Map<string, { modified: number; bytes: number }>>
  /** Of these ids, in their order, those that are there; no text is read. */
  titles(ids: readonly string[]): Promise<Array<{ id: string; title: string }>>
  /** The whole document. */
  find(id: string): Promise<IndexedDocument | undefined>
  findPart(id: string, part: number): Promise<DocumentPart | undefined>
  /**
   * @param query plain words, a question, a "phrase" or `begin*`: never a query language of
   * the engine.
   * @param rights whose audiences are searched; the others change nothing in the answer.
   * @param person whose share of the workers a heavy search takes. @returns each document
   * once.
   */
  search(
    query: string,
    limit: number,
    rights: Pick<DocumentRights, 'sees' | 'seesAll'>,
    person?: string | null
  ): Promise<SearchHit[]>
  count(): Promise<number>
  /**
   * Brings every document into the index of those who may see it now, a slice at a time:
   * after the rules have changed, and at the start, because an earlier process may have
   * been stopped in between.
   */
  arrange(signal: AbortSignal): Promise<void>
  /** After much has changed: updates the statistics that the ranking depends on. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** How far the first scan of the folder has come. */
export interface Progress {
  /** Files read, of those that were found. */
  done: number
  total: number
}

/**
 * `app.library`. Its own `search`, `fetch`, `read` and `list` cover all documents of the
 * folder, whoever may see them: they are for the operator. What a caller gets comes from
 * `of`.
 */
export interface Library extends ToolLibrary {
  /**
   * What this caller may see: the documents that their rights cover, their own notes, and
   * of the further sources what their rights cover.
   * @param caller whose turn a search takes: by default the person's, and that of all who
   * have not signed in.
   */
  of(user: SourceUser | null, rights: DocumentRights, caller?: string | null): ToolLibrary
  /** The whole document as it is indexed, for the operator. */
  find(id: string): Promise<IndexedDocument | undefined>
  /** @param rights without them all documents count, for the operator. */
  count(rights?: DocumentRights): Promise<number>
  /**
   * The file itself, of a document that is indexed and that these rights cover, and how
   * long it is; undefined where it is not, or can no longer be read. The stream has to be
   * read or destroyed: it holds a file handle.
   */
  file(id: string, rights: DocumentRights): Promise<{ stream: Readable; bytes: number } | undefined>
  /**
   * Calls the listener with the ids of documents that were put or removed, whenever some were.
   */
  onChange(listener: (ids: readonly string[]) => void): void
  /**
   * Settles when the folder was read in full once; until then answers come from what is indexed so far. Never rejects:
   * what fails is tried again.
   */
  readonly ready: Promise<void>
  /** Undefined once the folder was read in full. */
  progress(): Progress | undefined
  /**
   * Whether answers come from the folder as it was a moment ago: false until it was read in full, and while the store
   * of the index fails.
   */
  isComplete(): boolean
  /** Why the folder cannot be read, with the way out; undefined where it can. */
  problem(): Promise<string | undefined>
  /**
   * The files of the folder that are not documents, with the reason, for the operator and owners; hidden and ignored ones
   * do not count.
   * @param from, @param to places in the list: a page of it never looks at all. Without them, all.
   */
  leftOut(from?: number, to?: number): LeftOut[]
  /**
   * How many they are, by ending and reason.
   * @param rights without them all files count, for the operator.
   */
  leftOutCounts(rights?: DocumentRights): LeftOutCount[]
  /**
   * The same in words, for example `3 left out: 3 .pdf (password)`; undefined where nothing
   * is left out.
   * @param rights without them all files count, for the operator.
   */
  leftOutLine(rights?: DocumentRights): string | undefined
  /** Documents by ending, and those that changed last, for owners. */
  overview(): Promise<Overview>
  /**
   * When the whole folder was read in full the last time, in milliseconds since the epoch;
   * undefined before.
   */
  readAt(): number | undefined
  /** For the start-up lines. */
  readonly description: string
}
