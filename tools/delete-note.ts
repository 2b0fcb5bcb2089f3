// Deletes a note for good. The version that was read must be the one that is there.
// Tested in test/tools/update-note.test.ts.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

export default defineTool({
  name: 'delete_note',
  title: 'Delete a note',
  description:
    'Deletes a note of the user for good. Use it only when the user asks for it. Give the version of the note as list_notes or fetch shows it: ' +
    'if the note was changed in between, nothing is deleted and the answer says how to go on.',
  input: z.strictObject({
    id: z.string().min(1).max(200).describe('The id of the note (note:…).'),
    version: z.number().int().min(1).describe('The version of the note as you read it.')
  }),
  output: z.strictObject({ deleted: z.string().describe('The id that is gone.') }),
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:write'],
  async run ({ id, version }, { notes }) {
    await notes.delete(id, version)
    return { deleted: id }
  }
})
