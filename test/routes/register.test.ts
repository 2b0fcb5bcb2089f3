// POST /register: what a stranger may say of a client, what is kept of it, and that nothing it names is fetched
// (threats RG; RFC 7591).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authorizeUrl, CALLBACK, newClient, pkce, post, register, signUp, walk } from '../helpers/oauth.ts'
import t from 'tap'
import { UNUSED_BOUNDS } from '../../plugins/oauth/clients/unused-places.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'
import { folder } from '../helpers/tool-context.ts'

storageTest('RG-01 to RG-06, RG-08: redirect URIs', async (t, start) => {
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
    'AZ-07': ['https://app.example/a/../b', 'https://APP.example/cb'],
    'AZ-35': [`${url}/login`]
  }
  for (const [id, all] of Object.entries(uris)) {
    for (const uri of all) {
      t.match(
        await register(url, { redirect_uris: [CALLBACK, uri] }),
        { status: 400, body: { error: 'invalid_redirect_uri' } },
        `${id}: ${uri.slice(0, 60)}`
      )
    }
  }
  for (const bad of [undefined, [], {}, 'x', [null], [123], [[]], { 0: CALLBACK, length: 1 }]) {
    t.match(
      await register(url, { redirect_uris: bad }),
      { status: 400, body: { error: 'invalid_redirect_uri' } },
      `RG-05: ${JSON.stringify(bad)}`
    )
  }
  t.match(
    await register(url, { redirect_uris: Array.from({ length: 1000 }, (_, index) => `https://app.example/${index}`) }),
    { status: 400, body: { error: 'invalid_redirect_uri' } },
    'RG-08: a thousand'
  )
  t.same(await Array.fromAsync(server.app.storage.collection('client').all()), [], 'nothing was kept')
  for (const uri of [
    'http://127.0.0.1:4000/cb',
    'http://localhost/cb',
    'http://[::1]:1/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback'
  ]) { t.equal((await register(url, { redirect_uris: [CALLBACK, uri] })).status, 201, `RG-02, R12: ${uri}`) }
})

storageTest('RG-07, RG-09, RG-10, RG-12, RG-14, RG-16: everything else of the metadata', async (t, start) => {
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
      ['javascript:x', 'file:///x', 7, {}].map((value): [string, object] => ['RG-12', { [name]: value }])
    )
  ]
  for (const [id, more] of cases) {
    t.match(
      await register(url, { redirect_uris: [CALLBACK], ...more }),
      { status: 400, body: { error: 'invalid_client_metadata' } },
      `${id}: ${JSON.stringify(more).slice(0, 60)}`
    )
  }
  for (const body of ['null', '[]', '3', '"x"', '{"redirect_uris":', '', `${'['.repeat(20_000)}${']'.repeat(20_000)}`]) { t.match(await register(url, body), { status: 400 }, `RG-14: ${body.slice(0, 20)}`) }
  for (const body of [
    '{"__proto__":{"x":1},"redirect_uris":["https://app.example/cb"]}',
    '{"constructor":{"prototype":{"x":1}},"redirect_uris":["https://app.example/cb"]}'
  ]) { t.match(await register(url, body), { status: 400 }, `RG-10: ${body.slice(0, 20)}`) }
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
    t.match(response.status, /^4(?:00|15)$/, `RG-14: ${type}`)
  }
  t.equal((await register(url, { redirect_uris: [CALLBACK], client_name: 'x'.repeat(1_000_000) })).status, 413, 'RG-07')
  t.equal(
    (await register(url, { redirect_uris: [CALLBACK], client_uri: `https://x.example/${'x'.repeat(60_000)}` })).status,
    400,
    'RG-07'
  )
  t.same(await Array.fromAsync(server.app.storage.collection('client').all()), [], 'nothing was kept')
  for (const method of ['GET', 'PUT', 'DELETE']) { t.match((await fetch(`${url}/register`, { method })).status, /^40[45]$/, `RG-14: ${method}`) }
  const { client_id: id } = await newClient(url)
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    t.equal((await fetch(`${url}/register/${id}`, { method })).status, 404, `RG-16: ${method}`)
    t.match((await fetch(`${url}/register?client_id=${id}`, { method })).status, /^40[45]$/, `RG-16: ${method}`)
  }
})

