// What one caller may see: the documents that their rights cover, their own notes and the
// further sources, searched at once and merged. This is the second guard: whatever an index
// or a source returns is asked of the rights here, by its id.
// Tested in test/plugins/library/hidden.test.ts.
import type { SourceUser } from '../../authoring/source.ts'
import type { LibraryDocument, LibraryHit, ToolNote } from '../../authoring/tool.ts'
import type { DocumentRights } from '../access-rules/contract.ts'
import type { Notes } from '../notes/index.ts'
import type { SearchHit } from '../search/contract.ts'
import { mergeHits } from '../search/merge-results.ts'
import { parseQuery } from '../search/tokenize.ts'
import type { DocumentPart, DocumentStore, IndexedDocument, Library } from './contract.ts'
import type { DocumentList } from './document-list.ts'
import type { GuardedSource } from './guarded-source.ts'
import { partId, splitText } from './parts.ts'
import { readParts } from './read.ts'

const MAX_HITS = 50
/** Hits that are looked through where some of the first are no longer for the caller. */
const MAX_REFILLED = 500

/**
 * The documents of the folder, with their addresses. Whatever an index returns is asked of
 * the rights once more, by its id: a change of the rules counts at once, also while
 * documents are on their way to another index.
 * @param spellings other ids that an unknown id may mean.
 */
export const documentsOf = (
  store: DocumentStore,
  urlOf: (id: string) => string,
  spellings: (id: string) => AsyncIterable<string>
) => ({
  async search (
    query: string,
    limit: number,
    rights: DocumentRights,
    person: string | null
  ): Promise<LibraryHit[]> {
    const find = async (limit: number) => {
      const hits = await store.search(query, limit, rights, person)
      return { hits: hits.filter(({ id }) => rights.may(id)), isFull: hits.length === limit }
    }
    const found = await find(limit)
    const { hits } = found.isFull && found.hits.length < limit ? await find(MAX_REFILLED) : found
    return hits.slice(0, limit).map((hit) => ({
      ...namePart(hit),
      snippet: hit.snippet,
      url: urlOf(hit.id)
    }))
  },
  async fetch (
    asked: string,
    rights: DocumentRights,
    part?: number
  ): Promise<LibraryDocument | undefined> {
    const read = async (id: string) =>
      rights.may(id) ? (part === undefined ? store.find(id) : store.findPart(id, part)) : undefined
    let document = await read(asked)
    if (!document) {
      for await (const id of spellings(asked)) document ??= await read(id)
    }
    return (
      document && {
        id: document.id,
        title: document.title,
        text: document.text,
        url: urlOf(document.id),
        metadata: metadataOf(document),
        ...(part !== undefined && { parts: (document as DocumentPart).parts })
      }
    )
  }
})

interface Searched {
  documents: ReturnType<typeof documentsOf>
  list: DocumentList['list']
  notes: Pick<Notes, 'of'>
  sources: readonly GuardedSource[]
  unread(rights: DocumentRights): string | undefined
  /** Where this server shows a note, or a document of a source without its own address. */
  pageUrl(id: string): string
}

/**
 * What one caller may see: the documents, their own notes and the sources, searched at once
 * and merged.
 */
export function createLibraryOf (searched: Searched): Library['of'] {
  const { documents, list, notes, sources, unread, pageUrl } = searched
  const findOther = async (
    id: string,
    user: SourceUser | null,
    rights: DocumentRights,
    signal: AbortSignal | undefined
  ) => {
    const note = await notes.of(user).find(id)
    if (note) return fromNote(note)
    return rights.may(id) ? fromSource(sources, id, user, signal, pageUrl) : undefined
  }
  return (user, rights, caller = user && user.id) => ({
    list: (page) => list(rights, page),
    unread: () => unread(rights),
    async read (id, { part = 1, maxCharacters, signal }) {
      const document = await readParts((part) => documents.fetch(id, rights, part), part, maxCharacters)
      const whole = document ? undefined : await findOther(id, user, rights, signal)
      return document ?? (whole && readParts(partsOf(whole), part, maxCharacters))
    },
    async search (query, { limit = 10, signal } = {}) {
      signal?.throwIfAborted()
      const most = clamp(limit)
      const lists = await Promise.all([
        searchNotes(notes.of(user, caller), query, most, pageUrl),
        documents.search(query, most, rights, caller),
        ...sources.map(async (source) => {
          // Where rules take some away, more are asked for: what is left must not tell how
          // many there were.
          const limit = rights.key === '' ? most : MAX_HITS
          const hits = await source.search(query, { user, limit, signal })
          return hits
            .filter(({ id }) => rights.may(id))
            .slice(0, most)
            .map((hit) => ({ ...hit, url: hit.url ?? pageUrl(hit.id) }))
        })
      ])
      signal?.throwIfAborted()
      return mergeHits(lists, parseQuery(query).words, most)
    },
    async fetch (id, { part, signal } = {}) {
      const document = await documents.fetch(id, rights, part)
      if (document) return document
      const found = await findOther(id, user, rights, signal)
      return found && (part === undefined ? found : partsOf(found)(part))
    }
  })
}

async function searchNotes (
  notes: ReturnType<Notes['of']>,
  query: string,
  limit: number,
  pageUrl: (id: string) => string
): Promise<LibraryHit[]> {
  return (await notes.search(query, limit)).map(({ id, title, snippet }) => ({ id, title, snippet, url: pageUrl(id) }))
}

/** How many hits a search has at most. */
export const clamp = (limit: number): number => Math.min(Math.max(limit, 0), MAX_HITS)

/** A long document is found by the part that matches best, so that fetch opens it there. */
const namePart = ({ id, title, part = 1, parts = 1 }: SearchHit) => ({
  id: partId(id, part),
  title: part === 1 ? title : `${title} (part ${part} of ${parts})`
})

const metadataOf = ({ type, modified }: IndexedDocument) => ({ type, modified: new Date(modified).toISOString() })

const fromNote = ({ id, title, text, url, version, created, modified }: ToolNote): LibraryDocument => ({
  id,
  title,
  text,
  url,
  metadata: { type: 'note', version: String(version), created, modified }
})

async function fromSource (
  sources: readonly GuardedSource[],
  id: string,
  user: SourceUser | null,
  signal: AbortSignal | undefined,
  pageUrl: (id: string) => string
): Promise<LibraryDocument | undefined> {
  const source = sources.find(({ name }) => id.startsWith(`${name}:`))
  const document = await source?.fetch(id, { user, signal })
  return document && { ...document, id, url: document.url ?? pageUrl(id) }
}

/** Cuts a document once, however many of its parts are read. */
function partsOf (document: LibraryDocument): (part: number) => Promise<LibraryDocument | undefined> {
  const parts = splitText(document.text)
  return async (part) => {
    const text = parts[part - 1]
    return text === undefined ? undefined : { ...document, text, parts: parts.length }
  }
}
