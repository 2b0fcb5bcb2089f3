// What the account page says of recent activity.
import t from 'tap'
import { english, wordsOf } from '../../../languages/index.ts'
import { eventNames, type AuditEvent } from '../../../plugins/observability/audit/contract.ts'
import { describeEvent } from '../../../routes/account/describe-event.ts'

const at = '2026-11-24T10:05:59.999Z'
const textOf = (event: Partial<AuditEvent>, words = english) => describeEvent(words, { at, event: 'sign_in', ...event }).text

t.test('every event has a sentence, with the name of the app and nothing undefined', async (t) => {
  for (const event of eventNames) {
    const text = textOf({ event, clientName: 'Claude', tool: 'search', outcome: 'ok' })
    t.match(text, /^[A-Z][^.]+$/, event)
    t.notMatch(text, 'undefined', event)
    t.type(textOf({ event }), 'string', `${event}: also where an earlier version wrote less`)
  }
})

t.test('the minute, the address where there is one, and none of the ids', async (t) => {
  const event: AuditEvent = { at, event: 'sign_in', user: 'u', grant: 'g', account: 'hash', request: 'r' }
  t.same(describeEvent(english, event), { at: { iso: at, text: english.minute(at) }, text: 'You signed in' })
  t.same(describeEvent(english, { ...event, address: '203.0.113.5' }).address, '203.0.113.5')
})

t.test('a person can tell what was done from what was tried, and by whom', async (t) => {
  const call = { event: 'tool_call', clientName: 'Claude', tool: 'write' } as const
  t.equal(textOf({ ...call, outcome: 'ok' }), 'Claude used write')
  t.equal(
    textOf({ ...call, outcome: 'refused' }),
    'Claude tried to use write, which was over a limit'
  )
  t.equal(
    textOf({ ...call, outcome: 'failed', upstream: 'crm' }),
    'Claude used write on crm, and it failed'
  )
  t.equal(textOf({ ...call, outcome: 'ok' }, wordsOf('de')), 'Claude hat write verwendet')
  t.equal(
    textOf({ event: 'sign_in_failed', reason: 'present password' }),
    'A wrong password was entered on the account page'
  )
  t.equal(textOf({ event: 'sign_in_failed', reason: 'credentials' }), 'A sign-in failed')
  t.equal(textOf({ event: 'key_created', clientName: 'CI' }), 'CI was created')
  t.equal(
    textOf({ event: 'key_revoked', clientName: 'CI', by: 'u2' }),
    'CI was revoked by the person who runs this server'
  )
  t.equal(
    textOf({ event: 'token', clientName: 'Claude', backend: 'id-jag https://acme.okta.com' }),
    'Claude was connected by your organization'
  )
  for (const [reason, text] of [
    ['password', 'Your password was changed'],
    ['address', 'Your email address was changed'],
    ['way added', 'A sign-in method was added'],
    ['way removed', 'A sign-in method was removed'],
    ['a reason of a later version', 'Your account was changed'],
    [undefined, 'Your account was changed']
  ] as const) {
    t.equal(textOf({ event: 'account_changed', reason }), text)
  }
})
