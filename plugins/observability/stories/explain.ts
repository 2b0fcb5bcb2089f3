// What each failure of an attempt to connect means, and what to do about it. A reason without an entry does not compile, and
// test/plugins/observability/stories/explain.test.ts finds codes that the endpoints use and nobody explains.
import type { Reason } from '../../../errors.ts'
import type { Key } from '../../../languages/index.ts'
import type { EventName } from '../audit/contract.ts'
import type { Advice } from './contract.ts'

type NameIn<K, Prefix extends string> = K extends `connections.${Prefix}_${infer Name}` ? Name : never
type Todo = NameIn<Key, 'do'>
type Silence = NameIn<Key, 'wait'>

const advice: Readonly<Record<Reason, Todo>> = {
  // The app, at the registration and at the authorization request.
  unknown_client: 'add_again',
  service_client: 'service',
  redirect_uri: 'redirect',
  redirect_uri_missing: 'maker',
  invalid_redirect_uri: 'redirect',
  invalid_client_metadata: 'maker',
  host_blocked: 'hosts',
  document_unreachable: 'document',
  document_redirect: 'document',
  document_not_json: 'maker',
  document_invalid: 'maker',
  document_mismatch: 'maker',
  document_address: 'maker',
  document_busy: 'wait',
  pkce: 'maker',
  invalid_target: 'resource',
  invalid_scope: 'maker',
  unsupported_response_type: 'maker',
  invalid_request: 'maker',
  login_required: 'maker',
  consent_required: 'maker',
  // The person.
  access_denied: 'person',
  not_allowed: 'allow',
  no_invitation: 'invite',
  locked: 'unlock',
  credentials: 'password',
  refused: 'provider',
  taken: 'other_way',
  unreachable: 'provider',
  slow: 'provider',
  unreadable: 'provider',
  busy: 'wait',
  factor: 'factor',
  cookies: 'cookies',
  other_browser: 'cookies',
  sign_in_expired: 'again',
  denied: 'ask',
  // The app, at the token endpoint and with its token.
  code_expired: 'again',
  code_mismatch: 'maker',
  code_used: 'used',
  invalid_grant: 'again',
  client_secret: 'secret',
  invalid_client: 'add_again',
  unauthorized_client: 'maker',
  unsupported_grant_type: 'maker',
  invalid_token: 'token',
  access_key: 'key',
  // Around all of it.
  too_many_requests: 'limit',
  host: 'proxy',
  temporarily_unavailable: 'log',
  server_error: 'log',
  other: 'log'
}

/** Codes that mean the same as another one to who reads them. */
const SAME: Readonly<Record<string, Reason>> = {
  request_not_supported: 'unsupported_response_type',
  request_uri_not_supported: 'unsupported_response_type',
  account_selection_required: 'login_required',
  interaction_required: 'login_required',
  invitation: 'no_invitation'
}

/** @returns undefined for a code that nothing here explains. */
export function findReason (code: string): Reason | undefined {
  if (Object.hasOwn(SAME, code)) return SAME[code]!
  return Object.hasOwn(advice, code) ? (code as Reason) : undefined
}

/** @param code as in an event. */
export function explain (code: string): Advice {
  const reason = findReason(code) ?? 'other'
  return { means: `connections.why_${reason}`, todo: `connections.do_${advice[reason]}` }
}

/** By what came last: what has not come after it. */
const silences: Partial<Record<EventName, Silence>> = {
  challenge: 'challenge',
  discovery: 'challenge',
  registration: 'registration',
  authorization: 'authorization',
  sign_up: 'sign_up',
  sign_in: 'sign_in',
  consent: 'consent',
  token: 'token',
  first_request: 'first_request'
}

/** @param last the event after which nothing came. */
export function explainSilence (last: EventName): Advice {
  const silence = silences[last] ?? 'authorization'
  return { means: `connections.wait_${silence}`, todo: `connections.do_after_${silence}` }
}