storageTest('RG-11, RG-13, R10, R11: what is given', async (t, start) => {
  const server = await start()
  const { url } = server
  const flagged = await register(url, {
    redirect_uris: [CALLBACK],
    client_id: 'mine',
    client_secret: 'mine',
    skip_consent: true,
    first_party: true,
    is_admin: true
  })
  t.equal(flagged.status, 201)
  t.notMatch(JSON.stringify(flagged.body), /mine|skip_consent|first_party|is_admin/, 'RG-11')
  const again = await register(url, { redirect_uris: [CALLBACK] })
  t.notOk('client_secret' in again.body, 'RG-13: no secret for none')
  t.not(again.body['client_id'], flagged.body['client_id'], 'RG-13: different ids')
  t.equal(
    (await Array.fromAsync(server.app.storage.collection('client').all())).length,
    1,
    'that share one record, since they said the same'
  )
  const secrets = await Promise.all(
    [1, 2].map(() =>
      register(url, {
        redirect_uris: ['http://127.0.0.1/cb', CALLBACK],
        token_endpoint_auth_method: 'client_secret_basic'
      })
    )
  )
  for (const secret of secrets) {
    t.match(
      secret,
      {
        status: 201,
        body: {
          client_secret: /^[\w-]{43,}$/,
          client_secret_expires_at: 0,
          client_id_issued_at: Number,
          application_type: 'web'
        }
      },
      'RG-13'
    )
    t.equal(secret.headers.get('cache-control'), 'no-store')
  }
  t.not(secrets[0]!.body['client_secret'], secrets[1]!.body['client_secret'])
  for (const more of [
    { application_type: 'native' },
    { application_type: 'web' },
    { redirect_uris: ['http://localhost:1/cb', CALLBACK] }
  ]) { t.equal((await register(url, { redirect_uris: [CALLBACK], ...more })).status, 201, `R11: ${JSON.stringify(more)}`) }

  const made = (again.body['client_id'] as string).replace(/\..*$/, '')
  const page = await new Browser().get(authorizeUrl(url, { client_id: made, code_challenge: pkce().challenge }))
  t.equal(page.status, 401, 'the name of a record is no client')
})

storageTest('WB-05, R10: a client that nobody uses is forgotten, one that holds a grant is not', async (t, start) => {
  const DAY = 86_400
  let now = 1_800_000_000
  const server = await start({ now: () => now, env: { REFRESH_TOKEN_TTL: String(60 * DAY) } })
  const { url } = server
  const kept = async () =>
    (await Array.fromAsync(server.app.storage.collection<{ keptUntil: number }>('client').all())).map(({ record }) =>
      Math.round((record.keptUntil - now) / DAY)
    )
  const client = await newClient(url)
  t.same(await kept(), [1], 'until somebody uses it')
  const never = await newClient(url, { client_name: 'Never used' })
  const browser = new Browser()
  // A demo account would end after a day.
  await signUp(browser, await browser.get(`${url}/login`), { email: 'ann@example.com' })
  const { form } = await walk(url, client, {}, browser)
  let { body } = await post(`${url}/token`, form)
  t.same((await kept()).sort(), [1, 150])
  await server.app.storage.collection('client').delete(never.client_id.split('.')[0]!)
  for (let month = 0; month < 6; month++) {
    now += 50 * DAY
    body = (
      await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: body['refresh_token'] as string
      })
    ).body
    t.type(body['access_token'], 'string', `after ${(month + 1) * 50} days`)
    t.same(await kept(), [150])
  }
})

storageTest('RG-15, AZ-27: nothing a stranger names is fetched', async (t, start) => {
  let asked = 0
  const canary = createServer((_request, response) => {
    asked++
    response.end('{}')
  })
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    canary.closeAllConnections()
    canary.close()
  })
  const here = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`
  const { url } = await start()
  const metadata = Object.fromEntries(
    ['jwks_uri', 'logo_uri', 'client_uri', 'sector_identifier_uri', 'tos_uri', 'policy_uri', 'initiate_login_uri'].map(
      (name) => [name, `${here}/${name}`]
    )
  )
  const client = await newClient(url, metadata)
  const browser = new Browser()
  const login = await browser.get(
    `${authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge })}`
  )
  await browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
  for (const name of ['request_uri', 'registration', 'claims']) {
    await new Browser().get(
      `${authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, [name]: `${here}/${name}` })}`
    )
  }
  t.equal(asked, 0)
})

storageTest(
  'CL-05: unused registrations are bounded by address and in all, the oldest give way, and one that is used never does',
  async (t, start) => {
    let now = 1_800_000_000
    const server = await start({ now: () => now, env: { TRUST_PROXY: '127.0.0.1' } })
    const { url, app } = server
    const from = (address: string, name: string) =>
      fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ redirect_uris: [CALLBACK], client_name: name })
      }).then(async (response) => (await response.json()) as { client_id: string })
    const knows = async (id: string) => (await app.clients.recall(id)) !== undefined
    const used = await from('203.0.113.5', 'Used')
    const { form } = await walk(url, used)
    t.equal((await post(`${url}/token`, { ...form, client_id: used.client_id })).status, 200)
    // Two who say the same share one record: what is pushed out at one address stays at the other.
    const shared = await from('198.51.100.7', 'Shared')
    const first = await from('203.0.113.5', 'First')
    await from('203.0.113.5', 'Shared')
    const others: string[] = []
    for (let index = 0; index < UNUSED_BOUNDS.perList; index++) {
      now += 1
      others.push((await from('203.0.113.5', `App ${index}`)).client_id)
    }
    t.same(
      [await knows(used.client_id), await knows(first.client_id), await knows(others.at(-1)!)],
      [true, false, true]
    )
    const lists = await Array.fromAsync(app.storage.collection<{ made: unknown[] }>('unusedClients').all())
    const samePlace = lists.length === 1
    t.equal(await knows(shared.client_id), !samePlace, 'what another address registered')
    for (const { record } of lists) t.ok(record.made.length <= UNUSED_BOUNDS.perList)
    const records = await Array.fromAsync(app.storage.collection('client').all())
    t.ok(records.length <= UNUSED_BOUNDS.perList * lists.length + 1)
  }
)

storageTest('CL-05: no registration is larger than 4 KB', async (t, start) => {
  const server = await start()
  const { url } = server
  const uris = Array.from({ length: 3 }, (_, index) => `https://app.example/${index}/${'x'.repeat(1_900)}`)
  t.match(await register(url, { redirect_uris: uris }), {
    status: 400,
    body: { error: 'invalid_client_metadata', error_description: /4096 bytes/ }
  })
  for (const kind of ['client', 'unusedClients']) { t.same(await Array.fromAsync(server.app.storage.collection(kind).all()), [], 'nothing was kept') }
  t.equal((await register(url, { redirect_uris: uris.slice(0, 2) })).status, 201)
})

