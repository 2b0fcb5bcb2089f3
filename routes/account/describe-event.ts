// What the account page says of recent activity, in words for the person it concerns.
import type { AuditEvent, EventName } from '../../plugins/observability/audit/contract.ts'
import { organizationOf } from '../../plugins/accounts/organizations.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'

/** YYYY-MM-DD HH:MM of an ISO 8601 time. */
export const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`

const changes: Readonly<Record<string, string>> = {
  password: 'The password was changed',
  address: 'The e-mail address was changed',
  'way added': 'A sign-in method was added',
  'way removed': 'A sign-in method was removed',
  'group added': 'The account was added to a group',
  'group removed': 'The account was removed from a group'
}

const texts: Readonly<Record<EventName, (event: AuditEvent) => string>> = {
  challenge: () => 'An app was asked to sign in',
  registration: ({ clientName }) => `${clientName} registered`,
  registration_refused: () => 'An app could not register',
  authorization: ({ clientName }) => `${clientName} asked for access`,
  authorization_refused: () => 'An access request of an app was refused',
  sign_in: () => 'You signed in',
  sign_in_failed: ({ reason }) =>
    reason === 'present password' ? 'A wrong password was given on the account page' : 'A sign-in failed',
  sign_up: () => 'The account was created',
  consent: ({ clientName }) => `You allowed ${clientName}`,
  denial: ({ clientName }) => `You denied ${clientName}`,
  token: ({ clientName, backend = '' }) =>
    `${clientName} was connected${organizationOf(backend) === undefined ? '' : ' by your organization'}`,
  token_refused: () => 'An app was refused',
  connected: ({ clientName }) => `${clientName} used this server for the first time`,
  refresh: ({ clientName }) => `${clientName} renewed its access`,
  retry: ({ clientName }) => `${clientName} renewed its access twice with the same token`,
  reuse: ({ clientName }) => `${clientName} used a single-use code or token twice, and was disconnected`,
  revocation: ({ clientName }) => `${clientName} was disconnected`,
  tool_call: ({ clientName, tool, upstream, outcome }) =>
    `${clientName} called ${tool}${upstream === undefined ? '' : ` of ${upstream}`}${outcome === 'ok' ? '' : outcome === 'refused' ? ', which was over a limit' : ', and it failed'}`,
  sign_out: () => 'You signed out',
  sign_out_everywhere: () => 'You signed out everywhere',
  limit: () => 'A limit was reached',
  lock: () => 'The account was locked',
  unlock: () => 'The account was unlocked',
  account_changed: ({ reason }) => changes[reason ?? ''] ?? 'The account was changed',
  key_created: ({ clientName, by }) => `${clientName} was made${by === 'operator' ? ' by the operator' : ''}`,
  key_revoked: ({ clientName, by }) => `${clientName} was revoked${by === 'operator' ? ' by the operator' : ''}`,
  account_deleted: () => 'The account was deleted',
  factor_added: () => 'A second factor was added',
  factor_removed: () => 'A second factor was removed',
  factor_failed: () => 'A second factor was wrong',
  factor_removal_asked: () => 'The removal of lost second factors was asked for',
  factor_removal_stopped: () => 'The removal of second factors was stopped',
  recovery_code_used: () => 'A recovery code was used',
  invitation_created: () => 'An invitation was made',
  invitation_withdrawn: () => 'An invitation was withdrawn',
  owner_added: () => 'The account became one of the owners',
  owner_removed: () => 'The account is not one of the owners any more',
  upstream_restarted: () => 'An existing server was started again'
}

export const describeEvent = (event: AuditEvent): PageData['account']['events'][number] => ({
  at: minute(event.at),
  text: texts[event.event](event),
  ...(event.address && { address: event.address })
})
