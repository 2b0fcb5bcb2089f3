// The person's notes, newest change first: how a conversation picks up where another left off.
import { z } from 'zod'
import { defineTool, type ToolNotes } from '../authoring/tool.ts'
import { noteSummary, summaryOf } from './notes/summary.ts'

const BEGINNING = 200
/** A search reads the text of each note it finds. */
const MAX_FOUND = 20

export default defineTool({
  name: 'list_notes',
  title: 'List notes',
  description:
    'Lists the notes of the user, the one changed last first, each with its beginning; with a query, only the notes that match it, best first. ' +
    'Use it to pick up where an earlier conversation left off.',
  input: z
    .strictObject({
      query: z.string().min(1).max(2_000).optional().describe('Words to look for.'),
      limit: z.number().int().min(1).max(50).optional().describe('20 if left out; with a query at most 20.'),
      cursor: z.string().min(1).max(500).optional().describe('next of the answer before.')
    })
    .refine(({ query, cursor }) => query === undefined || cursor === undefined, 'leave out cursor with a query'),
  output: z.strictObject({
    notes: z.array(noteSummary.extend({ beginning: z.string() })),
    next: z.string().optional().describe('There are more: pass it as cursor.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ query, limit, cursor }, { notes }) {
    if (query !== undefined) return { notes: await found(notes, query, Math.min(limit ?? MAX_FOUND, MAX_FOUND)) }
    const { notes: page, next } = await notes.list({ limit, cursor })
    return {
      notes: page.map((note) => ({ ...summaryOf(note), beginning: beginningOf(note.text) })),
      ...(next !== undefined && { next })
    }
  }
})

/** Each with the passage that matched instead of its beginning. */
async function found (notes: ToolNotes, query: string, limit: number) {
  const hits = await notes.search(query, limit)
  const all = await Promise.all(
    hits.map(async ({ id, snippet }) => {
      const note = await notes.find(id)
      return note && { ...summaryOf(note), beginning: snippet }
    })
  )
  return all.filter((note) => note !== undefined)
}

const beginningOf = (text: string): string =>
  text.length <= BEGINNING ? text : `${text.slice(0, BEGINNING).toWellFormed()}…`
