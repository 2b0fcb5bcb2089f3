// What requests leave in storage, by kind: for tests that nothing grows.
import type { Test } from 'tap'
import { census } from './census.ts'
import type { TestServer } from './server.ts'

/** What a stranger may leave behind, with its bound. Whatever else grows is a fault. */
export const BOUNDED = new Set([
  // Audit events: JOURNAL_BOUNDS entries in all, 2 KB each.
  'journal',
  'audit_journal',
  // The key that signs ID tokens, made when first asked for: one in all.
  'signingKey'
])

/** Fails if `work` leaves more of anything in storage than before, except what {@link BOUNDED} lists. */
export async function nothingGrows (
  t: Test,
  server: TestServer,
  what: string,
  work: () => Promise<void>,
  allowed: string[] = []
) {
  const before = await census(server)
  await work()
  const after = await census(server)
  const grown = Object.keys(after).filter(
    (kind) => after[kind]! > (before[kind] ?? 0) && !BOUNDED.has(kind) && !allowed.includes(kind)
  )
  t.strictSame(grown, [], what)
}
