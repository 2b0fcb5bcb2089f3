// Announces changes of documents and notes to the MCP clients that subscribed (MCP "Resources", list changed and
// updated).
// Tested in test/journeys/instances.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'

interface Options {
  /** The resource URI of a document or of a note that search can find. */
  documentUri(id: string): string
}

export default fp(
  async function resourceChanges (app: FastifyInstance, { documentUri }: Options) {
    // What the folder held at the start is not a change.
    app.library.ready.then(() => announceDocuments(app, documentUri))
    announceNotes(app, documentUri)
  },
  { name: 'resource-changes', dependencies: ['access-rules', 'library', 'notes', 'mcp'] }
)

/** To everyone who subscribed and may see the document. */
function announceDocuments (app: FastifyInstance, documentUri: Options['documentUri']): void {
  app.library.onChange((ids) => {
    const audienceOf = (id: string) => app.accessRules.audienceOf(id)
    const updated = ids.map((id) => ({ kind: 'resource_updated' as const, uri: documentUri(id), audiences: [audienceOf(id)] }))
    const audiences = [...new Map(ids.map(audienceOf).map((audience) => [audience.id, audience])).values()]
    app.mcp
      .announce([{ kind: 'resources_list_changed', audiences }, ...updated])
      .catch((err: unknown) => app.log.warn({ err }, 'a change of documents could not be announced'))
  })
}

/** To the streams of the note's owner only. */
function announceNotes (app: FastifyInstance, documentUri: Options['documentUri']): void {
  app.notes.onChange(({ user, id, listed }) => {
    const updated = [id, documentUri(id)].map((uri) => ({ kind: 'resource_updated' as const, uri, user }))
    app.mcp
      .announce([...(listed ? [{ kind: 'resources_list_changed' as const, user }] : []), ...updated])
      .catch((err: unknown) => app.log.warn({ err }, 'a change of a note could not be announced'))
  })
}
