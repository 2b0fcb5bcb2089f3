// The documents a client finds the server by: every spelling, true in each word, and the same whatever a request claims
// (threats MD; RFC 9728, RFC 8414).
import { storageTest } from '../helpers/storages.ts'

const spellings = [
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/mcp',
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/mcp',
  '/mcp/.well-known/openid-configuration',
  '/mcp/.well-known/oauth-authorization-server',
  '/mcp/.well-known/oauth-protected-resource',
  '/token/.well-known/openid-configuration'
].flatMap((path) => [path, `${path}/`])
const lies = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-server': 'evil.example',
  'x-original-host': 'evil.example',
  forwarded: 'host=evil.example;proto=ftp',
  'x-forwarded-proto': 'ftp'
}

storageTest('the documents (MD-01, MD-02, MD-03, MD-04)', async (t, start) => {
  const { url } = await start()
  for (const path of spellings) {
    const response = await fetch(url + path, { headers: lies })
    t.equal(response.status, 200, path)
    t.match(response.headers.get('content-type'), 'application/json')
    const document = (await response.json()) as Record<string, unknown>
    t.notMatch(JSON.stringify(document), 'evil.example', `${path} (MD-03)`)
    if (path.includes('protected-resource')) {
      t.match(
        document,
        {
          resource: path.includes('/mcp') ? `${url}/mcp` : url,
          authorization_servers: [url],
          bearer_methods_supported: ['header']
        },
        `${path} (MD-01)`
      )
      t.same(
        document['scopes_supported'],
        ['mcp:read', 'mcp:write'],
        "offline_access is not the resource's to ask (MD-01)"
      )
    } else {
      t.match(
        document,
        {
          issuer: url,
          authorization_response_iss_parameter_supported: true,
          client_id_metadata_document_supported: true
        },
        `${path} (MD-02)`
      )
      t.same(
        [
          document['code_challenge_methods_supported'],
          document['response_types_supported'],
          document['grant_types_supported']
        ],
        [['S256'], ['code'], ['authorization_code', 'refresh_token']]
      )
      for (const [name, value] of Object.entries(document)) { if (/_endpoint$|_uri$/.test(name)) t.ok((value as string).startsWith(`${url}/`), `${name} (MD-02)`) }
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) { t.match((await fetch(url + path, { method })).status, /^40[45]$/, `${method} ${path} (MD-04)`) }
  }
  t.equal((await fetch(`${url}/.well-known/nothing`)).status, 404, 'a path there is not (MD-04)')
})

storageTest('the challenge names the document (MD-01, MD-03)', async (t, start) => {
  const { url } = await start()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...lies },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
  })
  const metadata = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate')!)![1]!
  t.equal(metadata, `${url}/.well-known/oauth-protected-resource`)
  t.match(await (await fetch(metadata)).json(), { resource: url })
})

storageTest("paths that lead nowhere, and other people's pages (MD-05, MD-06)", async (t, start) => {
  const { url } = await start()
  for (const path of [
    '/.env',
    '/views/login.eta',
    '/package.json',
    '/data/oauth.db',
    '/..%2f..%2fetc%2fpasswd',
    '/%',
    '/%00',
    '/..;/',
    '//evil.example/',
    '/\\evil.example'
  ]) {
    const response = await fetch(url + path, { redirect: 'manual' })
    t.match(
      { status: response.status, location: response.headers.get('location') },
      { status: /^4\d\d$/, location: null },
      `${path} (MD-05)`
    )
  }
  const preflight = (path: string, origin: string) =>
    fetch(url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = async (path: string, origin: string) =>
    (await preflight(path, origin)).headers.get('access-control-allow-origin')
  for (const path of ['/token', '/register', '/', '/revoke', '/introspect', '/userinfo']) {
    t.equal(await allowed(path, 'https://evil.example'), null, `${path} (MD-06)`)
    t.equal(await allowed(path, 'null'), null)
    t.equal(await allowed(path, 'https://chatgpt.com'), 'https://chatgpt.com', `K12: ${path}`)
    t.equal((await preflight(path, 'https://chatgpt.com')).headers.get('access-control-allow-credentials'), null)
  }
  for (const path of ['/authorize', '/login', '/consent', '/account']) { t.equal(await allowed(path, 'http://localhost:6274'), null, `${path} (MD-06)`) }
  t.equal(
    await allowed('/token', 'http://localhost:6274'),
    'http://localhost:6274',
    'K12: the Inspector on this computer'
  )
})
