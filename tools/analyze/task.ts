// The work of `analyze`, for a process of its own: each kind loads only what it needs.
import { readColumns } from './numbers.ts'
import { splitSentences } from './sentences.ts'
import { summarize } from './summary.ts'

export interface Input {
  kind: 'sentiment' | 'summary' | 'statistics'
  text: string
  sentences: number
}

/** @returns the members that the kind adds to the result. */
export default async function analyze ({ kind, text, sentences }: Input): Promise<object> {
  switch (kind) {
    case 'summary':
      return { summary: summarize(splitSentences(text), sentences) }
    case 'sentiment':
      return { sentiment: (await import('./language.ts')).readSentiment(text) }
    case 'statistics': {
      const columns = readColumns(text)
      return columns
        ? { columns: (await import('./numbers.ts')).describeColumns(columns) }
        : { text: (await import('./language.ts')).describeText(text) }
    }
  }
}
