// The allow-list of addresses.
import t from 'tap'
import { isAllowed } from '../../../plugins/accounts/user-record.ts'

t.test('ALLOWED_EMAILS', async (t) => {
  const list = ['ann@example.com', '@example.org']
  for (const [email, emailVerified, may] of [
    ['ann@example.com', true, true],
    ['ann@example.com', undefined, true],
    ['ann@example.com', false, false],
    ['joann@example.com', true, false],
    ['ann@example.com.evil.example', true, false],
    ['ann@example.co', true, false],
    ['bob@example.com', true, false],
    ['bob@example.org', true, true],
    ['bob@example.org', false, false],
    ['bob@sub.example.org', true, false],
    ['bob@evilexample.org', true, false],
    ['bob@example.org@evil.example', true, false],
    [' ANN@Example.com ', true, true],
    [undefined, undefined, false],
    [undefined, true, false],
    ['', true, false],
    ['@example.org', true, true]
  ] as const) {
    t.equal(
      isAllowed(list, { ...(email !== undefined && { email }), ...(emailVerified !== undefined && { emailVerified }) }),
      may,
      `${String(email)} ${String(emailVerified)}`
    )
  }
  t.equal(isAllowed([], {}), true, 'without a list everybody may')
})
