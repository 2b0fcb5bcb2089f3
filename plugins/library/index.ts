// The library as a capability of the app: the documents of DOCS_DIR, kept in step with the folder, and for each caller
// their own notes and further sources beside them.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { LibrarySource, SourceUser } from '../../authoring/source.ts'
import type { LibraryDocument, LibraryHit, ToolLibrary, ToolNote } from '../../authoring/tool.ts'
import type { Notes } from '../notes/index.ts'
import { createConvert } from './convert.ts'
import type { SearchHit } from '../search/contract.ts'
import type { DocumentPart, DocumentStore, IndexedDocument, Library } from './contract.ts'
import { createDocumentList } from './document-list.ts'
import { openEmbeddings } from './embeddings/index.ts'
import { createSearchWorker } from '../search/worker.ts'
import { mergeHits } from '../search/merge-results.ts'
import { partId, splitText } from './parts.ts'
import { spellingsOf } from './spellings.ts'
import { openPostgresDocuments } from './postgres.ts'
import { readParts } from './read.ts'
import { openFileOf } from './extract.ts'
import { guardSource, type GuardedSource } from './guarded-source.ts'
import { openSqliteDocuments } from './sqlite.ts'
import { folderProblem } from './folder-problem.ts'
import { syncFolder } from './folder-sync.ts'
import { describeLeftOut, describeUnread } from './left-out.ts'
import { parseQuery } from '../search/tokenize.ts'

declare module 'fastify' {
  interface FastifyInstance {
    library: Library
  }
}

export interface LibraryOptions extends Pick<Config, 'dataDir' | 'docsDir' | 'docsBaseUrl'> {
  /**
   * The absolute URL at which this server shows a document, unless DOCS_BASE_URL says that they are published
   * elsewhere.
   * @param path the id, percent-encoded by segment.
   */
  documentUrl(path: string): string
  notes: Pick<Notes, 'of'>
  sources: readonly LibrarySource[]
  embeddings?: Config['embeddings']
}

const MAX_HITS = 50

export default fp(
  async function library (
    app: FastifyInstance,
    { dataDir, docsDir, docsBaseUrl, documentUrl, notes, sources, embeddings }: LibraryOptions
  ) {
    const worker = createSearchWorker(app.workers, dataDir)
    const directory = createDocumentList(
      app.postgres
        ? await openPostgresDocuments(app.postgres, worker)
        : openSqliteDocuments(dataDir, worker, embeddings && ((dataDir) => openEmbeddings(embeddings, dataDir, app.log)))
    )
    const { store } = directory
    const closing = new AbortController()
    const folder = syncFolder(docsDir, { store, log: app.log, convert: createConvert(app.workers, closing.signal) })
    const urlOf = (id: string) =>
      docsBaseUrl === undefined ? documentUrl(encodePath(id)) : `${docsBaseUrl}/${encodePath(id)}`
    const guarded = sources.map((source) => guardSource(source, app.log))

    const documents = documentsOf(store, urlOf, (id) => spellingsOf(id, [documentUrl(''), `${docsBaseUrl ?? ''}/`], directory.sameId))

    const libraryOf = createLibraryOf({
      documents,
      list: directory.list,
      notes,
      sources: guarded,
      unread: () => describeUnread(folder.leftOut()),
      pageUrl: (id) => documentUrl(encodePath(id))
    })

    app.decorate('library', {
      ready: folder.ready,
      description: store.description,
      progress: () => folder.progress(),
      isComplete: () => folder.isComplete(),
      problem: async () => (docsDir === undefined ? 'this server has none' : folderProblem(docsDir)),
      leftOut: () => folder.leftOut(),
      leftOutLine: () => describeLeftOut(folder.leftOut()),
      find: (id) => store.find(id),
      count: () => store.count(),
      async file (id) {
        const isFile = docsDir !== undefined && (await store.titles([id])).length > 0
        return isFile ? openFileOf(docsDir, id).catch(() => undefined) : undefined
      },
      list: directory.list,
      onChange: directory.onChange,
      search: (query, { limit = 10 } = {}) => documents.search(query, clamp(limit), null),
      fetch: (id, { part } = {}) => documents.fetch(id, part),
      read: (id, { part = 1, maxCharacters }) => readParts((part) => documents.fetch(id, part), part, maxCharacters),
      of: libraryOf
    } satisfies Library)
    app.addHook('onClose', async () => {
      closing.abort()
      await folder.close()
      await store.close()
      await Promise.all(sources.map((source) => source.close?.()))
    })
  },
  { name: 'library', dependencies: ['notes', 'postgres', 'workers'] }
)

