// What a registration may say of a client: anything else is refused, and nothing is stored (threats RG; RFC 7591 §2).
import { CALLBACK, newClient, register } from '../../../helpers/oauth.ts'
import t from 'tap'
import { readRegistration } from '../../../../plugins/oauth/clients/registration.ts'
import { startServer } from '../../../helpers/server.ts'
import { storageTest } from '../../../helpers/storages.ts'

storageTest('redirect URIs (RG-01 to RG-06, RG-08)', async (t, start) => {
  const server = await start()
  const { url } = server
  const uris: Record<string, string[]> = {
    'RG-01': [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      'java\tscript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      'blob:https://x/y',
      'about:blank'
    ],
    'RG-02': [
      'http://client.example/cb',
      'http://127.0.0.1.evil.example/cb',
      'http://10.0.0.1/cb',
      'http://169.254.169.254/cb',
      'myapp://cb',
      ...['2', '/x', '?x=1', '/'].map((more) => `cursor://anysphere.cursor-mcp/oauth/callback${more}`)
    ],
    'RG-03': ['https://app.example/cb#', 'https://app.example/cb#f', '/cb', '//app.example/cb', 'cb', ''],
    'RG-04': ['https://*.example/cb', 'https://*/cb'],
    'RG-06': ['https://user@app.example/cb', 'https://user:pass@app.example/cb', 'https://@app.example/cb'],
    'RG-08': [`https://app.example/${'x'.repeat(20_000)}`],
    'AZ-07': ['https://app.example/a/../b'],
    'AZ-35': [`${url}/login`]
  }
  for (const [id, all] of Object.entries(uris)) {
    for (const uri of all) {
      t.match(
        await register(url, { redirect_uris: [uri] }),
        { status: 400, body: { error: 'invalid_redirect_uri' } },
        `${id}: ${uri.slice(0, 60)}`
      )
    }
  }
  for (const bad of [undefined, [], {}, 'x', [null], [123], [[]], { 0: CALLBACK, length: 1 }]) {
    t.match(
      await register(url, { redirect_uris: bad }),
      { status: 400, body: { error: 'invalid_redirect_uri' } },
      `${JSON.stringify(bad)} (RG-05)`
    )
  }
  t.match(
    await register(url, { redirect_uris: Array.from({ length: 1000 }, (_, index) => `https://app.example/${index}`) }),
    { status: 400, body: { error: 'invalid_redirect_uri' } },
    'a thousand (RG-08)'
  )
  t.same(await Array.fromAsync(server.app.storage.collection('client').all()), [], 'nothing was kept')
  t.match(
    await register(url, { redirect_uris: Object.values(uris).flat().slice(0, 9).concat(CALLBACK) }),
    { status: 201, body: { redirect_uris: [CALLBACK] } },
    'those that cannot be used are left out beside one that can (RFC 7591 §3.2.1)'
  )
  for (const uri of [
    'http://127.0.0.1:4000/cb',
    'http://localhost/cb',
    'http://[::1]:1/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback'
  ]) { t.equal((await register(url, { redirect_uris: [CALLBACK, uri] })).status, 201, `RG-02, R12: ${uri}`) }
})

