// What the account page says of recent activity, in words for the person it concerns.
import type { Key, Message, Words } from '../../languages/index.ts'
import type { AuditEvent, EventName } from '../../plugins/observability/audit/contract.ts'
import { organizationOf } from '../../plugins/accounts/organizations.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { minuteOf } from '../../plugins/pages/time.ts'

const changes: Readonly<Record<string, Key>> = {
  password: 'account.event.passwordChanged',
  address: 'account.event.addressChanged',
  'way added': 'account.event.methodAdded',
  'way removed': 'account.event.methodRemoved',
  'group added': 'account.event.groupAdded',
  'group removed': 'account.event.groupRemoved'
}

type Say = (event: AuditEvent, words: Words) => Message

const says = (key: Key): Say => () => ({ key })
const saysOfApp = (key: Key): Say => ({ clientName }, { text }) => ({
  key,
  values: { app: clientName ?? text('account.unnamedApp') }
})
/** @param forYou where it was not the person themselves. */
const saysOfKey = (own: Key, forYou: Key): Say => ({ clientName = '', reason, by }) => ({
  key: by !== undefined || reason === 'operator' ? forYou : own,
  values: { key: clientName }
})

const CALLS: Readonly<Record<string, Key>> = { ok: 'account.event.call', refused: 'account.event.callRefused' }

function saysOfCall ({ clientName, tool = '', upstream, outcome }: AuditEvent, { text }: Words): Message {
  const app = clientName ?? text('account.unnamedApp')
  const named = upstream === undefined ? tool : text('account.event.toolOf', { tool, server: upstream })
  return { key: CALLS[outcome ?? ''] ?? 'account.event.callFailed', values: { app, tool: named } }
}

const sayings: Readonly<Record<EventName, Say>> = {
  challenge: says('account.event.challenge'),
  registration: saysOfApp('account.event.registration'),
  registration_refused: says('account.event.registrationRefused'),
  authorization: saysOfApp('account.event.authorization'),
  authorization_refused: says('account.event.authorizationRefused'),
  sign_in: says('account.event.signIn'),
  sign_in_failed: ({ reason }) => ({
    key: reason === 'present password' ? 'account.event.wrongPassword' : 'account.event.signInFailed'
  }),
  sign_up: says('account.event.signUp'),
  consent: saysOfApp('account.event.consent'),
  denial: saysOfApp('account.event.denial'),
  token: (event, words) =>
    saysOfApp(organizationOf(event.backend ?? '') === undefined ? 'account.event.token' : 'account.event.tokenOfOrganization')(event, words),
  token_refused: says('account.event.tokenRefused'),
  connected: saysOfApp('account.event.connected'),
  refresh: saysOfApp('account.event.refresh'),
  retry: saysOfApp('account.event.retry'),
  reuse: saysOfApp('account.event.reuse'),
  revocation: saysOfApp('account.event.revocation'),
  tool_call: saysOfCall,
  sign_out: says('account.event.signOut'),
  sign_out_everywhere: says('account.event.signOutAll'),
  limit: says('account.event.limit'),
  lock: says('account.event.lock'),
  unlock: says('account.event.unlock'),
  account_changed: ({ reason }) => ({ key: changes[reason ?? ''] ?? 'account.event.changed' }),
  key_created: saysOfKey('account.event.keyCreated', 'account.event.keyCreatedForYou'),
  key_revoked: saysOfKey('account.event.keyRevoked', 'account.event.keyRevokedForYou'),
  account_deleted: says('account.event.deleted'),
  factor_added: says('account.event.factorAdded'),
  factor_removed: says('account.event.factorRemoved'),
  factor_failed: says('account.event.factorFailed'),
  factor_removal_asked: says('account.event.factorRemovalAsked'),
  factor_removal_stopped: says('account.event.factorRemovalStopped'),
  recovery_code_used: says('account.event.recoveryCode'),
  invitation_created: says('account.event.invitationCreated'),
  invitation_withdrawn: says('account.event.invitationWithdrawn'),
  owner_added: says('account.event.ownerAdded'),
  owner_removed: says('account.event.ownerRemoved'),
  discovery: says('account.event.discovery'),
  first_request: saysOfApp('account.event.firstRequest'),
  host_refused: says('account.event.hostRefused'),
  upstream_restarted: says('account.event.upstreamRestarted')
}

export const describeEvent = (words: Words, event: AuditEvent): PageData['account']['events'][number] => ({
  at: minuteOf(words, event.at),
  text: words.say(sayings[event.event](event, words)),
  ...(event.address && { address: event.address })
})
