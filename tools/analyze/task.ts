// The work of `analyze`, in a separate process: text and data each load only what they need.
import { describeColumns, readColumns } from './numbers.ts'

export interface Input {
  text: string
}

/** @returns the figures of data, otherwise of a text. @throws ToolError for data that cannot be counted rightly. */
export default async function analyze ({ text }: Input): Promise<object> {
  const columns = readColumns(text)
  return columns ? describeColumns(columns) : { text: (await import('./language.ts')).describeText(text) }
}