storageTest('CL-06: only ids that were given out are clients, and those of earlier versions', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { client_id: id } = await newClient(url)
  const [key, suffix] = id.split('.') as [string, string]
  const other = (await newClient(url, { client_name: 'Other' })).client_id.split('.')[0]!
  const changed = suffix.slice(0, -1) + (suffix.endsWith('A') ? 'B' : 'A')
  for (const made of [
    key,
    `${key}.`,
    `${key}.never-given-out`,
    `${key}.${'A'.repeat(16)}`,
    `${key}.${'A'.repeat(suffix.length)}`,
    `${key}.${changed}`,
    `${id}A`,
    `${id}.A`,
    id.slice(0, -1),
    `${other}.${suffix}`
  ]) {
    t.equal(
      (await new Browser().get(authorizeUrl(url, { client_id: made, code_challenge: pkce().challenge }))).status,
      401,
      made
    )
    for (const path of ['/token', '/revoke', '/introspect']) {
      t.match(
        await post(url + path, { client_id: made, grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }),
        { status: 401, body: { error: 'invalid_client' } },
        `${path} ${made}`
      )
    }
  }
  t.equal((await walk(url, { client_id: id })).redirect.searchParams.has('code'), true)

  const metadata = {
    client_name: 'Old',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web'
  }
  const old = `mcp_client_${'o'.repeat(32)}`
  await app.storage.collection('client').put(old, { keptUntil: app.now() + 86_400, metadata }, 86_400)
  const { form } = await walk(url, { client_id: `${old}.${'A'.repeat(16)}` })
  t.equal((await post(`${url}/token`, form)).status, 200, 'an id of an earlier version')
  t.equal(
    (await new Browser().get(authorizeUrl(url, { client_id: `${old}.short`, code_challenge: pkce().challenge })))
      .status,
    401
  )
})

t.test(
  'CL-06: the keys are replaced, and ids that were given out before stay: under a key that still reads, and with a token that is shown',
  async (t) => {
    const [one, two] = ['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', 'q8Gr3MnAq0Su5Wc9Oz2Ld7Xe4It6Kh1B']
    const dataDir = await folder(t)
    const from = (secretKey: string) =>
      startServer(t, { env: { SECRET_KEY: secretKey, DATA_DIR: dataDir, PUBLIC_URL: 'http://localhost' } })
    const first = await from(one)
    const client = await newClient(first.url)
    const { form } = await walk(first.url, client)
    const { body } = await post(`${first.url}/token`, form)
    await first.close()
    const second = await from(`${two},${one}`)
    t.equal(
      (
        await new Browser().get(
          authorizeUrl(second.url, { client_id: client.client_id, code_challenge: pkce().challenge })
        )
      ).status,
      200
    )
    await second.close()
    const third = await from(two)
    t.equal(
      (
        await new Browser().get(
          authorizeUrl(third.url, { client_id: client.client_id, code_challenge: pkce().challenge })
        )
      ).status,
      401
    )
    t.equal(
      (
        await post(`${third.url}/token`, {
          ...client,
          grant_type: 'refresh_token',
          refresh_token: body['refresh_token'] as string
        })
      ).status,
      200
    )
  }
)
