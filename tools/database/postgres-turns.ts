// Runs the queries of one caller one after the other, so that many at once leave connections to others.
import { ToolError } from '../../authoring/tool.ts'
import { createLines } from '../../authoring/in-line.ts'

/** Queries of one caller that may wait; more are refused at once. */
const MAX_WAITING = 20
const TOO_MANY = 'Your other queries are still running. Wait for their answers, and send one query at a time.'

export type Turn = <Result>(caller: string, signal: AbortSignal, run: () => Promise<Result>) => Promise<Result>

/** @returns a function that runs a query in the turn of its caller: a person, or the address of one who has not signed in. */
export function createTurns (): Turn {
  const inLine = createLines(MAX_WAITING)
  return async (caller, signal, run) => {
    const answer = inLine(caller, () => {
      if (signal.aborted) throw new ToolError(TOO_MANY)
      return run()
    })
    if (!answer) throw new ToolError(TOO_MANY)
    return await answer
  }
}
