// Changes what a note says. The version that was read must be the one that is there, so that no other conversation's
// change is lost.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'
import { noteSummary, summaryOf } from './notes/summary.ts'

export default defineTool({
  name: 'update_note',
  title: 'Change a note',
  description:
    'Changes the text or the title of a note of the user. Read it with fetch first and give its version. ' +
    'For a small change pass old_text and new_text; to add at the end, use write.',
  input: z
    .strictObject({
      id: z.string().min(1).max(200),
      version: z.number().int().min(1).describe('As you read it.'),
      old_text: z.string().min(1).max(40_000).optional().describe('Occurs in the note exactly once.'),
      new_text: z.string().max(40_000).optional().describe('Replaces old_text.'),
      text: z.string().min(1).max(40_000).optional().describe('The whole new text.'),
      title: z.string().min(1).max(200).optional()
    })
    .refine((change) => (change.old_text === undefined) === (change.new_text === undefined), 'give old_text and new_text together')
    .refine(({ text, old_text: from }) => text === undefined || from === undefined, 'give either text or old_text and new_text')
    .refine(
      ({ text, title, old_text: from }) => text !== undefined || title !== undefined || from !== undefined,
      'give text, old_text and new_text, or title'
    ),
  output: noteSummary,
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false, idempotentHint: false },
  scopes: ['mcp:write'],
  async run ({ id, version, text, title, old_text: from, new_text: to }, { notes }) {
    const edit = from === undefined || to === undefined ? undefined : { from, to }
    return summaryOf(await notes.update(id, version, { title, text, edit }))
  }
})
