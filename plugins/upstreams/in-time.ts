// Waits for a connection no longer than a caller waits. The start of a process goes on for those who come later.
// Tested in test/plugins/upstreams/upstream.test.ts.

/** @param fail makes the error of one who does not wait any longer. */
export function inTime<Value> (
  opening: Promise<Value>,
  signal: AbortSignal,
  timeoutMs: number,
  fail: (message: string) => Error
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (message: string) => () => reject(fail(message))
    const timer = setTimeout(giveUp(`no connection within ${timeoutMs / 1000} seconds`), timeoutMs)
    const onAbort = giveUp('the caller has gone')
    signal.addEventListener('abort', onAbort, { once: true })
    opening.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  })
}
