// Each document of the library as a resource: listed in pages, found by its id, and announced when it changes (MCP
// "Resources").
import { defineResource } from '../authoring/resource.ts'
import { parseTemplate } from '../authoring/uri-template.ts'

/** More is no use to a model, and a batch asks for ten. */
const MAX_CHARACTERS = 500_000
const URI = 'library://documents/{+id}'

/** The URI of one document. */
export const documentUri = (id: string): string => parseTemplate(URI).expand({ id })

export default defineResource({
  uri: URI,
  name: 'document',
  title: 'Document',
  description: 'A document of this server, as plain text. The id is the one that search returns.',
  mimeType: 'text/plain',
  scopes: ['mcp:read'],
  async read ({ id }, { library }) {
    const document = await library.read(id, { maxCharacters: MAX_CHARACTERS })
    if (document?.next === undefined) return document?.text
    const next = JSON.stringify(`${id}#part=${document.next}`)
    return `${document.text}\n\n[The beginning of a long document. To read on, call fetch with the id ${next}.]`
  },
  async list (after, { library }) {
    const { documents, more } = await library.list({ after, limit: 50 })
    const last = documents.at(-1)
    return {
      resources: documents.map(({ id, title }) => ({ values: { id }, name: id, title })),
      ...(more && last && { next: last.id })
    }
  },
  complete: { id: async (typed, { library }) => (await library.list({ prefix: typed })).documents.map(({ id }) => id) }
})
