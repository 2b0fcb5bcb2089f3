// How an attempt to connect is told to the operator.
import t from 'tap'
import { describeAttempt, readAttempts } from '../../../../plugins/observability/audit/attempts.ts'
import { eventNames, type AuditEvent, type EventName } from '../../../../plugins/observability/audit/contract.ts'

const at = (minute: number): string => `2026-11-24T10:${String(minute).padStart(2, '0')}:00.000Z`
const told = async (...events: AuditEvent[]): Promise<string[]> =>
  (
    await readAttempts(
      (async function * () {
        yield * events
      })()
    )
  ).map(describeAttempt)
const event = (attempt: string | undefined, name: EventName, more: Partial<AuditEvent> = {}): AuditEvent => ({
  at: at(5),
  event: name,
  attempt,
  address: '203.0.113.5',
  ...more
})

t.test('each attempt in the order in which it began, with its app and where it ended', async (t) => {
  t.same(
    await told(
      event('a', 'challenge', { at: at(1) }),
      event('b', 'challenge', { at: at(2), address: '198.51.100.7' }),
      event(undefined, 'tool_call'),
      event('a', 'registration', { clientName: 'ChatGPT' }),
      event('a', 'authorization', { clientName: 'ChatGPT' }),
      event('a', 'consent'),
      event('a', 'token'),
      event('a', 'connected'),
      event('b', 'registration_refused', { reason: 'invalid_redirect_uri' })
    ),
    [
      '2026-11-24 10:01  a  connected  ChatGPT  203.0.113.5',
      '2026-11-24 10:02  b  stopped at registration_refused: invalid_redirect_uri  (no name yet)  198.51.100.7\n    What it sent when it registered was refused: docs/errors.md explains the reason.'
    ]
  )
})

t.test('one that was connected before says so', async (t) => {
  t.match(await told(event('a', 'connected'), event('a', 'denial')), [
    / {2}connected, then stopped at denial {2}.*\n {4}The person said no\.$/
  ])
})

t.test('whatever comes last in an attempt, it says what to do', async (t) => {
  const steps = eventNames.slice(0, eventNames.indexOf('connected'))
  for (const name of steps) t.match(await told(event('a', name)), [/\n {4}\S.{15,}/], name)
})

t.test('what an app calls itself changes nothing at the terminal (CL-09)', async (t) => {
  const [line] = await told(
    event('a', 'authorization', {
      clientName: 'Good\u001b[2K\r2026-11-24 10:00  b  connected  Claude\n\u001b]0;owned\u0007\u202e',
      address: '203.0.113.5'
    })
  )
  t.match(line, /^2026-11-24 10:05 {2}a {2}stopped at authorization {2}Good\\u\{1b\}\[2K\\u\{d\}/)
  t.equal(line!.split('\n').length, 2)
  t.notMatch(line!.replaceAll('\n', ''), /\p{C}/u)
})

t.test('people and apps behind one address are told apart, so that no failure hides behind a success', async (t) => {
  const two = { client: 'two', clientName: 'Second' }
  const lines = await told(
    event('a', 'challenge'),
    event('a', 'authorization', { client: 'one', clientName: 'ChatGPT' }),
    event('a', 'sign_in_failed', { client: 'one', reason: 'credentials' }),
    event('a', 'authorization', { client: 'one', clientName: 'ChatGPT' }),
    event('a', 'authorization', two),
    event('a', 'sign_in', { client: 'one', user: 'bob' }),
    event('a', 'consent', { client: 'one', user: 'bob' }),
    event('a', 'token', { client: 'one', user: 'bob' }),
    event('a', 'connected', { client: 'one', user: 'bob' })
  )
  t.match(lines, [
    /stopped at sign_in_failed: credentials {2}ChatGPT {2}203\.0\.113\.5\n/,
    /connected {2}ChatGPT {2}203\.0\.113\.5 {2}bob$/,
    /stopped at authorization {2}Second/
  ])
  t.equal(lines.length, 3)
})
