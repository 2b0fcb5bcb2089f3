// The documents of a store in the order of their ids, a page at a time, and who wants to know when they change.
import type { LibraryEntry } from '../../authoring/tool.ts'
import type { DocumentStore } from './contract.ts'

/** Which documents were put or removed just now. */
export type ChangeListener = (ids: readonly string[]) => void

export interface DocumentList {
  /** The same store; what is written through it is noticed. */
  store: DocumentStore
  list(page?: {
    prefix?: string
    after?: string | undefined
    limit?: number
  }): Promise<{ documents: LibraryEntry[]; more: boolean }>
  onChange(listener: ChangeListener): void
  /** The id whose characters are the same under Unicode's canonical equivalence (UAX #15): macOS writes names decomposed. */
  sameId(id: string): Promise<string | undefined>
}

const MAX_PAGE = 100

/** @param inner the store to list; only changes through the returned `store` are noticed. */
export function createDocumentList (inner: DocumentStore): DocumentList {
  const listeners: ChangeListener[] = []
  // Sorted once and kept until something changes: a page then costs no more than its own documents.
  let sorted: Promise<string[]> | undefined
  let decomposed: Promise<Map<string, string>> | undefined
  const ids = () => (sorted ??= inner.list().then((documents) => [...documents.keys()].sort()))
  const changed = (ids: readonly string[]) => {
    sorted = undefined
    decomposed = undefined
    for (const listener of listeners) listener(ids)
  }
  const store: DocumentStore = Object.assign(Object.create(inner) as DocumentStore, {
    async put (documents: Parameters<DocumentStore['put']>[0]) {
      await inner.put(documents)
      if (documents.length > 0) changed(documents.map(({ id }) => id))
    },
    async remove (ids: string[]) {
      await inner.remove(ids)
      if (ids.length > 0) changed(ids)
    }
  })
  return {
    store,
    async sameId (id) {
      const composed = id.normalize()
      decomposed ??= ids().then((all) => new Map(all.filter((each) => each !== each.normalize()).map((each) => [each.normalize(), each])))
      return (await decomposed).get(composed) ?? (composed === id ? undefined : composed)
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    async list ({ prefix = '', after = '', limit = MAX_PAGE } = {}) {
      const all = await ids()
      const length = Math.min(Math.max(1, limit), MAX_PAGE)
      const first = firstAfter(all, after, prefix)
      const page = all.slice(first, first + length + 1).filter((id) => id.startsWith(prefix))
      return { documents: await inner.titles(page.slice(0, length)), more: page.length > length }
    }
  }
}

/** Where the ids begin that come after `after` and not before `prefix`. */
function firstAfter (ids: readonly string[], after: string, prefix: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const id = ids[middle]!
    if (id <= after || id < prefix) low = middle + 1
    else high = middle
  }
  return low
}
