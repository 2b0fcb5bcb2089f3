// Group commit for the SQLite storage: changes that arrive together share one transaction, and so one wait for the disk.
// While another process holds the lock they wait without blocking anyone.
import { MAX_LOCKED_MS, RETRY_LOCK_MS } from './database.ts'
import { isFull, isLocked } from './faults.ts'

export interface Commits {
  /**
   * Runs the change soon, in a transaction with others. Settles when it is committed. What `change` throws without
   * having written fails it alone.
   */
  add<R>(change: () => R): Promise<R>
  /** Settles when nothing waits. */
  idle(): Promise<void>
}

interface Waiting {
  change: () => unknown
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
  since: number
}

/** Makes one change. @returns what settles it, once the transaction is committed. */
function attempt ({ change, resolve, reject }: Waiting, isFault: (error: unknown) => boolean): () => void {
  try {
    const result = change()
    return () => resolve(result)
  } catch (error) {
    if (isFault(error)) throw error
    return () => reject(error)
  }
}

/**
 * @param atomically runs its work in one transaction.
 * @param isFault whether an error is the database's: then the whole transaction is rolled back.
 */
export function createGroupCommit (atomically: <R>(work: () => R) => R, isFault: (error: unknown) => boolean): Commits {
  let waiting: Waiting[] = []
  let isDue = false
  const commit = (batch: Waiting[]): void => {
    for (const settle of atomically(() => batch.map((one) => attempt(one, isFault)))) settle()
  }

  function flush (): void {
    isDue = false
    const batch = waiting
    waiting = []
    try {
      commit(batch)
    } catch (error) {
      if (isLocked(error)) waitForLock(batch, error)
      else if (isFull(error) && batch.length > 1) commitEach(batch)
      else for (const { reject } of batch) reject(error)
    }
  }
  /** The disk is full: what deletes, and what fits in what was deleted, must not fail with the rest. */
  function commitEach (batch: Waiting[]): void {
    for (const one of batch) {
      try {
        commit([one])
      } catch (error) {
        one.reject(error)
      }
    }
  }
  function waitForLock (batch: Waiting[], error: unknown): void {
    const tooLate = performance.now() - MAX_LOCKED_MS
    for (const { since, reject } of batch) if (since < tooLate) reject(error)
    waiting = [...batch.filter(({ since }) => since >= tooLate), ...waiting]
    if (waiting.length > 0) schedule(() => setTimeout(flush, RETRY_LOCK_MS))
  }
  function schedule (later: () => void): void {
    if (isDue) return
    isDue = true
    later()
  }

  const add = <R>(change: () => R) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ change, resolve: resolve as Waiting['resolve'], reject, since: performance.now() })
      schedule(() => setImmediate(flush))
    })
  return {
    add,
    async idle () {
      if (waiting.length > 0) {
        await add(() => {}).catch(() => {
        /* each caller has got the error */
        })
      }
    }
  }
}
