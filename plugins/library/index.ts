// The documents of DOCS_DIR as a capability of the app: searched in full text, fetched by id, kept in step with the folder.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import type { IndexedDocument, Library } from './contract.ts'
import { createDirectory } from './directory.ts'
import { openSqliteDocuments } from './sqlite.ts'
import { watchFolder } from './watch.ts'

declare module 'fastify' {
  interface FastifyInstance { library: Library }
}

export interface LibraryOptions extends Pick<Config, 'dataDir' | 'docsDir' | 'docsBaseUrl'> {
  /** The absolute URL at which this server shows a document, unless DOCS_BASE_URL says that they are published elsewhere. @param path the id, percent-encoded by segment. */
  documentUrl (path: string): string
}

const MOST_HITS = 50

export default fp(async function library (app: FastifyInstance, { dataDir, docsDir, docsBaseUrl, documentUrl }: LibraryOptions) {
  const directory = createDirectory(openSqliteDocuments(dataDir))
  const { store } = directory
  const folder = watchFolder(docsDir, store, app.log)
  // The server does not wait for it; whoever does gets the rejection as well.
  folder.ready.catch((error) => app.log.error({ err: error }, 'the documents could not be indexed'))
  const urlOf = (id: string) => docsBaseUrl === undefined ? documentUrl(encodePath(id)) : `${docsBaseUrl}/${encodePath(id)}`

  app.decorate('library', {
    ready: folder.ready,
    find: (id) => store.find(id),
    count: () => store.count(),
    list: directory.list,
    onChange: directory.onChange,
    async search (query, { limit = 10, signal } = {}) {
      signal?.throwIfAborted()
      const hits = await store.search(query, Math.min(Math.max(limit, 0), MOST_HITS))
      return hits.map(({ id, title, snippet }) => ({ id, title, snippet, url: urlOf(id) }))
    },
    async fetch (id) {
      const document = await store.find(id)
      return document && { id, title: document.title, text: document.text, url: urlOf(id), metadata: metadataOf(document) }
    }
  } satisfies Library)
  app.addHook('onClose', async () => {
    await folder.close()
    await store.close()
  })
}, { name: 'library' })

const metadataOf = ({ type, modified }: IndexedDocument) => ({ type, modified: new Date(modified).toISOString() })

/** A name may hold anything but `/`: each segment is encoded, so that none of it is read as part of the URL. */
const encodePath = (id: string): string => id.split('/').map((name) => encodeURIComponent(name.toWellFormed())).join('/')
