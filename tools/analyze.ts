// The figures of a text, a list of numbers or a table: counted, with nothing made up. The work runs in a process of its
// own.
import { z } from 'zod'
import { defineTool, ToolError } from '../authoring/tool.ts'

const MAX_TEXT_LENGTH = 100_000
/** Characters without a space: natural words are shorter, and the language model takes quadratic time over them. */
const MAX_WORD_LENGTH = 1_000
/** Tried at the beginning of each word only, so the time grows with the length of the text alone. */
const LONG_WORD = new RegExp(`(?<!\\S)\\S{${MAX_WORD_LENGTH + 1}}`)

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
    if (LONG_WORD.test(text)) {
      throw new ToolError(
        `The text has a word of more than ${MAX_WORD_LENGTH} characters, so it is no natural text. Take out what is encoded or has lost its spaces.`
      )
    }
    return runInWorker<z.input<typeof output>>(new URL('./analyze/task.ts', import.meta.url), { text: text.toWellFormed() })
  }
})
