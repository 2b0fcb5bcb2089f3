// Work of one holder that is done one after the other, so that many at once take one place of what others need as well.
// For tools and the server itself.
// Tested in test/tools/database/postgres.test.ts and test/plugins/upstreams/followed.test.ts.

/** Does the work after all that its holder has waiting. @returns undefined, with nothing begun, where too much waits. */
export type InLine = <R>(holder: string, work: () => Promise<R>) => Promise<R> | undefined

/** @param most of one holder, with what is being done. */
export function createLines (most: number): InLine {
  const lines = new Map<string, { length: number; last: Promise<unknown> }>()
  return (holder, work) => {
    const line = lines.get(holder) ?? { length: 0, last: Promise.resolve() }
    if (line.length >= most) return undefined
    lines.set(holder, line)
    line.length++
    const done = line.last.then(work).finally(() => {
      if (--line.length === 0) lines.delete(holder)
    })
    line.last = done.catch(() => {})
    return done
  }
}
