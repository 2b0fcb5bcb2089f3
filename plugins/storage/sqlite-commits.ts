// Changes to the SQLite storage that come together are committed together: each waits for the disk as it would alone, and all wait once.

export interface Commits {
  /** Runs the change soon, in a transaction with others. Settles when it is on the disk. What `change` throws without having written fails it alone. */
  add<R> (change: () => R): Promise<R>
  /** Commits what waits. */
  flush (): void
}

interface Waiting { change: () => unknown, resolve: (result: unknown) => void, reject: (error: unknown) => void }

/** @param atomically runs its work in one transaction. @param isFault whether an error is the database's: then nothing of the transaction stands. */
export function createCommits (atomically: <R>(work: () => R) => R, isFault: (error: unknown) => boolean): Commits {
  let waiting: Waiting[] = []
  let due: NodeJS.Immediate | undefined

  const attempt = ({ change, resolve, reject }: Waiting): () => void => {
    try {
      const result = change()
      return () => resolve(result)
    } catch (error) {
      if (isFault(error)) throw error
      return () => reject(error)
    }
  }
  const flush = () => {
    clearImmediate(due)
    due = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      for (const settle of atomically(() => batch.map(attempt))) settle()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  return {
    add: <R>(change: () => R) => new Promise<R>((resolve, reject) => {
      waiting.push({ change, resolve: resolve as Waiting['resolve'], reject })
      due ??= setImmediate(flush)
    }),
    flush
  }
}
