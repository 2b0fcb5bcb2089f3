// Events of attempts to connect, as the audit log holds them.
import { assembleStories } from '../../../../plugins/observability/stories/assemble.ts'
import type { AuditEvent, EventName } from '../../../../plugins/observability/audit/contract.ts'

const START = Date.UTC(2026, 10, 24, 10)

/** Seconds since the epoch, so many seconds after the first event. */
export const after = (seconds: number): number => START / 1_000 + seconds

export const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString()

/** @param attempt `PROGRAM` or `PROGRAM.RANDOM`. */
export const event = (second: number, attempt: string, name: EventName, more: Partial<AuditEvent> = {}): AuditEvent => ({
  at: at(second),
  event: name,
  attempt,
  address: '203.0.113.5',
  ...more
})

/** A minute after the last of them. */
export const storiesOf = (...events: AuditEvent[]) =>
  assembleStories(events, Date.parse(events.at(-1)!.at) / 1_000 + 60)
