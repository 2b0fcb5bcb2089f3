// Which events share a bound, and what one person's share of it is (threats GR-11, GR-12, OW-06).
import t from 'tap'
import { createClassifier, MAX_EVENTS } from '../../../../plugins/observability/audit/event-classes.ts'
import { eventNames, type AuditEvent, type EventName } from '../../../../plugins/observability/audit/contract.ts'
import { newClient, tokensFor } from '../../../helpers/oauth.ts'
import { storageTest } from '../../../helpers/storages.ts'

/** Without credentials, or as somebody else each time. */
const STRANGERS: EventName[] = [
  'challenge',
  'discovery',
  'registration',
  'registration_refused',
  'authorization',
  'authorization_refused',
  'sign_in_failed',
  'sign_up',
  'token_refused',
  'limit',
  'host_refused'
]
const START = Date.UTC(2026, 10, 23)
const event = (name: EventName, more: Partial<AuditEvent> = {}, second = 0): AuditEvent => ({
  at: new Date(START + second * 1_000).toISOString(),
  event: name,
  ...more
})

t.test('each event has a class, and what a stranger can cause is in none with what a person did (GR-11)', async (t) => {
  const classOf = createClassifier(
    () => 0,
    (backend) => backend === 'demo'
  )
  const byName = new Map(eventNames.map((name) => [name, classOf(event(name))]))
  t.same(eventNames.filter((name) => byName.get(name) === 'public').sort(), [...STRANGERS].sort())
  t.same(
    eventNames.filter((name) => byName.get(name) === 'calls'),
    ['tool_call']
  )
  t.same(
    eventNames.filter((name) => byName.get(name) === 'tokens'),
    ['refresh', 'retry']
  )
  t.equal(
    classOf(event('consent', { user: 'u', backend: 'demo' })), 'public',
    'anybody may be a demo user'
  )
  t.equal(classOf(event('consent', { user: 'u', backend: 'local' })), 'security')
})

t.test('one person has a share of the security events in an hour, and takes nothing from others (GR-12, OW-09)', async (t) => {
  let now = 0
  const classOf = createClassifier(
    () => now,
    () => false
  )
  const classes = (user: string | undefined, count: number) =>
    Array.from({ length: count }, () => classOf(event('consent', { user })))
  t.same([...new Set(classes('busy', 200))], ['security'])
  t.same(
    [...new Set(classes('busy', 50))], ['excess'],
    'beyond it they push out nothing but their like'
  )
  t.same(classes('quiet', 1), ['security'])
  const refreshes = Array.from({ length: MAX_EVENTS.tokens + 1 }, () => classOf(event('refresh', { user: 'busy' })))
  t.same(
    [refreshes.at(-2), refreshes.at(-1)], ['tokens', 'excess'],
    'refreshes have a share, too (OW-06)'
  )
  t.equal(classOf(event('refresh', { user: 'quiet' })), 'tokens')
  const calls = Array.from({ length: MAX_EVENTS.calls + 1 }, () => classOf(event('tool_call', { address: '192.0.2.1' })))
  t.same(
    [calls.at(-2), calls.at(-1)], ['calls', 'excess'],
    'without a sign-in, each address has one'
  )
  t.same([...new Set(classes(undefined, 300))], ['security'], 'the operator has no share')
  const strangers = (address: string, count: number) =>
    Array.from({ length: count }, () => classOf(event('authorization', { address })))
  t.equal(
    strangers('192.0.2.2', MAX_EVENTS.public + 1).at(-1), 'excess',
    'nor does an address that floods (CN-04)'
  )
  t.same(strangers('192.0.2.3', 1), ['public'])
  const networks = Array.from(
    { length: MAX_EVENTS.public + 1 },
    (_, n) => strangers(`2001:db8:1:${n}::`, 1)[0]
  )
  t.same(networks.slice(-2), ['public', 'excess'])
  t.same(strangers('2001:db8:2::', 1), ['public'])
  const deletions = (address: string, by?: string) =>
    Array.from({ length: MAX_EVENTS.security + 1 }, () => classOf(event('account_deleted', { address, ...(by && { by }) })))
  t.same(
    deletions('192.0.2.4').slice(-2), ['security', 'excess'],
    'whoever deletes their account and comes again, as somebody new each time, has one too'
  )
  t.same([...new Set(deletions('192.0.2.4', 'an owner'))], ['security'])
  now += 3_600
  t.same(classes('busy', 1), ['security'])
})

storageTest("a thief with a token cannot push the sign-in out of the person's activity (GR-12)", async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url)
  await tokensFor(url, client)
  const { id } = (await Array.fromAsync(app.signIn.lifecycle.all()))[0]!
  for (let n = 0; n < 1_020; n++) app.audit.note('tool_call', { user: id, tool: 'calculate', outcome: 'ok' })
  const shown = await app.audit.ofUser(id, 20)
  for (const name of ['sign_in', 'consent', 'token', 'tool_call'] as const) {
    t.ok(
      shown.some(({ event }) => event === name),
      name
    )
  }
})
