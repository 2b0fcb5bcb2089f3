// What an access token allows: until its end to the second, and only at the server it was issued for (threats A6, GR-01).
import t from 'tap'
import { readAccess } from '../../../../plugins/oauth/grants/access.ts'
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'

const grant = {
  id: 'g',
  clientId: 'c',
  clientName: 'App',
  user: { id: 'ann' },
  backend: 'local',
  scopes: ['mcp:read'],
  resource: 'https://mcp.example.com',
  accessTokens: { [hashSecret('token')]: { scopes: ['mcp:read'], expiresAt: 1_000 } },
  attempt: 'a'
} as unknown as Grant
const context = { now: 999, resource: grant.resource, backendsInUse: new Set(['local']) }

t.test('a token counts until its end, at its own server, and by a backend that is in use (A6, GR-01)', async (t) => {
  t.match(readAccess(grant, 'token', context), { grantId: 'g', user: { id: 'ann' } })
  t.equal(readAccess(grant, 'token', { ...context, now: 1_000 }), undefined, 'not at the second of its end')
  t.equal(readAccess(grant, 'token', { ...context, resource: 'https://other.example' }), undefined)
  t.equal(readAccess(grant, 'token', { ...context, backendsInUse: new Set(['demo']) }), undefined)
  t.equal(readAccess(grant, 'another', context), undefined)
})
