// One document or note in full, in the exact shape ChatGPT's deep research and company knowledge ask for (OpenAI
// "Building MCP servers": fetch).
import { z } from 'zod'
import { defineTool, ToolError } from '../authoring/tool.ts'

/** How search and this tool name one part of a long document. */
const PART = /#part=(\d{1,4})$/

export default defineTool({
  name: 'fetch',
  title: 'Read a document',
  description:
    'Returns the full text of one document or note, with its title and URL for citing. Use it after search, with an id from its results. ' +
    'A long document comes in parts: the text then ends with the id of the next part.',
  input: z.strictObject({
    id: z.string().min(1).max(5_000).describe('The id of a document or note, exactly as search returned it.')
  }),
  output: z.strictObject({
    id: z.string(),
    title: z.string(),
    text: z.string(),
    url: z.string().describe('Where a person can open the document.'),
    metadata: z.record(z.string(), z.string()).optional()
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ id }, { library, signal }) {
    const part = Number(PART.exec(id)?.[1] ?? 1)
    const whole = id.replace(PART, '')
    const document = await library.fetch(whole, { part, signal })
    if (document === undefined) {
      const first = part === 1 ? undefined : await library.fetch(whole, { part: 1, signal })
      throw new ToolError(
        first
          ? `This document has ${first.parts} ${first.parts === 1 ? 'part' : 'parts'}. Call fetch with the id ${JSON.stringify(whole)} to begin with the first.`
          : 'There is no document with this id. Call search first and use an id from its results, exactly as it is written there.'
      )
    }
    const { parts = 1, ...rest } = document
    if (parts === 1) return { ...rest, id }
    const next = part < parts ? `${whole}#part=${part + 1}` : undefined
    return {
      ...rest,
      id,
      text: `${rest.text}\n\n[Part ${part} of ${parts}. ${next ? `To read on, call fetch with the id ${JSON.stringify(next)}.` : 'This is the last part.'}]`,
      metadata: { ...rest.metadata, part: String(part), parts: String(parts), ...(next && { next }) }
    }
  }
})
