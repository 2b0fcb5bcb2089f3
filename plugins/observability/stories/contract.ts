// What the story of an attempt to connect is: its events in order, who it is about, and how it stands.
// This room owns the stories, made of what the audit log holds: it hands them to the page of owners and to their command,
// with what each failure means, and says when they change. It records nothing.
// Tested in test/plugins/observability/stories/assemble.test.ts.
import type { Key } from '../../../languages/index.ts'
import type { AuditEvent } from '../audit/contract.ts'

/**
 * Why it failed or what it waits for, and what to do about that, as keys of what is said.
 */
export interface Advice {
  means: Key
  todo: Key
}

/**
 * `waiting`: something is to come. `stopped`: it has not come for a long time.
 * `code`: the reason of a failure, or the event that came last.
 */
export type State =
  | { kind: 'connected'; code: 'connected'; means: Key }
  | ({ kind: 'failed' | 'waiting' | 'stopped'; code: string } & Advice)

export interface Story {
  /** As in the events, where they have one of their own. */
  id: string
  /** ISO 8601, UTC. */
  begun: string
  client?: string
  clientName?: string
  /** Where the app wants people sent back to. */
  redirect?: string
  /** Id of the person, once one has signed in. */
  user?: string
  /** The network that the browser, or else the app, came from. */
  address?: string
  events: AuditEvent[]
  state: State
  /**
   * Ids of all attempts of the same app and person, this one among them; oldest first.
   */
  tries: string[]
  /**
   * Requests of a program that has not said which app it is, and has not tried to register.
   */
  isProbe: boolean
  /**
   * Ids of the attempts that these requests may belong to, where it is not certain to which.
   */
  before: string[]
}
