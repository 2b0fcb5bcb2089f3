// Each note of the caller as a resource, and of no one else: listed newest change first, found by its id, and announced
// when it changes (MCP "Resources").
import { defineResource } from '../authoring/resource.ts'
import type { ToolNote } from '../authoring/tool.ts'

/** The id of a note is its URI as well. */
const SCHEME = 'note:'

const nameOf = ({ id }: ToolNote): string => id.slice(SCHEME.length)

export default defineResource({
  uri: `${SCHEME}{id}`,
  name: 'note',
  title: 'Note',
  description: 'A note of the user. The whole URI is the id that search and list_notes return.',
  mimeType: 'text/markdown',
  scopes: ['mcp:read'],
  read: async ({ id }, { notes }) => (await notes.find(SCHEME + id))?.text,
  async list (cursor, { notes }) {
    const { notes: page, next } = await notes.list({ limit: 50, cursor })
    return {
      resources: page.map((note) => ({ values: { id: nameOf(note) }, name: note.id, title: note.title })),
      ...(next !== undefined && { next })
    }
  },
  complete: {
    // People do not know ids by heart: what was typed may also be part of the title.
    id: async (typed, { notes }) => (await notes.complete(typed)).map((id) => id.slice(SCHEME.length))
  }
})
