// Keeps each document in the index of those who may see it: at the start, and whenever the
// rules change.
// Tested in test/plugins/library/audiences.test.ts.
import { setTimeout } from 'node:timers/promises'
import type { AccessRules } from '../access-rules/contract.ts'
import type { DocumentStore } from './contract.ts'
import type { Log } from './indexer.ts'

/** After the store failed. */
const RETRY_MS = 10_000
/** Until the rules change: no timer is longer. */
const LONG_MS = 2 ** 31 - 1

/**
 * @returns a promise that settles once the signal was aborted and nothing is on its way.
 * Never rejects.
 */
export async function keepArranged (
  store: Pick<DocumentStore, 'arrange'>,
  rules: Pick<AccessRules, 'onChange'>,
  log: Pick<Log, 'warn'>,
  closing: AbortSignal
): Promise<void> {
  let changed = new AbortController()
  rules.onChange(() => changed.abort())
  while (!closing.aborted) {
    changed = new AbortController()
    const signal = AbortSignal.any([closing, changed.signal])
    const pause = (ms: number) => setTimeout(ms, undefined, { signal, ref: false }).catch(() => {})
    try {
      await store.arrange(signal)
      await pause(LONG_MS)
    } catch (error) {
      if (closing.aborted) return
      log.warn(`Searches do not find documents yet that the access rules have just given to people; it is tried again: ${(error as Error).message}`)
      await pause(RETRY_MS)
    }
  }
}
