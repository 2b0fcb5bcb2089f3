// The person's notes, newest change first: how a conversation picks up where another left off.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'
import { noteSummary, summaryOf } from './notes/summary.ts'

const BEGINNING = 200

export default defineTool({
  name: 'list_notes',
  title: 'List notes',
  description:
    'Lists the notes of the user, the one changed last first, each with its beginning. Use it to pick up where an earlier conversation left off; ' +
    'to find notes about something, use search. fetch reads a note in full.',
  input: z.strictObject({
    limit: z.number().int().min(1).max(50).optional().describe('How many to list; 20 if you leave it out.'),
    cursor: z.string().min(1).max(500).optional().describe('next of the answer before, for the notes after those.')
  }),
  output: z.strictObject({
    notes: z.array(noteSummary.extend({ beginning: z.string().describe('The first words of the text.') })),
    next: z.string().optional().describe('If there are more: hand this over as cursor.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run (page, { notes }) {
    const { notes: found, next } = await notes.list(page)
    return {
      notes: found.map((note) => ({ ...summaryOf(note), beginning: beginningOf(note.text) })),
      ...(next !== undefined && { next })
    }
  }
})

const beginningOf = (text: string): string =>
  text.length <= BEGINNING ? text : `${text.slice(0, BEGINNING).toWellFormed()}…`
