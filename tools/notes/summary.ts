// What the tools for notes answer about a note: enough to cite it, to read it on, and to change it. A helper, not a
// tool.
// Tested in test/plugins/notes/personal-notes.test.ts.
import { z } from 'zod'
import type { ToolNote } from '../../authoring/tool.ts'

export const noteSummary = z.strictObject({
  id: z.string().describe('Hand this to fetch, write, update_note or delete_note.'),
  title: z.string(),
  url: z.string().describe('Where its owner can open it.'),
  version: z.number().int().describe('Hand this to update_note or delete_note.'),
  modified: z.string().describe('When it was last changed, ISO 8601.')
})

export const summaryOf = ({ id, title, url, version, modified }: ToolNote): z.output<typeof noteSummary> => ({
  id,
  title,
  url,
  version,
  modified
})
