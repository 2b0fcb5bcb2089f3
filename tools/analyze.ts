// The figures of a text, a list of numbers or a table: counted, with nothing made up. The work runs in a process of its
// own.
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

const MAX_TEXT_LENGTH = 100_000

/** All figures of a column are in analyze/numbers.ts; these are the ones that a reader must not overlook. */
const output = z.strictObject({
  text: z.record(z.string(), z.number().nullable()).optional(),
  columns: z
    .array(z.looseObject({ name: z.string(), count: z.number(), missing: z.number(), notNumbers: z.number() }))
    .optional(),
  leftOut: z.array(z.string()).optional()
})

export default defineTool({
  name: 'analyze',
  title: 'Analyze',
  description:
    'Counts instead of estimating. Of numbers, CSV or JSON rows: sum, mean, median, deviation (of a sample) and quartiles of each column, and how many cells are empty or no numbers. ' +
    'Of any other text: words, sentences, reading time and ease.',
  input: z.strictObject({
    text: z.string().min(1).max(MAX_TEXT_LENGTH, `a text has at most ${MAX_TEXT_LENGTH} characters; pass it in parts`)
  }),
  output,
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ text }, { runInWorker }) {
    return runInWorker<z.input<typeof output>>(new URL('./analyze/task.ts', import.meta.url), { text: text.toWellFormed() })
  }
})
