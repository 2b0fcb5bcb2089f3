// What the audit log holds: one event for each thing that matters to security, in one shape, without secrets (threat
// WB-13).
// Tested in test/plugins/observability/audit/event-classes.test.ts.

/** Each name is a thing that happened. `*_failed` and `*_refused` changed nothing. */
export const eventNames = [
  // An attempt to connect, in its usual order.
  'challenge',
  'discovery',
  'registration',
  'registration_refused',
  'authorization',
  'authorization_refused',
  'sign_in',
  'sign_in_failed',
  'sign_up',
  'consent',
  'denial',
  'token',
  'token_refused',
  'first_request',
  'connected',
  // Afterwards.
  'refresh',
  'retry',
  'reuse',
  'revocation',
  'tool_call',
  'sign_out',
  'sign_out_everywhere',
  // The account, and what was stopped.
  'limit',
  'host_refused',
  'lock',
  'unlock',
  'account_changed',
  'key_created',
  'key_revoked',
  'account_deleted',
  // Second factors, invitations, and what an owner did.
  'factor_added',
  'factor_removed',
  'factor_failed',
  'factor_removal_asked',
  'factor_removal_stopped',
  'recovery_code_used',
  'invitation_created',
  'invitation_withdrawn',
  'owner_added',
  'owner_removed',
  'upstream_restarted'
] as const
export type EventName = (typeof eventNames)[number]

/**
 * What an event may say besides its name. Ids and short words only: never a token, code, secret, password, address of a
 * mailbox or text that a person wrote.
 */
export interface EventDetails {
  /** Id of the person. */
  user?: string | undefined
  /**
   * Who did it to them: the id of an owner, or `operator` for a command. Absent where they did
   * it themselves.
   */
  by?: string | undefined
  /** Name of the backend in AUTH_BACKEND. */
  backend?: string | undefined
  /** The client's id, cut to 200 characters. */
  client?: string | undefined
  /**
   * What the client calls itself, or a person their access key, cut to 200 characters.
   */
  clientName?: string | undefined
  /**
   * Keyed hash of what was typed as the account's name, so that attempts on one account can be distinguished from attempts on
   * many.
   */
  account?: string | undefined
  grant?: string | undefined
  scope?: string | undefined
  tool?: string | undefined
  /** The upstream that has the tool. */
  upstream?: string | undefined
  /** Milliseconds. */
  ms?: number | undefined
  /** Why it was refused, or which limit: a code of ours, never text from outside. */
  reason?: string | undefined
  outcome?: 'ok' | 'refused' | 'failed' | undefined
  /**
   * Where the app wants people sent back to: its host, or a private scheme
   * (`describeRedirectUri`).
   */
  redirect?: string | undefined
  /**
   * The attempt to connect this belongs to, where it is known from what is stored: `PROGRAM.RANDOM` from the authorization
   * request on, and before it `PROGRAM` alone, which is the same for all who have one address and User-Agent.
   */
  attempt?: string | undefined
  /** The `PROGRAM` that sent this one request. */
  from?: string | undefined
}

export interface AuditEvent extends EventDetails {
  /** ISO 8601, UTC. */
  at: string
  event: EventName
  /** Finds the lines of the same request in the log. */
  request?: string
  /** The network address it came from: whole for IPv4, the /64 network for IPv6. */
  address?: string
}
