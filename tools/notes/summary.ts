// What the tools for notes answer about a note: enough to cite it, to read it on, and to change it. A helper, not a
// tool.
// Tested in test/plugins/notes/personal-notes.test.ts.
import { z } from 'zod'
import type { ToolNote } from '../../authoring/tool.ts'

/** What the next call needs, without a label for address and time. */
export const noteSummary = z.looseObject({ id: z.string(), title: z.string(), version: z.number().int() })

interface NoteSummary extends Record<string, unknown> {
  id: string
  title: string
  url: string
  version: number
  modified: string
}

export const summaryOf = ({ id, title, url, version, modified }: ToolNote): NoteSummary => ({
  id,
  title,
  url,
  version,
  modified
})
