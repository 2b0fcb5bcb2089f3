// One person's queries come one after the other, so that whoever asks much at once leaves a connection to the others.
// Tested in test/tools/database/postgres.test.ts.
import { ToolError } from '../../authoring/tool.ts'

/** Waiting in one person's line; more than that is refused at once. */
const MAX_WAITING = 20
const TOO_MANY = 'Your other queries are still running. Wait for their answers, and send one query at a time.'

export type Turn = <Result>(person: string | undefined, signal: AbortSignal, run: () => Promise<Result>) => Promise<Result>

/** @returns what runs a query in its person's turn; callers without a person wait for nobody. */
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
