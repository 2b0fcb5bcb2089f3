// Services of CLIENTS: who they are, and what ends their tokens.
import t from 'tap'
import { isService, serviceOf, servicesOf } from '../../../plugins/oauth/services.ts'

const entry = {
  client_id: 'reports',
  client_name: 'Reports\u202e',
  client_secret: 'sixteen or more characters',
  grant_types: ['client_credentials' as const],
  redirect_uris: [],
  scope: 'mcp:read mcp:read',
  groups: ['finance']
}

t.test('a service is a caller of its own, with a name that can be shown, its groups and its scopes', async (t) => {
  t.match(serviceOf(entry), {
    user: { id: 'service:reports', name: 'Reports', groups: ['finance'] },
    scopes: ['mcp:read']
  })
  t.ok(isService(serviceOf(entry)!.user.id))
  t.notOk(isService('a7Yc2LmZp9Rt4Vb8Ny1Kc6'), 'a person')
  const { client_name: _, groups: __, ...bare } = entry
  t.same(serviceOf(bare)!.user, { id: 'service:reports', name: 'reports' })
  t.equal(JSON.stringify(serviceOf(entry)).includes(entry.client_secret), false, 'its secret stays where it is')
})

t.test('another secret, key or scope is another version; another name or group is not (SV-08)', async (t) => {
  const { version } = serviceOf(entry)!
  const { client_secret: _, ...unproven } = entry
  const key = { kty: 'EC' as const, x: 'a' }
  const others = [
    { ...entry, client_secret: 'another secret of it' },
    { ...entry, scope: 'mcp:read mcp:write' },
    { ...unproven, jwks: { keys: [key] } },
    { ...unproven, jwks: { keys: [{ ...key, x: 'b' }] } },
    { ...unproven, jwks_uri: 'https://app.example/jwks' }
  ].map((other) => serviceOf(other)!.version)
  t.equal(new Set([version, ...others]).size, 6)
  t.equal(serviceOf({ ...entry, client_name: 'R', groups: [] })!.version, version)
})

t.test('a client without the grant, without a proof or without a scope is no service (SV-05)', async (t) => {
  const { client_secret: _, ...unproven } = entry
  const { scope: __, ...unlimited } = entry
  const app = { ...entry, grant_types: ['authorization_code' as const] }
  for (const other of [unproven, unlimited, app]) t.equal(serviceOf(other), undefined)
  t.same([...servicesOf([entry, app, unproven]).keys()], ['reports'])
})
