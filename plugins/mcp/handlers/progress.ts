// What a running call reports to its client: progress, and lines of its log (MCP "Progress", "Logging").
import type { ToolClient } from '../../../authoring/tool.ts'
import type { ClientChannel } from './contract.ts'

/** More reports would only load the connection. */
const MIN_PROGRESS_INTERVAL_MS = 20

interface Step {
  progress: number
  total?: number
  message?: string
}

/**
 * MCP "Progress": only for a token the client sent, always forward, and nothing after the end. Of steps that follow each other
 * too soon the newest is reported once it may be: it may be what the client sees for long.
 */
export function createReporter ({ meta, notifyProgress, log }: ClientChannel) {
  const progressToken = meta['progressToken'] as string | number | undefined
  let newest: Step = { progress: -Infinity }
  let reportedAt = -Infinity
  let waiting: NodeJS.Timeout | undefined
  /** The last step is reported at once; an existing server may say of each step that it is the last. */
  let wasLast = false
  let hasEnded = false
  const report = () => {
    clearTimeout(waiting)
    waiting = undefined
    reportedAt = performance.now()
    notifyProgress?.({ progressToken: progressToken!, ...newest })
  }
  return {
    progress (done: number, total?: number, message?: string): void {
      if (hasEnded || progressToken === undefined || !(done > newest.progress)) return
      newest = { progress: done, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }
      const isLast = done === total && !wasLast
      wasLast ||= isLast
      const wait = isLast ? 0 : reportedAt + MIN_PROGRESS_INTERVAL_MS - performance.now()
      if (wait <= 0) report()
      else waiting ??= setTimeout(report, wait)
    },
    log: ((level, message) => {
      if (!hasEnded) log?.(level, message)
    }) satisfies ToolClient['log'],
    end (): void {
      hasEnded = true
      clearTimeout(waiting)
    }
  }
}