/**
 * The documents of the folder, with their addresses.
 * @param spellings other ids that an unknown id may mean.
 */
const documentsOf = (store: DocumentStore, urlOf: (id: string) => string, spellings: (id: string) => AsyncIterable<string>) => ({
  async search (query: string, limit: number, person: string | null): Promise<LibraryHit[]> {
    return (await store.search(query, limit, person)).map((hit) => ({
      ...namePart(hit),
      snippet: hit.snippet,
      url: urlOf(hit.id)
    }))
  },
  async fetch (asked: string, part?: number): Promise<LibraryDocument | undefined> {
    const read = (id: string) => (part === undefined ? store.find(id) : store.findPart(id, part))
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
  list: ToolLibrary['list']
  notes: Pick<Notes, 'of'>
  sources: readonly GuardedSource[]
  unread(): string | undefined
  /** Where this server shows a note, or a document of a source without its own address. */
  pageUrl(id: string): string
}

/** What one caller may see: the documents, their own notes and the sources, searched at once and merged. */
function createLibraryOf (searched: Searched): Library['of'] {
  const { documents, list, notes, sources, unread, pageUrl } = searched
  const findOther = async (id: string, user: SourceUser | null, signal: AbortSignal | undefined) => {
    const note = await notes.of(user).find(id)
    return note ? fromNote(note) : fromSource(sources, id, user, signal, pageUrl)
  }
  return (user, _rights, caller = user && user.id) => ({
    list,
    unread,
    async read (id, { part = 1, maxCharacters, signal }) {
      const document = await readParts((part) => documents.fetch(id, part), part, maxCharacters)
      const whole = document ? undefined : await findOther(id, user, signal)
      return document ?? (whole && readParts(async (part) => onePart(whole, part), part, maxCharacters))
    },
    async search (query, { limit = 10, signal } = {}) {
      signal?.throwIfAborted()
      const most = clamp(limit)
      const lists = await Promise.all([
        searchNotes(notes.of(user), query, most, pageUrl),
        documents.search(query, most, caller),
        ...sources.map(async (source) => {
          const hits = await source.search(query, { user, limit: most, signal })
          return hits.map((hit) => ({ ...hit, url: hit.url ?? pageUrl(hit.id) }))
        })
      ])
      signal?.throwIfAborted()
      return mergeHits(lists, parseQuery(query).words, most)
    },
    async fetch (id, { part, signal } = {}) {
      const document = await documents.fetch(id, part)
      if (document) return document
      const found = await findOther(id, user, signal)
      return found && (part === undefined ? found : onePart(found, part))
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

const clamp = (limit: number): number => Math.min(Math.max(limit, 0), MAX_HITS)

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

function onePart (document: LibraryDocument, part: number): LibraryDocument | undefined {
  const parts = splitText(document.text)
  const text = parts[part - 1]
  return text === undefined ? undefined : { ...document, text, parts: parts.length }
}

/** A name may contain any character except `/`: each segment is encoded, so that none of it is read as part of the URL. */
const encodePath = (id: string): string =>
  id
    .split('/')
    .map((name) => encodeURIComponent(name.toWellFormed()))
    .join('/')
