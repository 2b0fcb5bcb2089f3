// What a text or a list of numbers says: feeling, summary, figures; computed, with nothing made up. The work runs in a
// process of its own.
import { z } from 'zod'
import { defineTool, ToolError } from '../authoring/tool.ts'

const MAX_TEXT_LENGTH = 100_000
/** Characters without a space: natural words are shorter, and the language model takes quadratic time over them. */
const MAX_WORD_LENGTH = 1_000
/** Tried at the beginning of each word only, so the time grows with the length of the text alone. */
const LONG_WORD = new RegExp(`(?<!\\S)\\S{${MAX_WORD_LENGTH + 1}}`)

const place = {
  sentence: z.number().describe('Which sentence, from 1.'),
  start: z.number().describe('Where it begins, in characters from 0.'),
  text: z.string()
}
const figures = z.object({
  name: z.string(),
  count: z.number(),
  missing: z.number(),
  sum: z.number(),
  mean: z.number(),
  median: z.number(),
  min: z.number(),
  max: z.number(),
  standardDeviation: z.number().nullable(),
  quartiles: z.tuple([z.number(), z.number()])
})

export default defineTool({
  name: 'analyze',
  title: 'Analyze',
  description:
    'Analyzes a text or data that you pass in. sentiment: how positive or negative an English text is, with its strongest sentences. summary: the sentences of a text that say most, word for word, with their places. ' +
    'statistics: counts and readability of a text; for a list of numbers or CSV with a header line, mean, median, deviation and quartiles of each column. Use it instead of estimating.',
  input: z.strictObject({
    kind: z.enum(['sentiment', 'summary', 'statistics']),
    text: z
      .string()
      .min(1)
      .max(MAX_TEXT_LENGTH, `a text has at most ${MAX_TEXT_LENGTH} characters; pass it in parts`)
      .describe('The text, a list of numbers, or CSV.'),
    sentences: z.number().int().min(1).max(20).optional().describe('For a summary: how many sentences; 3 if left out.')
  }),
  output: z.strictObject({
    kind: z.enum(['sentiment', 'summary', 'statistics']),
    sentiment: z
      .object({
        score: z.number().describe('From -1, negative, to 1, positive.'),
        label: z.enum(['negative', 'neutral', 'mixed', 'positive']),
        strongest: z.array(z.object({ ...place, score: z.number() }))
      })
      .optional(),
    summary: z
      .object({ sentences: z.array(z.object(place)), of: z.number().describe('How many sentences the text has.') })
      .optional(),
    text: z
      .object({
        characters: z.number(),
        words: z.number(),
        sentences: z.number(),
        paragraphs: z.number(),
        wordsPerSentence: z.number(),
        differentWords: z.number(),
        readingMinutes: z.number(),
        readingEase: z
          .number()
          .nullable()
          .describe('Flesch reading ease of an English text: 100 is easy, 0 hard. Null for other languages.')
      })
      .optional(),
    columns: z.array(figures).optional()
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ kind, text, sentences = 3 }, { runInWorker }) {
    if (LONG_WORD.test(text)) {
      throw new ToolError(
        `The text has a word of more than ${MAX_WORD_LENGTH} characters, so it is no natural text. Take out what is encoded or has lost its spaces.`
      )
    }
    return {
      kind,
      ...(await runInWorker<object>(new URL('./analyze/task.ts', import.meta.url), {
        kind,
        text: text.toWellFormed(),
        sentences
      }))
    }
  }
})
