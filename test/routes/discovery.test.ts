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

storageTest('MD-01, MD-02, MD-03, MD-04: the documents', async (t, start) => {
  const { url } = await start()
  for (const path of spellings) {
    const response = await fetch(url + path, { headers: lies })
    t.equal(response.status, 200, path)
    t.match(response.headers.get('content-type'), 'application/json')
    const document = (await response.json()) as Record<string, unknown>
    t.notMatch(JSON.stringify(document), 'evil.example', `MD-03: ${path}`)
    if (path.includes('protected-resource')) {
      t.match(
        document,
        {
          resource: path.includes('/mcp') ? `${url}/mcp` : url,
          authorization_servers: [url],
          bearer_methods_supported: ['header']
        },
        `MD-01: ${path}`
      )
      t.same(
        document['scopes_supported'],
        ['mcp:read', 'mcp:write'],
        "MD-01: offline_access is not the resource's to ask"
      )
    } else {
      t.match(
        document,
        {
          issuer: url,
          authorization_response_iss_parameter_supported: true,
          client_id_metadata_document_supported: true
        },
        `MD-02: ${path}`
      )
      t.same(
        [
          document['code_challenge_methods_supported'],
          document['response_types_supported'],
          document['grant_types_supported']
        ],
        [['S256'], ['code'], ['authorization_code', 'refresh_token']]
      )
      for (const [name, value] of Object.entries(document)) { if (/_endpoint$|_uri$/.test(name)) t.ok((value as string).startsWith(`${url}/`), `MD-02: ${name}`) }
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) { t.match((await fetch(url + path, { method })).status, /^40[45]$/, `MD-04: ${method} ${path}`) }
  }
  t.equal((await fetch(`${url}/.well-known/nothing`)).status, 404, 'MD-04: a path there is not')
})

storageTest('MD-01, MD-03: the challenge names the document', async (t, start) => {
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

storageTest("MD-05, MD-06: paths that lead nowhere, and other people's pages", async (t, start) => {
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
      `MD-05: ${path}`
    )
  }
  const preflight = (path: string, origin: string) =>
    fetch(url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = async (path: string, origin: string) =>
    (await preflight(path, origin)).headers.get('access-control-allow-origin')
  for (const path of ['/token', '/register', '/', '/revoke', '/introspect', '/userinfo']) {
    t.equal(await allowed(path, 'https://evil.example'), null, `MD-06: ${path}`)
    t.equal(await allowed(path, 'null'), null)
    t.equal(await allowed(path, 'https://chatgpt.com'), 'https://chatgpt.com', `K12: ${path}`)
    t.equal((await preflight(path, 'https://chatgpt.com')).headers.get('access-control-allow-credentials'), null)
  }
  for (const path of ['/authorize', '/login', '/consent', '/account']) { t.equal(await allowed(path, 'http://localhost:6274'), null, `MD-06: ${path}`) }
  t.equal(
    await allowed('/token', 'http://localhost:6274'),
    'http://localhost:6274',
    'K12: the Inspector on this computer'
  )
})
