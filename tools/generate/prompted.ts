// Generation from a prompt: what the model is asked, and what of its answer is used.
import { ToolError, type ToolContext } from '../../authoring/tool.ts'
import type { Check } from './check-task.ts'
import type { Message, Model } from './model.ts'

const CHECK = new URL('./check-task.ts', import.meta.url)

export interface Prompt {
  prompt: string
  /** A JSON Schema or an example that the data has to fit. */
  source: Pick<Check, 'schema' | 'example'>
  count: number
}

type ModelCaller = Pick<ToolContext, 'runInWorker' | 'caller' | 'signal'>

export const writeText = (model: Model, prompt: string, caller: ModelCaller): Promise<string> =>
  model.ask(
    [
      { role: 'system', content: 'Write the text you are asked for, and nothing besides.' },
      { role: 'user', content: prompt }
    ],
    caller
  )

export const writeCode = async (
  model: Model,
  { prompt, language }: { prompt: string; language: string },
  caller: ModelCaller
): Promise<string> =>
  withoutFence(
    await model.ask(
      [
        {
          role: 'system',
          content: `Write the ${language} code you are asked for, and nothing besides: no explanation and no Markdown.`
        },
        { role: 'user', content: prompt }
      ],
      caller
    )
  )

/**
 * An answer that is no JSON, or does not fit, is sent back once with what is wrong.
 * @returns as many pieces of data as `count`.
 */
export async function writeJson (model: Model, { prompt, source, count }: Prompt, caller: ModelCaller): Promise<unknown[]> {
  const messages: Message[] = [
    {
      role: 'system',
      content: `Answer with a JSON array of exactly ${count} ${count === 1 ? 'value' : 'values'}, and nothing besides: no explanation and no Markdown.${shapeOf(source)}`
    },
    { role: 'user', content: prompt }
  ]
  const judge = (text: string) =>
    caller.runInWorker<{ data: unknown[] } | { problem: string }>(CHECK, {
      ...source,
      count,
      text: withoutFence(text)
    } satisfies Check)
  const first = await model.ask(messages, caller)
  const verdict = await judge(first)
  if ('data' in verdict) return verdict.data
  const second = await judge(
    await model.ask(
      [
        ...messages,
        { role: 'assistant', content: first },
        { role: 'user', content: `That is not right: ${verdict.problem} Answer again with the whole array.` }
      ],
      caller
    )
  )
  if ('data' in second) return second.data
  throw new ToolError(
    `The model gave no data that fits: ${second.problem} Word the prompt more precisely, ask for fewer, or leave the prompt out.`
  )
}

function shapeOf ({ schema, example }: Prompt['source']): string {
  if (schema !== undefined) return ` Each value fits this JSON Schema: ${write(schema)}`
  return example === undefined
    ? ''
    : ` Each value has the same members and types as this example: ${write(example)}`
}

/** JSON can be read deeper than it can be written. */
function write (value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw new ToolError('The schema or example is nested too deep. Pass it flatter, or a smaller part of it.')
  }
}

/** Models put a Markdown fence around code even when asked not to. */
const withoutFence = (text: string): string => /^\s*```[^\n]*\n([^]*?)\n?```\s*$/.exec(text)?.[1] ?? text.trim()
