// The library as a capability of the app: the documents of DOCS_DIR, kept in step with the folder, and for each caller
// their own notes and further sources beside them.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { ALL_RIGHTS, type AccessRules, type DocumentRights } from '../access-rules/contract.ts'
import type { LibrarySource } from '../../authoring/source.ts'
import type { Notes } from '../notes/index.ts'
import { keepArranged } from './arranging.ts'
import { rememberAudiences } from './audiences.ts'
import { createAskRules } from './ask-rules.ts'
import { createConvert } from './convert.ts'
import type { DocumentStore, Library } from './contract.ts'
import { createDocumentList } from './document-list.ts'
import { openEmbeddings } from './embeddings/index.ts'
import { createSearchWorker } from '../search/worker.ts'
import { clamp, createLibraryOf, documentsOf } from './library-of.ts'
import { spellingsOf } from './spellings.ts'
import { createOverview } from './overview.ts'
import { openPostgresDocuments } from './postgres.ts'
import { readParts } from './read.ts'
import { openFileOf } from './extract.ts'
import { guardSource } from './guarded-source.ts'
import { openSqliteDocuments } from './sqlite.ts'
import { folderProblem } from './folder-problem.ts'
import { syncFolder } from './folder-sync.ts'
import { describeLeftOut, describeUnread } from './left-out.ts'

const { documents: all } = ALL_RIGHTS

declare module 'fastify' {
  interface FastifyInstance {
    library: Library
  }
}

export interface LibraryOptions extends Pick<Config, 'dataDir' | 'docsDir' | 'docsBaseUrl'> {
  /** Files of this server itself: none of them is a document. */
  own?: readonly string[]
  /**
   * The absolute URL at which this server shows a document, unless DOCS_BASE_URL says that they are published
   * elsewhere.
   * @param path the id, percent-encoded by segment.
   */
  documentUrl(path: string): string
  notes: Pick<Notes, 'of'>
  accessRules: Pick<AccessRules, 'audienceOf' | 'onChange'>
  sources: readonly LibrarySource[]
  embeddings?: Config['embeddings']
}

export default fp(
  async function library (
    app: FastifyInstance,
    { dataDir, docsDir, docsBaseUrl, own, documentUrl, notes, accessRules, sources, embeddings }: LibraryOptions
  ) {
    const worker = createSearchWorker(app.workers, dataDir)
    const audiences = rememberAudiences(accessRules)
    const vectors = embeddings && ((dataDir: string) => openEmbeddings(embeddings, dataDir, app.log))
    const directory = createDocumentList(
      app.postgres
        ? await openPostgresDocuments(app.postgres, worker, audiences.of)
        : openSqliteDocuments(dataDir, worker, vectors, audiences.of),
      audiences
    )
    const { store } = directory
    const closing = new AbortController()
    const folder = syncFolder(docsDir, { store, log: app.log, audiences, ...(own && { own }), ...lookInside(app.workers, closing.signal) })
    const arranging = keepArranged(store, accessRules, app.log, closing.signal)
    const urlOf = (id: string) =>
      docsBaseUrl === undefined ? documentUrl(encodePath(id)) : `${docsBaseUrl}/${encodePath(id)}`

    const addresses = [documentUrl(''), `${docsBaseUrl ?? ''}/`]
    const documents = documentsOf(store, urlOf, (id) => spellingsOf(id, addresses, directory.sameId))
    const counts = ({ sees }: DocumentRights = all) => folder.leftOutCounts(sees)

    const libraryOf = createLibraryOf({
      documents,
      list: directory.list,
      notes,
      sources: sources.map((source) => guardSource(source, app.log)),
      unread: (rights) => describeUnread(counts(rights)),
      pageUrl: (id) => documentUrl(encodePath(id))
    })
    app.decorate('library', {
      ready: folder.ready,
      description: store.description,
      progress: () => folder.progress(),
      isComplete: () => folder.isComplete(),
      problem: async () => (docsDir === undefined ? 'this server has none' : folderProblem(docsDir)),
      overview: createOverview(store, directory.onChange),
      readAt: () => folder.readAt(),
      leftOut: (from, to) => folder.leftOut(from, to),
      leftOutCounts: counts,
      leftOutLine: (rights) => describeLeftOut(counts(rights)),
      find: (id) => store.find(id),
      count: (rights = all) => (rights.key === all.key ? store.count() : directory.count(rights)),
      file: async (id, rights) => (rights.may(id) ? openIndexed(docsDir, id, store) : undefined),
      list: (page) => directory.list(all, page),
      onChange: directory.onChange,
      search: (query, { limit = 10 } = {}) => documents.search(query, clamp(limit), all, null),
      fetch: (id, { part } = {}) => documents.fetch(id, all, part),
      read: (id, { part = 1, maxCharacters }) =>
        readParts((part) => documents.fetch(id, all, part), part, maxCharacters),
      of: libraryOf
    } satisfies Library)
    app.addHook('onClose', async () => {
      closing.abort()
      await folder.close()
      await arranging
      await store.close()
      await Promise.all(sources.map((source) => source.close?.()))
    })
  },
  { name: 'library', dependencies: ['notes', 'postgres', 'workers'] }
)

/** What looks into the files of the folder: a worker alone. */
const lookInside = (workers: FastifyInstance['workers'], signal: AbortSignal) => ({
  convert: createConvert(workers, signal),
  askRules: createAskRules(workers, signal)
})

/**
 * Only what is indexed: a file that was left out, or is beside the folder, is not handed out.
 */
async function openIndexed (
  docsDir: string | undefined,
  id: string,
  store: Pick<DocumentStore, 'titles'>
): ReturnType<Library['file']> {
  const isIndexed = docsDir !== undefined && (await store.titles([id])).length > 0
  return isIndexed ? openFileOf(docsDir, id).catch(() => undefined) : undefined
}

/**
 * A name may contain any character except `/`: each segment is encoded, so that none of it is
 * read as part of the URL.
 */
const encodePath = (id: string): string =>
  id
    .split('/')
    .map((name) => encodeURIComponent(name.toWellFormed()))
    .join('/')