storageTest('everything else of the metadata (RG-07, RG-09, RG-10, RG-12, RG-14, RG-16)', async (t, start) => {
  const server = await start()
  const { url } = server
  const cases: Array<[string, object]> = [
    ['RG-09', { token_endpoint_auth_method: 'magic' }],
    ['RG-09', { grant_types: ['password'] }],
    ['RG-09', { grant_types: ['implicit', 'client_credentials'] }],
    ['RG-09', { grant_types: 'x' }],
    ['RG-09', { response_types: ['token'] }],
    ['RG-09', { client_name: 5 }],
    ['RG-09', { application_type: 'desktop' }],
    ['RG-08', { client_name: 'x'.repeat(5000) }],
    ...['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri'].flatMap((name) =>
      [7, {}, `https://x.example/${'x'.repeat(3000)}`].map((value): [string, object] => ['RG-12', { [name]: value }])
    )
  ]
  for (const [id, more] of cases) {
    t.match(
      await register(url, { redirect_uris: [CALLBACK], ...more }),
      { status: 400, body: { error: 'invalid_client_metadata' } },
      `${id}: ${JSON.stringify(more).slice(0, 60)}`
    )
  }
  for (const body of ['null', '[]', '3', '"x"', '{"redirect_uris":', '', `${'['.repeat(20_000)}${']'.repeat(20_000)}`]) { t.match(await register(url, body), { status: 400 }, `${body.slice(0, 20)} (RG-14)`) }
  for (const body of [
    '{"__proto__":{"x":1},"redirect_uris":["https://app.example/cb"]}',
    '{"constructor":{"prototype":{"x":1}},"redirect_uris":["https://app.example/cb"]}'
  ]) { t.match(await register(url, body), { status: 400 }, `${body.slice(0, 20)} (RG-10)`) }
  t.equal(({} as Record<string, unknown>)['x'], undefined, 'RG-10')
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'application/json\t; x',
    'application/json; x=y',
    'multipart/form-data; boundary=x'
  ]) {
    const response = await fetch(`${url}/register`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify({ redirect_uris: [CALLBACK] })
    })
    t.match(response.status, /^4(?:00|15)$/, `${type} (RG-14)`)
  }
  t.equal((await register(url, { redirect_uris: [CALLBACK], client_name: 'x'.repeat(1_000_000) })).status, 413, 'RG-07')
  t.equal(
    (await register(url, { redirect_uris: [CALLBACK], client_uri: `https://x.example/${'x'.repeat(60_000)}` })).status,
    400,
    'RG-07'
  )
  t.same(await Array.fromAsync(server.app.storage.collection('client').all()), [], 'nothing was kept')
  for (const method of ['GET', 'PUT', 'DELETE']) { t.match((await fetch(`${url}/register`, { method })).status, /^40[45]$/, `${method} (RG-14)`) }
  const { client_id: id } = await newClient(url)
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    t.equal((await fetch(`${url}/register/${id}`, { method })).status, 404, `${method} (RG-16)`)
    t.match((await fetch(`${url}/register?client_id=${id}`, { method })).status, /^40[45]$/, `${method} (RG-16)`)
  }
})

t.test('a member that is null, empty, or shows nothing decides nothing (RG-12; RFC 7591 §2, §3.2.1)', async (t) => {
  const { url } = await startServer(t)
  const plain = (await register(url, { redirect_uris: [CALLBACK] })).body
  const { client_id: _id, client_id_issued_at: _at, ...expected } = plain
  const shown = ['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri', 'jwks', 'scope', 'contacts']
  const decided = ['grant_types', 'response_types', 'token_endpoint_auth_method', 'application_type', 'software_id', 'software_version']
  for (const name of [...shown, ...decided]) {
    for (const value of ['', null, []]) {
      const { status, body } = await register(url, { redirect_uris: [CALLBACK], [name]: value })
      t.match({ status, body }, { status: 201, body: expected }, `${name}: ${JSON.stringify(value)}`)
    }
  }
  for (const name of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    for (const value of ['javascript:x', 'file:///x', 'example.com']) {
      const { status, body } = await register(url, { redirect_uris: [CALLBACK], [name]: value })
      t.equal(status, 201)
      t.notOk(name in body, `${name}: ${value} is absent from the answer`)
    }
  }
  t.match(
    await register(url, { redirect_uris: [CALLBACK], response_types: ['code', 'token'] }),
    { status: 201, body: { response_types: ['code'] } },
    'what is not offered is left out'
  )
})

t.test('what is kept of one registration has 4 KB at most (CL-05)', async (t) => {
  const rules = { ownOrigin: 'https://mcp.example.com', privateUse: [] }
  const registered = (bytes: number) => {
    const redirectUris = Array.from({ length: 8 }, (_, index) => `https://app.example/${index}/${'x'.repeat(bytes / 8)}`)
    return readRegistration({ redirect_uris: redirectUris }, rules)
  }
  t.ok(registered(3_200))
  t.throws(() => registered(4_096), { code: 'invalid_client_metadata' })
})
