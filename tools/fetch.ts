// One document in full, in the exact shape ChatGPT's deep research and company knowledge ask for (OpenAI "Building MCP servers": fetch).
import { z } from 'zod'
import { defineTool, ToolError } from './define-tool.ts'

/** Characters in one answer: what is longer is dropped or cut by the clients. */
const PART_LENGTH = 99_000
/** No document has an id that ends so: ids end like file names. */
const PART = /#part=(\d{1,4})$/

export default defineTool({
  name: 'fetch',
  title: 'Read a document',
  description: 'Returns the full text of one document, with its title and URL for citing. Use it after search, with an id from its results. ' +
    'A very long document comes in parts: the text then ends with the id of the next part.',
  input: z.strictObject({
    id: z.string().min(1).max(5_000).describe('The id of a document, exactly as search returned it.')
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
  async run ({ id }, { library }) {
    const part = Number(PART.exec(id)?.[1] ?? 1)
    const whole = id.replace(PART, '')
    const document = await library.fetch(whole)
    if (document === undefined) throw new ToolError('There is no document with this id. Call search first and use an id from its results, exactly as it is written there.')
    const parts = split(document.text)
    const text = parts[part - 1]
    if (text === undefined) throw new ToolError(`This document has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'}. Call fetch with the id ${JSON.stringify(whole)} to begin with the first.`)
    if (parts.length === 1) return { ...document, id }
    const next = part < parts.length ? `${whole}#part=${part + 1}` : undefined
    return {
      ...document,
      id,
      text: `${text}\n\n[Part ${part} of ${parts.length}. ${next ? `To read on, call fetch with the id ${JSON.stringify(next)}.` : 'This is the last part.'}]`,
      metadata: { ...document.metadata, part: String(part), parts: String(parts.length), ...(next && { next }) }
    }
  }
})

/** Cut at the end of a line where there is one in the last tenth of a part, and never through a character. */
function split (text: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length || parts.length === 0;) {
    let to = from + PART_LENGTH
    if (to < text.length) {
      const line = text.lastIndexOf('\n', to - 1) + 1
      if (line > from + PART_LENGTH * 0.9) to = line
      else if (/[\uDC00-\uDFFF]/.test(text.charAt(to))) to--
    }
    parts.push(text.slice(from, to))
    from = to
  }
  return parts
}
