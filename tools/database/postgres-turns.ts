// Runs the queries of one person one after the other, so that many at once leave connections to other people.
// Tested in test/tools/database/postgres.test.ts.
import { ToolError } from '../../authoring/tool.ts'

/** Queries of one person that may wait; more are refused at once. */
const MAX_WAITING = 20
const TOO_MANY = 'Your other queries are still running. Wait for their answers, and send one query at a time.'

export type Turn = <Result>(person: string | undefined, signal: AbortSignal, run: () => Promise<Result>) => Promise<Result>

/** @returns a function that runs a query in its person's turn; callers without a person wait for no one. */
export function createTurns (): Turn {
  const lines = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return async (person, signal, run) => {
    if (person === undefined) return run()
    const line = lines.get(person) ?? { last: Promise.resolve(), waiting: 0 }
    if (line.waiting >= MAX_WAITING) throw new ToolError(TOO_MANY)
    line.waiting++
    lines.set(person, line)
    const mine = line.last.then(() => {
      if (signal.aborted) throw new ToolError(TOO_MANY)
      return run()
    })
    line.last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      if (--line.waiting === 0) lines.delete(person)
    }
  }
}
