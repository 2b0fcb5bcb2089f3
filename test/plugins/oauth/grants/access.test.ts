// What an access token allows, read from its grant at every use.
import t from 'tap'
import { readAccess } from '../../../../plugins/oauth/grants/access.ts'
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'

const TOKEN = 'mcp_at_token'
const reporting = { user: { id: 'service:reports', name: 'Reports', groups: ['finance'] }, scopes: ['mcp:read'], version: 'v2' }
const context = {
  now: 1_000,
  resource: 'https://mcp.example.com',
  backendsInUse: new Set(['local']),
  services: new Map([['reports', reporting]])
}
const grant = {
  id: 'g',
  clientId: 'c',
  clientName: 'Claude',
  user: { id: 'ann' },
  backend: 'local',
  scopes: ['mcp:read', 'mcp:write'],
  resource: context.resource,
  accessTokens: { [hashSecret(TOKEN)]: { scopes: ['mcp:read'], expiresAt: 1_001 } },
  attempt: 'a'
} as unknown as Grant

t.test('a live token allows what it was issued with, which may be less than its grant', async (t) => {
  t.same(readAccess(grant, TOKEN, context), {
    grantId: 'g',
    clientId: 'c',
    clientName: 'Claude',
    user: { id: 'ann' },
    backend: 'local',
    scopes: ['mcp:read'],
    resource: context.resource,
    expiresAt: 1_001,
    attempt: 'a'
  })
  t.equal(readAccess({ ...grant, backendSession: 's' }, TOKEN, context)!.backendSession, 's')
})

t.test('what is missing, over, for another resource or by a backend that is gone allows nothing', async (t) => {
  t.equal(readAccess(undefined, TOKEN, context), undefined)
  t.equal(readAccess(grant, `${TOKEN}x`, context), undefined)
  t.equal(readAccess(grant, hashSecret(TOKEN), context), undefined, 'what is stored is no token')
  t.equal(readAccess(grant, TOKEN, { ...context, now: 1_001 }), undefined, 'at its second')
  t.equal(readAccess(grant, TOKEN, { ...context, resource: 'https://old.example.com' }), undefined)
  t.equal(readAccess(grant, TOKEN, { ...context, backendsInUse: new Set(['demo']) }), undefined)
})

t.test('what a tool does to its scopes changes nothing of the grant', async (t) => {
  readAccess(grant, TOKEN, context)!.scopes.push('mcp:write')
  t.same(readAccess(grant, TOKEN, context)!.scopes, ['mcp:read'])
})

const ofService = { ...grant, clientId: 'reports', user: { id: 'service:reports', name: 'Old' }, backend: 'service', service: 'v2' }

t.test('a service is who CLIENTS says it is now, whatever was true when its token was issued', async (t) => {
  const { user } = readAccess(ofService, TOKEN, context)!
  t.same(user, { id: 'service:reports', name: 'Reports', groups: ['finance'] })
  Object.assign(user, { id: 'ann' })
  t.equal(readAccess(ofService, TOKEN, context)!.user.id, 'service:reports', 'what is done to it stays with it')
})

t.test('the token of a service that is gone, or has another secret, key or scope, allows nothing (SV-08)', async (t) => {
  t.equal(readAccess(ofService, TOKEN, { ...context, services: new Map() }), undefined)
  t.equal(readAccess({ ...ofService, service: 'v1' }, TOKEN, context), undefined)
  t.equal(readAccess({ ...ofService, clientId: 'c' }, TOKEN, context), undefined)
  const named = { ...context, services: new Map(), backendsInUse: new Set(['service']) }
  t.equal(readAccess(ofService, TOKEN, named), undefined, 'a backend of that name changes nothing')
})
