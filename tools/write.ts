// Keeps something for the person: a new note, or more lines at the end of one. It only ever adds, so clients need not
// warn of a loss.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'
import { summaryOf, noteSummary } from './notes/summary.ts'

export default defineTool({
  name: 'write',
  title: 'Write a note',
  description:
    'Saves text as a note of the user, for this or a later conversation. Use it when the user asks to remember, save or write something down. ' +
    'Without an id it makes a new note; with the id of a note (note:…) it adds the text at its end.',
  input: z
    .strictObject({
      text: z.string().min(1).max(40_000).describe('Markdown is fine.'),
      title: z.string().min(1).max(200).optional().describe('Of a new note; its first line if left out.'),
      id: z.string().min(1).max(200).optional()
    })
    .refine(
      ({ id, title }) => id === undefined || title === undefined,
      'leave out title when you add to a note by its id; update_note changes a title'
    ),
  output: noteSummary,
  annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false, idempotentHint: false },
  scopes: ['mcp:write'],
  async run ({ id, title, text }, { notes }) {
    return summaryOf(id === undefined ? await notes.create({ title, text }) : await notes.append(id, text))
  }
})
