// Clients made of a description: an entry of CLIENTS, or a metadata document.
import t from 'tap'
import { JWT_BEARER } from '../../../../plugins/oauth/clients/contract.ts'
import { fromDocument, fromOperator } from '../../../../plugins/oauth/clients/described.ts'
import type { ClientDocument } from '../../../../plugins/oauth/clients/metadata-document.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'

const OWN = 'https://mcp.example.com'
const RULES = { ownOrigin: OWN, privateUse: [] }
const URI = 'https://app.example/callback'
const entry = { client_id: 'my-app', grant_types: ['authorization_code' as const], redirect_uris: [URI] }
const document: ClientDocument = {
  client_id: 'https://app.example/client.json',
  client_name: 'App',
  redirect_uris: [URI],
  grant_types: ['authorization_code']
}

t.test('of the operator\'s secret only the hash is held, and without one there is none', async (t) => {
  const client = fromOperator({ ...entry, client_secret: 's3cret' }, RULES)
  t.match(client, { id: 'my-app', name: 'my-app', kind: 'operator', secretHash: hashSecret('s3cret') })
  t.notMatch(JSON.stringify(client), 's3cret')
  t.equal('secretHash' in fromOperator(entry, RULES), false)
})

t.test('a service needs no redirect URI, and proves itself with its secret or its keys alone', async (t) => {
  const terms = { client_id: 'reports', grant_types: ['client_credentials' as const], redirect_uris: [], scope: 'mcp:read' }
  const bySecret = fromOperator({ ...terms, client_secret: 's3cret' }, RULES)
  t.match(bySecret, { grantTypes: ['client_credentials'], service: { user: { id: 'service:reports' } } })
  t.equal(bySecret.onlyRedirectUri(), undefined)
  t.notMatch(JSON.stringify(bySecret), 's3cret')
  t.equal(bySecret.redirectUriProblem(URI), 'is not one it has registered')
  const byAddress = fromOperator({ ...terms, jwks_uri: 'https://app.example/jwks' }, RULES)
  t.same(byAddress.assertion, { jwksUri: 'https://app.example/jwks', isAllowed: true, required: true })
  t.equal(byAddress.secretHash, undefined)
  t.equal(fromOperator({ ...terms }, RULES).service, undefined, 'without a proof it is none (SV-05)')
})

t.test('an app of the operator that proves itself may bring what an organization says', async (t) => {
  const proofs = [{ client_secret: 's3cret' }, { jwks_uri: 'https://app.example/jwks' }]
  for (const proof of proofs) {
    const app = fromOperator({ ...entry, ...proof }, RULES)
    t.ok(app.grantTypes.includes(JWT_BEARER))
    const service = { ...entry, ...proof, grant_types: ['client_credentials' as const] }
    t.notOk(fromOperator(service, RULES).grantTypes.includes(JWT_BEARER))
  }
  t.notOk(fromOperator(entry, RULES).grantTypes.includes(JWT_BEARER))
})

t.test('keys that cannot be used stop the start, and the client is named (SV-05)', async (t) => {
  const jwks = { keys: [{ kty: 'EC' as const, crv: 'secp256k1', x: 'a', y: 'b' }] }
  t.throws(() => fromOperator({ ...entry, jwks }, RULES), { message: /^CLIENTS: no key in the jwks of my-app can be used/ })
})

t.test('a redirect URI that no client may have stops the start, and names the client', async (t) => {
  for (const uri of ['http://app.example/callback', `${OWN}/callback`, 'https://*.example/', `${URI}#a`]) {
    t.throws(
      () => fromOperator({ ...entry, redirect_uris: [URI, uri] }, RULES),
      { message: /^CLIENTS: the redirect URI .* of my-app / },
      uri
    )
  }
})

t.test('every client gets refresh tokens; only a single redirect URI can be left out', async (t) => {
  const one = fromDocument(document, false, RULES)
  t.same(one.grantTypes, ['authorization_code', 'refresh_token', JWT_BEARER])
  t.equal(one.onlyRedirectUri(), URI)
  const two = fromDocument({ ...document, redirect_uris: [URI, 'http://localhost/callback'] }, false, RULES)
  t.equal(two.onlyRedirectUri(), undefined)
  for (const [uri, isOwned] of [
    [URI, true],
    [`${URI}?a`, false],
    [`${URI}/`, false],
    ['https://app.example:8443/callback', false],
    ['http://localhost:4000/callback', true],
    ['http://localhost:4000/other', false],
    ['http://127.0.0.1:4000/callback', false]
  ] as const) {
    t.equal(two.redirectUriProblem(uri) === undefined, isOwned, uri)
  }
})

t.test('assertions are required where the document offers nothing else, and never without private_key_jwt', async (t) => {
  const assertionOf = (more: Partial<ClientDocument>, isAllowed = false) =>
    fromDocument({ ...document, jwks_uri: 'https://app.example/jwks', ...more }, isAllowed, RULES).assertion
  t.equal(assertionOf({}), undefined)
  t.same(assertionOf({ token_endpoint_auth_method: 'private_key_jwt' }, true), {
    jwksUri: 'https://app.example/jwks',
    isAllowed: true,
    required: true
  })
  const methods = ['none', 'private_key_jwt']
  t.match(assertionOf({ token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_methods_supported: methods }), {
    required: false,
    isAllowed: false
  })
})

t.test('a name that shows nothing becomes that of the host', async (t) => {
  t.equal(fromDocument({ ...document, client_name: '\u200b\u202e' }, false, RULES).name, 'app.example')
  t.equal(fromDocument({ ...document, client_uri: 'https://app.example/' }, false, RULES).uri, 'https://app.example/')
})
