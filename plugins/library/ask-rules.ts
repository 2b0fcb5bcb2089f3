// Asks a worker what the rules of a `.gitignore` or `.mcpignore` ignore. Rules that took it too long several times are not
// asked again.
// Tested in test/plugins/library/ignore-rules.test.ts.
import { createHash } from 'node:crypto'
import type { Workers } from '../workers.ts'
import type { AskRules } from './ignore-rules.ts'
import { createReader } from './reader.ts'
import { SkippedFile } from './skipped-file.ts'

const TASK = new URL('./ignore-task.ts', import.meta.url)
/** Milliseconds for the names of one folder; a worker may have to be started first. */
const TIMEOUT_MS = 10_000
/** So often the same rules may take too long. */
const MAX_SLOW = 3
const MAX_REMEMBERED = 1_000

/** @param signal aborted when the server closes. */
export function createAskRules (workers: Pick<Workers, 'run'>, signal: AbortSignal, timeoutMs = TIMEOUT_MS): AskRules {
  const read = createReader(workers, signal)
  /** How often rules took too long, by their digest. */
  const slow = new Map<string, number>()
  return async (question) => {
    const digest = createHash('sha256')
    for (const { text } of question.rules) digest.update(text)
    const rules = digest.digest('base64')
    const times = slow.get(rules) ?? 0
    const tooLong = new SkippedFile('comparing it with the rules of a .gitignore or .mcpignore takes too long', 'ignore rules')
    if (times >= MAX_SLOW) throw tooLong
    try {
      return await read<boolean[]>(TASK, question, timeoutMs)
    } catch (error) {
      if (!(error instanceof SkippedFile)) throw error
      if (slow.size >= MAX_REMEMBERED) slow.clear()
      slow.set(rules, times + 1)
      throw tooLong
    }
  }
}
