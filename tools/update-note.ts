// Changes what a note says. The version that was read must be the one that is there, so that no other conversation's
// change is lost.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'
import { noteSummary, summaryOf } from './notes/summary.ts'

export default defineTool({
  name: 'update_note',
  title: 'Change a note',
  description:
    'Replaces the text or the title of a note of the user. Read the note with fetch first, and give the version it has there: ' +
    'if the note was changed in between, nothing is written and the answer says how to go on. To add at the end, use write.',
  input: z
    .strictObject({
      id: z.string().min(1).max(200).describe('The id of the note (note:…).'),
      version: z.number().int().min(1).describe('The version of the note as you read it.'),
      text: z.string().min(1).max(40_000).optional().describe('The whole new text. Leave it out to keep the text.'),
      title: z.string().min(1).max(200).optional().describe('The new title. Leave it out to keep the title.')
    })
    .refine(({ text, title }) => text !== undefined || title !== undefined, 'give text, title or both'),
  output: noteSummary,
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false, idempotentHint: false },
  scopes: ['mcp:write'],
  async run ({ id, version, text, title }, { notes }) {
    return summaryOf(await notes.update(id, version, { title, text }))
  }
})
