// The figures of a text, a list of numbers or a table: counted, with nothing made up. The work runs in a process of its
// own.
import { z } from 'zod'
import { defineTool, ToolError } from '../authoring/tool.ts'

const MAX_TEXT_LENGTH = 100_000
/** Characters without a space: natural words are shorter, and the language model takes quadratic time over them. */
const MAX_WORD_LENGTH = 1_000
/** Tried at the beginning of each word only, so the time grows with the length of the text alone. */
const LONG_WORD = new RegExp(`(?<!\\S)\\S{${MAX_WORD_LENGTH + 1}}`)

const figures = z.object({
  name: z.string(),
  count: z.number(),
  missing: z.number(),
  notNumbers: z.number(),
  examples: z.array(z.string()).optional(),
  sum: z.number(),
  mean: z.number(),
  median: z.number(),
  min: z.number(),
  max: z.number(),
  standardDeviation: z.number().nullable(),
  quartiles: z.tuple([z.number(), z.number()])
})

const output = z.strictObject({
  text: z
    .object({
      characters: z.number(),
      words: z.number(),
      sentences: z.number(),
      paragraphs: z.number(),
      wordsPerSentence: z.number(),
      differentWords: z.number(),
      readingMinutes: z.number(),
      readingEase: z.number().nullable()
    })
    .optional(),
  columns: z.array(figures).optional(),
  leftOut: z.array(z.string()).optional().describe('Columns without a number.')
})

export default defineTool({
  name: 'analyze',
  title: 'Analyze',
  description:
    'Counts what you pass in; use it instead of estimating. Of a list of numbers, CSV or JSON rows: count, sum, mean, median, deviation (of a sample) and quartiles of each column of numbers, with how many cells are empty or no numbers. ' +
    'Of any other text, in any language: characters, words, sentences, reading time, and the Flesch reading ease of English.',
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
