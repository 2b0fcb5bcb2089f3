// Which events share a bound. An event gives way only to events that cost as much to cause: nothing a stranger sends,
// and no number of calls or refreshes of one person, pushes out the events of others (threats WB-13, OW-06).
import type { Clock } from '../../../clock.ts'
import { siteOf } from '../../client-address.ts'
import type { AuditEvent, EventName } from './contract.ts'

/**
 * `public`: what anyone can cause. `security`: what a person or the operator did. `tokens`, `calls`: what a connected
 * app does all day. `excess`: what one person causes beyond their share of these. In the order of a connection's story.
 */
export const eventClasses = ['public', 'security', 'tokens', 'calls', 'excess'] as const
export type EventClass = (typeof eventClasses)[number]

const classes: Readonly<Record<EventName, Exclude<EventClass, 'excess'>>> = {
  challenge: 'public',
  discovery: 'public',
  registration: 'public',
  registration_refused: 'public',
  authorization: 'public',
  authorization_refused: 'public',
  sign_in_failed: 'public',
  sign_up: 'public',
  token_refused: 'public',
  limit: 'public',
  host_refused: 'public',
  tool_call: 'calls',
  refresh: 'tokens',
  retry: 'tokens',
  sign_in: 'security',
  consent: 'security',
  denial: 'security',
  token: 'security',
  first_request: 'security',
  connected: 'security',
  reuse: 'security',
  revocation: 'security',
  sign_out: 'security',
  sign_out_everywhere: 'security',
  lock: 'security',
  unlock: 'security',
  account_changed: 'security',
  key_created: 'security',
  key_revoked: 'security',
  account_deleted: 'security',
  factor_added: 'security',
  factor_removed: 'security',
  factor_failed: 'security',
  factor_removal_asked: 'security',
  factor_removal_stopped: 'security',
  recovery_code_used: 'security',
  invitation_created: 'security',
  invitation_withdrawn: 'security',
  owner_added: 'security',
  owner_removed: 'security',
  upstream_restarted: 'security'
}

/**
 * Events of one person, or of one site where nobody has signed in, in an hour. What is beyond goes to `excess`, where it
 * pushes out nothing but its like.
 */
export const MAX_EVENTS = { public: 500, security: 200, tokens: 1_000, calls: 5_000 } as const
const SHARE_WINDOW_SECONDS = 3_600
/** Shares that are counted. */
const MAX_COUNTED = 10_000

/** @param isPublic whether anyone may have an account of this backend. */
export function createClassifier (
  now: Clock,
  isPublic: (backend: string) => boolean
): (event: AuditEvent) => EventClass {
  const counted = new Map<string, { window: number; events: number }>()
  function isWithinShare (key: string, most: number): boolean {
    const window = Math.floor(now() / SHARE_WINDOW_SECONDS)
    const before = counted.get(key)
    const events = before?.window === window ? before.events + 1 : 1
    counted.delete(key)
    counted.set(key, { window, events })
    if (counted.size > MAX_COUNTED) counted.delete(counted.keys().next().value!)
    return events <= most
  }
  return ({ event, user, by, backend, address }) => {
    const isAnyone = classes[event] === 'security' && backend !== undefined && isPublic(backend)
    const name = isAnyone ? 'public' : classes[event]
    // The operator and owners have no share. Who deletes their own account is named by no event, and may come again.
    if (name === 'security' && user === undefined && (by !== undefined || address === undefined)) return name
    // Whoever has one network of IPv6 has thousands.
    const owner = user ?? (address === undefined ? '' : siteOf(address))
    return isWithinShare(`${name} ${owner}`, MAX_EVENTS[name]) ? name : 'excess'
  }
}
