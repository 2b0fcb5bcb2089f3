// The log's lines on their way out: those of one turn of the event loop in one write. A busy server has a line to write for each call, and a write for each would be a good part of what the call costs.

export interface LogLines {
  write (line: string): void
  /** Writes what waits: for the end of the process. Nothing waits longer than the turn it was said in. */
  flush (): void
}

export function gatherLines (to: { write (text: string): unknown }): LogLines {
  let waiting = ''
  let due: NodeJS.Immediate | undefined
  const flush = () => {
    clearImmediate(due)
    due = undefined
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    to.write(lines)
  }
  return {
    write (line) {
      waiting += line
      due ??= setImmediate(flush)
    },
    flush
  }
}
