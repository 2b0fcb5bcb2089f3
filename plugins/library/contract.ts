// What the library is: the documents of DOCS_DIR, searched in full text. A store keeps them; the folder indexer fills it.
import type { ToolLibrary } from '../../tools/define-tool.ts'

/** A document as the indexer hands it to a store. */
export interface IndexedDocument {
  /** The path inside the folder, with forward slashes: also the id that `fetch` takes. */
  id: string
  title: string
  /** Plain text, whatever the file was. */
  text: string
  /** MIME type of the file, for example `text/markdown`. */
  type: string
  /** Milliseconds since the epoch; with `bytes` it tells whether the file has changed. */
  modified: number
  bytes: number
}

export interface SearchHit {
  id: string
  title: string
  snippet: string
  /** Higher is better; comparable only within one search. */
  score: number
}

/** Keeps documents and ranks them. One contract test for every implementation. */
export interface DocumentStore {
  put (documents: IndexedDocument[]): Promise<void>
  remove (ids: string[]): Promise<void>
  /** Every id with what tells whether its file has changed. */
  list (): Promise<Map<string, { modified: number, bytes: number }>>
  find (id: string): Promise<IndexedDocument | undefined>
  /** @param query plain words or a question: never a query language of the engine. */
  search (query: string, limit: number): Promise<SearchHit[]>
  count (): Promise<number>
  close (): Promise<void>
}

/** What `app.library` is: what a tool sees, and what pages and health checks need besides. */
export interface Library extends ToolLibrary {
  /** The whole document as it is indexed, for a page that shows it. */
  find (id: string): Promise<IndexedDocument | undefined>
  count (): Promise<number>
  /** Calls the listener with the ids of documents that were put or removed, whenever some were. */
  onChange (listener: (ids: readonly string[]) => void): void
  /** Settles when the folder was read in full once; until then answers come from what is indexed so far. Rejects if that failed. */
  readonly ready: Promise<void>
}
