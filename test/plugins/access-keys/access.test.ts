// What a key allows, for every state of the key and of its person.
import t from 'tap'
import { readKeyAccess, type KeyContext } from '../../../plugins/access-keys/access.ts'
import type { AccessKey } from '../../../plugins/access-keys/contract.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { parseEmail } from '../../../auth-backends/contract.ts'

const key: AccessKey = {
  id: 'k',
  hash: 'h',
  userId: 'u',
  name: 'n8n',
  scopes: ['mcp:read'],
  createdAt: 1_000,
  endsAt: 2_000
}
const email = parseEmail('ann@example.com')
const user: User = {
  id: 'u',
  identities: [
    { backend: 'local', subject: '1' },
    { backend: 'oidc', subject: '2' }
  ],
  backend: 'local',
  email,
  emailVerified: true,
  createdAt: 0,
  lastSignInAt: 0
}
const context: KeyContext = {
  now: 1_500,
  resource: 'https://mcp.example.com',
  backendsInUse: new Set(['local', 'oidc']),
  allowedEmails: [],
  describe: ({ id, email, emailVerified }) => ({ id, email: email!, emailVerified: emailVerified! })
}

t.test('a key stands for the person as they are now, within its scopes and until its end', async (t) => {
  t.strictSame(readKeyAccess(key, user, context), {
    grantId: 'k',
    isAccessKey: true,
    clientId: 'key:k',
    clientName: 'Access key n8n',
    user: { id: 'u', email, emailVerified: true },
    resource: 'https://mcp.example.com',
    scopes: ['mcp:read'],
    expiresAt: 2_000,
    backend: 'local',
    attempt: 'k'
  })
})

t.test('it works while one of the sign-in methods of its person is in use (AK-06)', async (t) => {
  t.match(
    readKeyAccess(key, user, { ...context, backendsInUse: new Set(['oidc']) }),
    { backend: 'oidc' }
  )
  t.equal(
    readKeyAccess(key, user, { ...context, backendsInUse: new Set(['supabase']) }),
    undefined
  )
})

t.test('it allows nothing after its end, or for a person who is gone, locked, expired or kept out (AK-05, AK-06)', async (t) => {
  const refused: Array<[string, AccessKey | undefined, User | undefined, Partial<KeyContext>]> = [
    ['no key', undefined, user, {}],
    ['its end', key, user, { now: 2_000 }],
    ['made by a sign-in method that was removed since', { ...key, backend: 'github' }, user, { backendsInUse: new Set(['local', 'github']) }],
    ['no person', key, undefined, {}],
    ['locked', key, { ...user, locked: true }, {}],
    ['expired', key, { ...user, endsAt: 1_500 }, {}],
    ['not on the list', key, user, { allowedEmails: ['@other.example'] }],
    ['an address that is not proven', key, { ...user, emailVerified: false }, { allowedEmails: ['@example.com'] }]
  ]
  for (const [what, of, by, more] of refused) t.equal(readKeyAccess(of, by, { ...context, ...more }), undefined, what)
  for (const backend of ['local', 'oidc']) t.ok(readKeyAccess({ ...key, backend }, user, context), `made by ${backend}`)
  t.ok(
    readKeyAccess(key, user, { ...context, now: 1_999, allowedEmails: ['@example.com'] }),
    'a second before'
  )
})
