// Refresh tokens over HTTP: rotation, grace, reuse, and who may refresh (threats RF, GR-07).
import { newClient, ping, post, tokensFor, walk, type Fields } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('rotation, grace, reuse, narrowing (RF)', async (t, start) => {
  let now = 1_800_000_000
  const { url } = await start({ now: () => now, env: { REFRESH_GRACE: '30' } })
  const client = await newClient(url)
  const stranger = await newClient(url)
  const first = await tokensFor(url, client, { scope: 'mcp:read mcp:write' })
  const refresh = (token: string, more: Fields = {}) =>
    post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token, ...more })

  for (const [name, more, error] of [
    ['RF-04 another client', stranger, 'invalid_grant'],
    ['RF-05 a wider scope', { scope: 'mcp:read mcp:write email' }, 'invalid_scope'],
    ['RF-06 another resource', { resource: 'https://evil.example' }, 'invalid_target']
  ] as const) { t.match(await refresh(first.refresh, { ...more }), { status: 400, body: { error } }, name) }

  const narrow = await refresh(first.refresh, { scope: 'mcp:read' })
  t.match(narrow, { status: 200, body: { scope: 'mcp:read', token_type: 'Bearer', expires_in: 3600 } })
  const second = narrow.body['refresh_token'] as string
  t.not(second, first.refresh)
  now += 29
  t.equal((await refresh(first.refresh)).body['refresh_token'], second, 'within the grace, the same successor (WB-15)')
  const many = await Promise.all(Array.from({ length: 20 }, () => refresh(second)))
  t.same(new Set(many.map(({ status }) => status)), new Set([200]), 'RF-03')
  t.equal(new Set(many.map(({ body }) => body['refresh_token'])).size, 1, 'one new refresh token (RF-03)')
  const third = many[0]!.body['refresh_token'] as string
  t.equal(await ping(url, many[0]!.body['access_token'] as string), 200)
  t.match(await refresh(first.refresh), { status: 400, body: { error: 'invalid_grant' } }, 'two generations old (RF-02)')
  t.match(await refresh(third), { status: 400, body: { error: 'invalid_grant' } }, 'the newest is dead')
  t.equal(await ping(url, many[0]!.body['access_token'] as string), 401, 'and so is every access token')

  const late = await tokensFor(url, client)
  const next = (await refresh(late.refresh)).body['refresh_token'] as string
  now += 31
  t.match(await refresh(late.refresh), { status: 400 }, 'after the grace it is reuse')
  t.match(await refresh(next), { status: 400 })
})

storageTest('who may refresh, and with what (RF-01, RF-04, RF-07, RF-08)', async (t, start) => {
  const { url } = await start()
  const secret = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const { refresh, access } = await tokensFor(url, secret)
  const ask = (fields: Fields) => post(`${url}/token`, { grant_type: 'refresh_token', ...fields })
  for (const [name, fields, status, error] of [
    ['RF-07 without the secret', { client_id: secret.client_id, refresh_token: refresh }, 401, 'invalid_client'],
    [
      'RF-07 with a wrong one',
      { ...secret, client_secret: 'x'.repeat(50), refresh_token: refresh },
      401,
      'invalid_client'
    ],
    ['RF-04 by nobody', { refresh_token: refresh }, 401, 'invalid_client'],
    ['RF-08 nothing', { ...secret }, 400, 'invalid_request'],
    ['RF-08 empty', { ...secret, refresh_token: '' }, 400, 'invalid_request'],
    ['RF-08 garbage', { ...secret, refresh_token: 'x' }, 400, 'invalid_grant'],
    ['RF-08 an access token', { ...secret, refresh_token: access }, 400, 'invalid_grant'],
    ['RF-08 cut', { ...secret, refresh_token: refresh.slice(0, -1) }, 400, 'invalid_grant'],
    ['RF-08 long', { ...secret, refresh_token: 'mcp_rt_'.repeat(8_000) }, 400, 'invalid_grant'],
    ['RF-08 a prototype', { ...secret, refresh_token: '__proto__' }, 400, 'invalid_grant']
  ] as Array<[string, Fields, number, string]>) { t.match(await ask(fields), { status, body: { error } }, name) }
  const good = await ask({ ...secret, refresh_token: refresh })
  t.match(good, { status: 200, body: { refresh_token: /^mcp_rt_/ } }, 'none of it spent the token (RF-01)')
  t.equal(good.headers.get('cache-control'), 'no-store')
  t.not(good.body['refresh_token'], refresh)
})

storageTest(
  'a client that registered for codes alone gets no refresh token, and may not use one (RF-11)',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url, { grant_types: ['authorization_code'] })
    const { form } = await walk(url, client)
    const { status, body } = await post(`${url}/token`, form)
    t.equal(status, 200)
    t.notOk('refresh_token' in body)
    const other = await tokensFor(url, await newClient(url))
    for (const token of ['x', other.refresh]) {
      t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token }), {
        status: 400,
        body: { error: 'unauthorized_client' }
      })
    }
    t.equal(await ping(url, other.access), 200)
  }
)

storageTest('a retry is one event in its generation, and its answer is the same (GR-07)', async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url)
  const { refresh } = await tokensFor(url, client)
  const told: string[] = []
  app.audit.listen(({ event }) => told.push(event))
  const ask = (token: string) => post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token })
  const first = await ask(refresh)
  for (let count = 0; count < 3; count++) {
    t.match(await ask(refresh), {
      status: 200,
      body: { access_token: first.body['access_token'], refresh_token: first.body['refresh_token'] }
    })
  }
  t.same(told, ['refresh', 'retry'])
  const successor = first.body['refresh_token'] as string
  await ask(successor)
  await ask(successor)
  t.same(told, ['refresh', 'retry', 'refresh', 'retry'])
})
