// Full-text search over the server's documents, in the exact shape ChatGPT's deep research and company knowledge ask
// for (OpenAI "Building MCP servers": search).
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

/** Characters; those of a source may be longer. */
const MAX_PASSAGE = 299

export default defineTool({
  name: 'search',
  title: 'Search documents',
  description:
    "Searches the documents of this server and the caller's own notes. Returns the best matches first, with id, title, URL and best passage. " +
    'Use it to find which of them answer a question; then call fetch with an id to read one. ' +
    'Words in "quotation marks" must stand side by side; begin* finds every word that begins so, from three letters on. No match is an empty list: try other words.',
  input: z.strictObject({
    query: z.string().min(1).max(2_000).describe('What to look for: a few words or a question.')
  }),
  output: z.strictObject({
    results: z.array(
      z.strictObject({
        id: z.string().describe('Hand this to fetch.'),
        title: z.string(),
        url: z.string().describe('Where a person can open the document.'),
        text: z.string().describe('A passage, not the whole document.')
      })
    ),
    not_searched: z.string().optional().describe('Files of the library that this search could not read.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ query }, { library, signal }) {
    const hits = await library.search(query, { limit: 10, signal })
    const unread = library.unread?.()
    return {
      results: hits.map(({ id, title, url, snippet }) => ({ id, title, url, text: snippet.slice(0, MAX_PASSAGE).toWellFormed() })),
      ...(unread !== undefined && { not_searched: unread })
    }
  }
})
