// How an attempt to connect stands, by what happened last.
import type { Reason } from '../../../errors.ts'
import type { AuditEvent, EventName } from '../audit/contract.ts'
import type { State } from './contract.ts'
import { explain, explainSilence } from './explain.ts'

/**
 * Without a further step in this time, none is to be expected: longer than any page of a
 * sign-in works.
 */
export const STOPPED_AFTER_SECONDS = 900

/**
 * Events that end an attempt without a connection, with the reason of those that record none.
 */
const FAILURES: Partial<Record<EventName, Reason>> = {
  registration_refused: 'other',
  authorization_refused: 'other',
  sign_in_failed: 'other',
  factor_failed: 'factor',
  denial: 'denied',
  token_refused: 'other',
  reuse: 'code_used',
  limit: 'too_many_requests',
  host_refused: 'host'
}

/**
 * @param events of one attempt, oldest first; at least one.
 * @param now seconds since the epoch.
 */
export function stateOf (events: readonly AuditEvent[], now: number): State {
  if (events.some(({ event }) => event === 'connected')) {
    return { kind: 'connected', code: 'connected', means: 'connections.step_connected' }
  }
  const last = events.at(-1)!
  const code = reasonOf(last)
  if (code !== undefined) return { kind: 'failed', code, ...explain(code) }
  const isOver = now - Date.parse(last.at) / 1_000 > STOPPED_AFTER_SECONDS
  return { kind: isOver ? 'stopped' : 'waiting', code: last.event, ...explainSilence(last.event) }
}

/** @returns why the step failed; undefined for one that did not. */
export function reasonOf ({ event, reason }: AuditEvent): string | undefined {
  const usual = FAILURES[event]
  if (usual === undefined) return undefined
  // What a limit counts is not why it was refused.
  return usual === 'other' ? (reason ?? usual) : usual
}
