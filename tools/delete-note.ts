// Deletes a note for good. The version that was read must be the one that is there.
// Tested in test/tools/update-note.test.ts.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

export default defineTool({
  name: 'delete_note',
  title: 'Delete a note',
  description:
    'Deletes a note of the user for good, when the user asks for it. Give the version that list_notes or fetch shows.',
  input: z.strictObject({ id: z.string().min(1).max(200), version: z.number().int().min(1) }),
  output: z.strictObject({ deleted: z.string() }),
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:write'],
  async run ({ id, version }, { notes }) {
    await notes.delete(id, version)
    return { deleted: id }
  }
})
