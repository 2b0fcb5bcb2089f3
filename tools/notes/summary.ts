// What the tools for notes answer about a note: enough to cite it, to read it on, and to change it. A helper, not a
// tool.
import { z } from 'zod'
import type { ToolNote } from '../../authoring/tool.ts'

export const noteSummary = z.strictObject({
  id: z.string(),
  title: z.string(),
  url: z.string(),
  version: z.number().int(),
  modified: z.string()
})

export const summaryOf = ({ id, title, url, version, modified }: ToolNote): z.output<typeof noteSummary> => ({
  id,
  title,
  url,
  version,
  modified
})
