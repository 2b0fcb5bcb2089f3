// What the account page says of recent activity.
import t from 'tap'
import { eventNames, type AuditEvent } from '../../../plugins/observability/audit/contract.ts'
import { describeEvent, minute } from '../../../routes/account/describe-event.ts'

const at = '2026-11-24T10:05:59.999Z'
const textOf = (event: Partial<AuditEvent>) => describeEvent({ at, event: 'sign_in', ...event }).text

t.test('every event has a sentence, with the name of the app and nothing undefined', async (t) => {
  for (const event of eventNames) {
    const text = textOf({ event, clientName: 'Claude', tool: 'search', outcome: 'ok' })
    t.match(text, /^[A-Z][^.]+$/, event)
    t.notMatch(text, 'undefined', event)
  }
})

t.test('the minute, the address where there is one, and none of the ids', async (t) => {
  t.equal(minute(at), '2026-11-24 10:05')
  const event: AuditEvent = { at, event: 'sign_in', user: 'u', grant: 'g', account: 'hash', request: 'r' }
  t.same(describeEvent(event), { at: '2026-11-24 10:05', text: 'You signed in' })
  t.same(describeEvent({ ...event, address: '203.0.113.5' }).address, '203.0.113.5')
})

t.test('a person can tell what was done from what was tried', async (t) => {
  const call = { event: 'tool_call', clientName: 'Claude', tool: 'write' } as const
  t.equal(textOf({ ...call, outcome: 'ok' }), 'Claude called write')
  t.equal(textOf({ ...call, outcome: 'refused' }), 'Claude called write, which was over a limit')
  t.equal(textOf({ ...call, outcome: 'failed' }), 'Claude called write, and it failed')
  t.equal(textOf({ event: 'sign_in_failed', reason: 'present password' }), 'A wrong password was given on the account page')
  t.equal(textOf({ event: 'sign_in_failed', reason: 'credentials' }), 'A sign-in failed')
  for (const [reason, text] of [
    ['password', 'The password was changed'],
    ['address', 'The e-mail address was changed'],
    ['way added', 'A sign-in method was added'],
    ['way removed', 'A sign-in method was removed'],
    ['a reason of a later version', 'The account was changed'],
    [undefined, 'The account was changed']
  ] as const) {
    t.equal(textOf({ event: 'account_changed', reason }), text)
  }
})
