// Which events share a bound. An event gives way only to events that cost as much to cause: nothing that a stranger
// sends, and no number of tool calls, pushes out a sign-in (threat WB-13).
import type { Clock } from '../../../clock.ts'
import type { AuditEvent, EventName } from './contract.ts'

/**
 * `public`: what anybody can cause. `security`: what a person or the operator did. `tokens`, `calls`: what a connected
 * app does all day. In the order of a connection's story.
 */
export const eventClasses = ['public', 'security', 'tokens', 'calls'] as const
export type EventClass = (typeof eventClasses)[number]

const classes: Readonly<Record<EventName, EventClass>> = {
  challenge: 'public',
  registration: 'public',
  registration_refused: 'public',
  authorization: 'public',
  authorization_refused: 'public',
  sign_in_failed: 'public',
  sign_up: 'public',
  token_refused: 'public',
  limit: 'public',
  tool_call: 'calls',
  refresh: 'tokens',
  retry: 'tokens',
  sign_in: 'security',
  consent: 'security',
  denial: 'security',
  token: 'security',
  connected: 'security',
  reuse: 'security',
  revocation: 'security',
  sign_out: 'security',
  sign_out_everywhere: 'security',
  lock: 'security',
  unlock: 'security',
  account_changed: 'security',
  account_deleted: 'security'
}

/**
 * Security events of one person in an hour; what is beyond goes with the tool calls. So nobody who is signed in pushes
 * out others' events, or their own.
 */
const MAX_SECURITY_EVENTS = 200
const SHARE_WINDOW_SECONDS = 3_600
/** People whose events are counted. */
const MAX_PEOPLE = 10_000

/** @param isPublic whether anybody may have an account of this backend. */
export function createClassifier (
  now: Clock,
  isPublic: (backend: string) => boolean
): (event: AuditEvent) => EventClass {
  const counted = new Map<string, { window: number; events: number }>()
  return ({ event, user, backend }) => {
    if (classes[event] !== 'security') return classes[event]
    if (backend !== undefined && isPublic(backend)) return 'public'
    if (user === undefined) return 'security'
    const window = Math.floor(now() / SHARE_WINDOW_SECONDS)
    const before = counted.get(user)
    const events = before?.window === window ? before.events + 1 : 1
    counted.delete(user)
    counted.set(user, { window, events })
    if (counted.size > MAX_PEOPLE) counted.delete(counted.keys().next().value!)
    return events > MAX_SECURITY_EVENTS ? 'calls' : 'security'
  }
}
