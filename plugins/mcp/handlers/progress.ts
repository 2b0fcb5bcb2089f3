// What a running call reports to its client: progress, and lines of its log (MCP "Progress", "Logging").
import type { ToolClient } from '../../../authoring/tool.ts'
import type { ClientChannel } from './contract.ts'

/** More reports would only load the connection. */
const MIN_PROGRESS_INTERVAL_MS = 20

/** MCP "Progress": only for a token the client sent, always forward, and nothing after the end. */
export function createReporter ({ meta, notifyProgress, log }: ClientChannel) {
  const progressToken = meta['progressToken'] as string | number | undefined
  let furthest = -Infinity
  let reportedAt = -Infinity
  /** The last step is reported at once; an existing server may say of each step that it is the last. */
  let wasLast = false
  let hasEnded = false
  return {
    progress (done: number, total?: number, message?: string): void {
      if (hasEnded || progressToken === undefined || !(done > furthest)) return
      const now = performance.now()
      if (now - reportedAt < MIN_PROGRESS_INTERVAL_MS && (done !== total || wasLast)) return
      wasLast ||= done === total
      furthest = done
      reportedAt = now
      notifyProgress?.({
        progressToken,
        progress: done,
        ...(total !== undefined && { total }),
        ...(message !== undefined && { message })
      })
    },
    log: ((level, message) => {
      if (!hasEnded) log?.(level, message)
    }) satisfies ToolClient['log'],
    end (): void {
      hasEnded = true
    }
  }
}
