// Undoes what was issued without a response: a client that was asked to try again must find its code or refresh token
// unused, however long storage was unavailable (OAuth 2.1 §4.3.1).
import type { Clock } from '../../../clock.ts'
import { StorageUnavailable, type Collection } from '../../storage/contract.ts'
import type { Grant } from './contract.ts'
import { lifetimeOf } from './transitions.ts'

const RETRY_EVERY_MS = 500
/** Grants with changes to undo. Beyond it the oldest are given up: their code or token stays used. */
const MAX_WAITING = 10_000

/** A change whose result never reached the client. */
export interface UnansweredChange {
  before: Grant
  after: Grant
}

export interface Unanswered {
  /** Undoes the change soon, unless the grant has changed since. */
  add(change: UnansweredChange): void
  /** Undoes now what is pending for a grant. @throws StorageUnavailable. */
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
        /* storage is closed: what is left stays used */
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
