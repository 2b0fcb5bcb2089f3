// One rebuild for everybody who looks at the same time: each open page asks again at each change, all in the same moment.
// Tested in test/plugins/observability/stories/shared.test.ts.

export interface Shared<T> {
  /** What is being built, or was a moment ago; otherwise it is built. A fault is not kept. */
  get(): Promise<T>
  /** Something changed: what was begun before is for those who have it. */
  forget(): void
}

/** @param keepMs how long the result is handed out once it is there. Nobody who has it may change it. */
export function createShared<T> (make: () => Promise<T>, keepMs: number): Shared<T> {
  let current: Promise<T> | undefined
  const drop = (one: Promise<T>) => {
    if (current === one) current = undefined
  }
  return {
    get () {
      if (current) return current
      const begun = make()
      current = begun
      begun.then(
        () => setTimeout(drop, keepMs, begun).unref(),
        () => drop(begun)
      )
      return begun
    },
    forget () {
      current = undefined
    }
  }
}
