// Runs the calculator as a caller does, and compares its results.
import type { Test } from 'tap'
import calculate from '../../../tools/calculate.ts'
import { ToolError } from '../../../authoring/tool.ts'

/** Nothing of the house is needed to calculate. */
export const run = async (expression: string) => calculate.run(calculate.input.parse({ expression }), {} as never)

export async function same (t: Test, cases: Array<[expression: string, result: string]>): Promise<void> {
  for (const [expression, result] of cases) t.equal((await run(expression)).result, result, expression)
}

/** The message a model reads. */
export async function refusal (t: Test, expression: string): Promise<string> {
  const error: unknown = await run(expression).then(
    (answer) => answer,
    (error) => error
  )
  t.ok(error instanceof ToolError, `${expression.slice(0, 60)} is refused: ${JSON.stringify(error)}`)
  return error instanceof ToolError ? error.message : ''
}
