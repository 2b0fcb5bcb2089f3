// Describes attempts to connect to an operator: who tried, how far they came, why it stopped, and what to check next.
import type { AuditEvent, EventName } from './contract.ts'
import { printable } from '../terminal-text.ts'

export interface Attempt {
  id: string
  /** ISO 8601, UTC. */
  begun: string
  /** What the app calls itself; '' before it has said so. */
  app: string
  address: string
  client?: string | undefined
  /** Id of the person, once one has signed in. */
  user?: string | undefined
  events: AuditEvent[]
}

/**
 * People behind one address with the same app share an attempt's id, so they are distinguished by client and person.
 * @param events of the audit log, oldest first. @returns the attempts in the order in which they began.
 */
export async function readAttempts (events: AsyncIterable<AuditEvent>): Promise<Attempt[]> {
  const all: Attempt[] = []
  const byId = new Map<string, Attempt[]>()
  for await (const event of events) {
    if (event.attempt === undefined) continue
    const known = byId.get(event.attempt) ?? []
    byId.set(event.attempt, known)
    let attempt = known.findLast((each) => belongs(event, each))
    if (!attempt) {
      attempt = { id: event.attempt, begun: event.at, app: '', address: '', events: [] }
      known.push(attempt)
      all.push(attempt)
    }
    attempt.events.push(event)
    attempt.client ??= event.client
    attempt.user ??= event.user
    attempt.app ||= event.clientName ?? ''
    attempt.address ||= event.address ?? ''
  }
  return all
}

/** Whether an event continues an attempt: of the same client and person, as far as both are known by then. */
function belongs ({ event, client, user }: AuditEvent, attempt: Attempt): boolean {
  if (client !== undefined && attempt.client !== undefined && client !== attempt.client) return false
  if (user !== undefined && attempt.user !== undefined && user !== attempt.user) return false
  // Another request of the app, after a person has begun to sign in: it may be another person's.
  return event !== 'authorization' || !attempt.events.some(({ event }) => SIGN_IN.has(event))
}

const SIGN_IN: ReadonlySet<EventName> = new Set(['sign_in', 'sign_in_failed', 'sign_up', 'consent', 'denial'])

/** By what came last: what did not come after it, and what to do. */
const NEXT: Partial<Record<EventName, string>> = {
  challenge:
    'It was sent to the sign-in, and nothing followed under this id. If nothing follows under another id either: npm run doctor -- URL',
  registration: 'It registered, and did not send the person here. Begin again in the app.',
  registration_refused: 'What it sent when it registered was refused: docs/errors.md explains the reason.',
  authorization: 'The person saw the login page and has not signed in.',
  authorization_refused: 'The person saw an error page instead of the login: docs/errors.md explains the reason.',
  sign_in_failed: 'The person could not sign in.',
  sign_up: 'The person made an account and has not signed in with it: is the address to be confirmed first?',
  sign_in: 'The person signed in, and has not answered whether the app may have access.',
  denial: 'The person said no.',
  consent: 'The person said yes, and the app has not come for its token: did the browser get back to the app?',
  token: 'The app has its token, and has not asked what there is to call.',
  token_refused: 'The app was refused a token, or sent one that has expired: docs/errors.md explains the reason.'
}

/** Two lines for an attempt, one for a good one. */
export function describeAttempt ({ id, begun, app, address, user, events }: Attempt): string {
  const last = events.at(-1)!
  const isConnected = last.event === 'connected'
  const wasConnected = events.some(({ event }) => event === 'connected')
  const end = isConnected
    ? 'connected'
    : [`${wasConnected ? 'connected, then ' : ''}stopped at ${last.event}`, last.reason].filter(Boolean).join(': ')
  const line = printable([begun.slice(0, 16).replace('T', ' '), id, end, app || '(no name yet)', address, ...(user === undefined ? [] : [user])].join('  '))
  const advice = isConnected ? undefined : NEXT[last.event]
  return advice === undefined ? line : `${line}\n    ${advice}`
}
