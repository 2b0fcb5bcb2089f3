// Takes back what was issued and never answered: a client that was told "try again" has to find its code or refresh
// token as it was, however long storage was away (OAuth 2.1 §4.3.1).
import type { Clock } from '../../../clock.ts'
import { StorageUnavailable, type Collection } from '../../storage/contract.ts'
import type { Grant } from './contract.ts'
import { lifetimeOf } from './transitions.ts'

const RETRY_EVERY_MS = 500
/** Of these the oldest give way; they are then judged as any other spent code or token. */
const MAX_WAITING = 10_000

/** A change whose result reached nobody. */
export interface UnansweredChange {
  before: Grant
  after: Grant
}

export interface Unanswered {
  /** Takes the change back soon, unless somebody has changed the grant since. */
  add(change: UnansweredChange): void
  /** Takes back now what waits for a grant. @throws StorageUnavailable while storage is away. */
  settle(grantId: string): Promise<void>
}

export function createUnanswered (grants: Collection<Grant>, now: Clock): Unanswered {
  const waiting = new Map<string, UnansweredChange[]>()
  let timer: NodeJS.Timeout | undefined

  async function settle (grantId: string): Promise<void> {
    const changes = waiting.get(grantId)
    if (changes === undefined) return
    for (const { before, after } of changes) {
      const written = JSON.stringify(after)
      await grants.update(grantId, (grant) =>
        JSON.stringify(grant) === written
          ? { write: { record: before, ttl: lifetimeOf(before, now()) }, result: undefined }
          : { result: undefined }
      )
    }
    if (waiting.get(grantId) === changes) waiting.delete(grantId)
  }
  async function settleAll (): Promise<void> {
    timer = undefined
    try {
      for (const id of [...waiting.keys()]) await settle(id)
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error
      schedule()
    }
  }
  function schedule (): void {
    timer ??= setTimeout(() => {
      settleAll().catch(() => {
        /* a closed storage: the next start judges what is left */
      })
    }, RETRY_EVERY_MS).unref()
  }
  return {
    settle,
    add (change) {
      const { id } = change.after
      waiting.set(id, [...(waiting.get(id) ?? []), change])
      if (waiting.size > MAX_WAITING) waiting.delete(waiting.keys().next().value!)
      schedule()
    }
  }
}
