// CLIENTS: which clients the operator may register, and what the message says about the others.
import t from 'tap'
import { clients } from '../../config/clients.ts'

const URI = 'https://app.example/callback'
const SECRET = 'sixteen or more characters'
const app = { client_id: 'app', redirect_uris: [URI] }
const service = { client_id: 'reports', client_secret: SECRET, grant_types: ['client_credentials'], scope: 'mcp:read' }
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const read = (...entries: unknown[]) => clients.safeParse(JSON.stringify(entries))

t.test('an app gets what it had before there were services; a service needs no redirect URI', async (t) => {
  t.same(read(app).data, [{ ...app, grant_types: ['authorization_code', 'refresh_token'] }])
  t.same(read(service).data, [{ ...service, redirect_uris: [] }])
  const both = { ...service, redirect_uris: [URI], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] }
  const { client_secret: _, ...bare } = { ...service, groups: ['finance'] }
  for (const entry of [both, { ...bare, jwks: { keys: [key] } }, { ...bare, jwks_uri: 'https://app.example/jwks' }]) {
    t.ok(read(entry).success, JSON.stringify(entry))
  }
})

t.test('a client that could not work, or that anyone could be, is refused with what to change (SV-05)', async (t) => {
  const { client_secret: _, ...unproven } = service
  const { scope: __, ...unlimited } = service
  const cases: Array<[object, RegExp]> = [
    [unproven, /client 1\.grant_types: client_credentials needs client_secret, jwks or jwks_uri/],
    [{ ...service, client_secret: 'short' }, /client 1\.client_secret: write at least 16/],
    [{ ...service, jwks: { keys: [key] } }, /client_secret: write one of/],
    [{ ...unproven, jwks: { keys: [{ ...key, d: 'secret part' }] } }, /jwks\.keys\.0: this is a private key/],
    [{ ...unproven, jwks: { keys: [{ kty: 'oct', k: 'shared' }] } }, /jwks\.keys\.0\.kty: write RSA, EC or OKP/],
    [{ ...unproven, jwks: { keys: [] } }, /jwks\.keys: /],
    [{ ...unproven, jwks_uri: 'http://app.example/jwks' }, /jwks_uri: write the https address/],
    [unlimited, /scope: write what the service may do/],
    ...['openid', 'mcp:read offline_access', 'mcp:read  mcp:write', ''].map(
      (scope): [object, RegExp] => [{ ...service, scope }, /scope: write mcp:read, mcp:write/]
    ),
    [{ ...service, redirect_uris: [URI] }, /redirect_uris: nothing uses them/],
    [{ ...service, grant_types: ['authorization_code', 'client_credentials'] }, /redirect_uris: write at least one/],
    [{ ...service, grant_types: ['client_credentials', 'refresh_token'] }, /grant_types: write authorization_code with/],
    [{ ...service, grant_types: ['password'] }, /grant_types\.0: /],
    [{ ...service, grant_types: [] }, /grant_types: write authorization_code with/],
    [{ ...app, redirect_uris: [] }, /redirect_uris: write at least one/],
    [{ ...app, scope: 'mcp:read' }, /scope: only for client_credentials/],
    [{ ...app, groups: ['finance'] }, /groups: only for client_credentials/],
    [{ ...app, client_id: 'two words' }, /client_id: /],
    [{ ...app, secret: SECRET }, /secret/]
  ]
  for (const [entry, message] of cases) {
    const { error } = read(entry)
    t.match(error?.message, message, JSON.stringify(entry))
    t.notMatch(error?.message, /sixteen or|secret part|shared/, 'no value is shown')
  }
})

t.test('what is no list, and the same id twice, are refused; every entry with a fault is named by its place', async (t) => {
  for (const text of ['my-app', '{}', '[']) t.match(clients.safeParse(text).error?.message, /write a JSON list/, text)
  t.match(read(app, { ...app }).error?.message, /two clients have the same client_id/)
  const { error } = read(app, { client_id: 'b' }, { client_id: 'c' })
  t.match(error?.message, /client 2\.redirect_uris[\s\S]*client 3\.redirect_uris/)
})

t.test('no member of a private or shared key is taken, whatever the kind of the key (SV-05)', async (t) => {
  const { client_secret: _, ...unproven } = service
  for (const kty of ['RSA', 'EC', 'OKP']) {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
      const { error } = read({ ...unproven, jwks: { keys: [key, { ...key, kty, [member]: '' }] } })
      t.match(
        error?.message,
        /jwks\.keys\.1: this is a private key/,
        `${kty} ${member}`
      )
    }
    t.ok(read({ ...unproven, jwks: { keys: [{ ...key, kty, n: 'n', e: 'AQAB', kid: 'k', alg: 'x', use: 'sig', key_ops: ['verify'], x5c: [] }] } }).success)
  }
})

t.test('one proof of a service, and one only (SV-05)', async (t) => {
  const proofs = { client_secret: SECRET, jwks: { keys: [key] }, jwks_uri: 'https://app.example/jwks' }
  const { client_secret: _, ...unproven } = service
  const names = Object.keys(proofs) as Array<keyof typeof proofs>
  for (let chosen = 0; chosen < 8; chosen++) {
    const some = names.filter((_, index) => chosen & (1 << index))
    const entry = { ...unproven, ...Object.fromEntries(some.map((name) => [name, proofs[name]])) }
    t.equal(read(entry).success, some.length === 1, some.join())
  }
})
