// POST /token and POST /revoke: every refusal with its status and code, and that it spent nothing (threats TK, RF, RV;
// OAuth 2.1 §3.2, RFC 7636 §4.6, RFC 7009).
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { newClient, ping, post, tokensFor, walk, type Fields } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest(
  'TK-01..04, 09..13, 16, 19, 21, 23, 24: what is wrong is refused, and the code still works after it',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const secret = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
    const stranger = await newClient(url)
    const { form } = await walk(url, client)
    const other = await tokensFor(url, client)
    const verifier = form['code_verifier']!

    const cases: Array<[string, Fields | string, number, string]> = [
      [
        'TK-01 another verifier',
        { ...form, code_verifier: verifier.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) },
        400,
        'invalid_grant'
      ],
      ['TK-02 no verifier', { ...form, code_verifier: undefined }, 400, 'invalid_grant'],
      ['TK-02 an empty verifier', { ...form, code_verifier: '' }, 400, 'invalid_grant'],
      ['TK-04 a short verifier', { ...form, code_verifier: 'a' }, 400, 'invalid_grant'],
      ['TK-04 42 characters', { ...form, code_verifier: verifier.slice(1) }, 400, 'invalid_grant'],
      ['TK-04 129 characters', { ...form, code_verifier: 'a'.repeat(129) }, 400, 'invalid_grant'],
      ['TK-04 a plus', { ...form, code_verifier: verifier.slice(1) + '+' }, 400, 'invalid_grant'],
      ['TK-09 another client', { ...form, ...stranger }, 400, 'invalid_grant'],
      ['TK-09 another client, with a secret', { ...form, ...secret }, 400, 'invalid_grant'],
      ['TK-10 another redirect URI', { ...form, redirect_uri: 'https://app.example/other' }, 400, 'invalid_grant'],
      ['TK-10 no redirect URI', { ...form, redirect_uri: undefined }, 400, 'invalid_grant'],
      ['TK-11 no secret', { ...form, client_id: secret.client_id }, 401, 'invalid_client'],
      ['TK-11 a wrong secret', { ...form, client_id: secret.client_id, client_secret: 'x' }, 401, 'invalid_client'],
      [
        'TK-11 a cut secret',
        { ...form, client_id: secret.client_id, client_secret: secret.client_secret!.slice(0, -1) },
        401,
        'invalid_client'
      ],
      ['TK-12 an unknown client', { ...form, client_id: 'nobody' }, 401, 'invalid_client'],
      ['TK-12 no client', { ...form, client_id: undefined }, 401, 'invalid_client'],
      ['a public client with a secret', { ...form, client_secret: 'x' }, 401, 'invalid_client'],
      ['TK-16 no grant type', { ...form, grant_type: undefined }, 400, 'invalid_request'],
      ...[
        'password',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
        '__proto__',
        'Authorization_Code'
      ].map((type): [string, Fields, number, string] => [
        `TK-16 ${type}`,
        { ...form, grant_type: type },
        400,
        'unsupported_grant_type'
      ]),
      ['TK-19 the code twice', `${new URLSearchParams(form as Record<string, string>)}&code=x`, 400, 'invalid_request'],
      ...['grant_type', 'client_id', 'redirect_uri', 'code_verifier'].map((name): [string, string, number, string] => [
        `TK-19 ${name} twice`,
        `${new URLSearchParams(form as Record<string, string>)}&${name}=x`,
        400,
        'invalid_request'
      ]),
      [
        'TK-25 nested names',
        `${new URLSearchParams({ ...form, code: '' } as Record<string, string>)}&code[]=x&code[$ne]=x`,
        400,
        'invalid_request'
      ],
      ['TK-23 a code of 100 KB', { ...form, code: 'x'.repeat(60_000) }, 400, 'invalid_grant'],
      ['TK-21 another resource', { ...form, resource: 'https://evil.example' }, 400, 'invalid_target'],
      [
        'TK-07 an altered code',
        { ...form, code: form['code']!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) },
        400,
        'invalid_grant'
      ],
      ['TK-23 garbage', { ...form, code: 'x' }, 400, 'invalid_grant'],
      ['TK-24 a refresh token as code', { ...form, code: other.refresh }, 400, 'invalid_grant'],
      ['TK-24 an access token as code', { ...form, code: other.access }, 400, 'invalid_grant'],
      [
        'TK-24 a code as refresh token',
        { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: form['code'] },
        400,
        'invalid_grant'
      ]
    ]
    for (const [name, fields, status, error] of cases) {
      const answer = await post(`${url}/token`, fields)
      t.match(
        { status: answer.status, error: answer.body['error'], cache: answer.headers.get('cache-control') },
        { status, error, cache: 'no-store' },
        name
      )
    }
    t.equal(await ping(url, form['code']!), 401, 'TK-24: a code is no access token')
    t.equal(await ping(url, other.refresh), 401, 'TK-24: nor is a refresh token')
    t.equal((await post(`${url}/token`, { ...form, resource: `${url}/` })).status, 200, 'nothing of it spent the code')
    t.equal(await ping(url, other.access), 200)
  }
)

storageTest('TK-17, TK-18: only a form post', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const { form } = await walk(url, client)
  const query = new URLSearchParams(form as Record<string, string>).toString()
  t.equal((await post(`${url}/token`, JSON.stringify(form), { 'content-type': 'application/json' })).status, 415)
  t.equal((await post(`${url}/token?${query}`, '')).status, 400)
  t.equal((await fetch(`${url}/token?${query}`)).status, 404)
  t.equal((await post(`${url}/token`, `${query}&${'x=1&'.repeat(20_000)}`)).status, 413)
  t.equal((await post(`${url}/token`, form)).status, 200)
})

storageTest('TK-05, TK-06: a code presented again by its client ends what it gave', async (t, start) => {
  const { url } = await start()
  const { form, access, refresh } = await tokensFor(url, await newClient(url))
  t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
  t.equal(await ping(url, access), 401)
  t.match(
    await post(`${url}/token`, { grant_type: 'refresh_token', client_id: form['client_id'], refresh_token: refresh }),
    { status: 400, body: { error: 'invalid_grant' } }
  )
})

storageTest('TK-08: fifty at once, one success', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  for (let round = 0; round < 3; round++) {
    const { form } = await walk(url, client)
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(`${url}/token`, form)))
    t.equal(answers.filter(({ status }) => status === 200).length, 1)
    t.equal(answers.filter(({ status }) => status === 400).length, 49)
  }
})

storageTest('TK-13, TK-14, TK-15: Basic', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_basic' })
  const { form } = await walk(url, client)
  const { client_id: id, client_secret: secret, ...rest } = form as Record<string, string>
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  const encodeAll = (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  for (const [name, headers, fields] of [
    ['a wrong secret', basic(`${id}:x`), rest],
    ['no colon', basic(id!), rest],
    ['no base64', { authorization: 'Basic %%%' }, rest],
    ['another scheme', { authorization: 'Bearer x' }, { ...rest, client_id: id }],
    ['a broken escape', basic(`${id}:%zz`), rest]
  ] as const) {
    const answer = await post(`${url}/token`, fields, headers)
    t.match(
      { status: answer.status, error: answer.body['error'] },
      { status: 401, error: 'invalid_client' },
      `TK-14: ${name}`
    )
    t.match(answer.headers.get('www-authenticate'), /^Basic /, name)
  }
  t.match(
    await post(`${url}/token`, form, basic(`${id}:${secret}`)),
    { status: 400, body: { error: 'invalid_request' } },
    'TK-13: in both places'
  )
  t.match(
    await post(`${url}/token`, { ...rest, client_id: 'other' }, basic(`${id}:${secret}`)),
    { status: 400, body: { error: 'invalid_request' } },
    'TK-13: two clients'
  )
  t.equal(
    (await post(`${url}/token`, rest, basic(`${encodeAll(id!)}:${encodeAll(secret!)}`))).status,
    200,
    'TK-15: fully percent-encoded'
  )
})

storageTest('RF: rotation, grace, reuse, narrowing', async (t, start) => {
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
  t.equal((await refresh(first.refresh)).body['refresh_token'], second, 'WB-15: within the grace, the same successor')
  const many = await Promise.all(Array.from({ length: 20 }, () => refresh(second)))
  t.same(new Set(many.map(({ status }) => status)), new Set([200]), 'RF-03')
  t.equal(new Set(many.map(({ body }) => body['refresh_token'])).size, 1, 'RF-03: one new refresh token')
  const third = many[0]!.body['refresh_token'] as string
  t.equal(await ping(url, many[0]!.body['access_token'] as string), 200)
  t.match(await refresh(first.refresh), { status: 400, body: { error: 'invalid_grant' } }, 'RF-02: two generations old')
  t.match(await refresh(third), { status: 400, body: { error: 'invalid_grant' } }, 'the newest is dead')
  t.equal(await ping(url, many[0]!.body['access_token'] as string), 401, 'and so is every access token')

  const late = await tokensFor(url, client)
  const next = (await refresh(late.refresh)).body['refresh_token'] as string
  now += 31
  t.match(await refresh(late.refresh), { status: 400 }, 'after the grace it is reuse')
  t.match(await refresh(next), { status: 400 })
})

storageTest('TK-20, TK-26, TK-22: what an answer is', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const { form } = await walk(url, client, { scope: 'mcp:read' })
  const answer = await post(`${url}/token`, { ...form, scope: 'mcp:read mcp:write' })
  t.match(
    answer,
    {
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: 3600,
        access_token: /^mcp_at_[\w-]{40,}/,
        refresh_token: /^mcp_rt_[\w.-]{40,}/,
        scope: 'mcp:read'
      }
    },
    'TK-22: a wider scope at the token endpoint gives nothing'
  )
  t.match(
    [answer.headers.get('content-type'), answer.headers.get('cache-control'), answer.headers.get('pragma')],
    [/^application\/json/, 'no-store', 'no-cache'],
    'TK-20'
  )
  const refused = await post(`${url}/token`, { ...form, code: 'x' })
  t.match(
    [refused.headers.get('content-type'), refused.headers.get('cache-control')],
    [/^application\/json/, 'no-store'],
    'TK-20'
  )
  t.same(Object.keys(refused.body), ['error', 'error_description'])
  const { form: other } = await walk(url, client, { scope: 'mcp:read' })
  t.not(
    (await post(`${url}/token`, other)).body['access_token'],
    answer.body['access_token'],
    'TK-26: random, and no JWT that could be tampered with'
  )
})

storageTest('RF-01, RF-04, RF-07, RF-08: who may refresh, and with what', async (t, start) => {
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
  t.match(good, { status: 200, body: { refresh_token: /^mcp_rt_/ } }, 'RF-01: none of it spent the token')
  t.equal(good.headers.get('cache-control'), 'no-store')
  t.not(good.body['refresh_token'], refresh)
})

storageTest(
  'RF-11: a client that registered for codes alone gets no refresh token, and may not use one',
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

storageTest('GR-07: a retry is one event in its generation, and its answer is the same', async (t, start) => {
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

storageTest('GR-03: where the answer fails after the rotation, the token still works', async (t, start) => {
  let now = 1_800_000_000
  const { url, app } = await start({ now: () => now })
  const client = await newClient(url)
  const { refresh } = await tokensFor(url, client)
  const again = await walk(url, client)
  const { keep } = app.clients
  app.clients.keep = async () => {
    throw new StorageUnavailable('away')
  }
  const ask = () => post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })
  const away = await ask()
  t.match(away, {
    status: 503,
    body: { error: 'temporarily_unavailable', error_description: /may have been done or not/ }
  })
  t.equal((await post(`${url}/token`, again.form)).status, 503)
  app.clients.keep = keep
  now += 50
  t.equal((await ask()).status, 200, 'after the grace, too')
  t.equal((await post(`${url}/token`, again.form)).status, 200, 'and so does the code')
})

storageTest('TK-27, TK-28: codes and tokens end at their time', async (t, start) => {
  let now = 1_800_000_000
  const { url } = await start({ now: () => now, env: { AUTHORIZATION_CODE_TTL: '10', ACCESS_TOKEN_TTL: '100' } })
  const client = await newClient(url)
  const { form } = await walk(url, client)
  const { access } = await tokensFor(url, client)
  now += 11
  t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
  t.equal(await ping(url, access), 200)
  now += 90
  t.equal(await ping(url, access), 401)
})

storageTest('RV: revocation', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const secret = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const stranger = await newClient(url)
  const mine = await tokensFor(url, client)
  const theirs = await tokensFor(url, secret)
  const revoke = (fields: Fields) => post(`${url}/revoke`, fields)

  t.match(await revoke({ ...stranger, token: mine.access }), { status: 400, body: { error: 'invalid_grant' } }, 'RV-04')
  t.match(await revoke({ token: mine.access }), { status: 401, body: { error: 'invalid_client' } }, 'RV-05')
  t.match(
    await revoke({ client_id: secret.client_id, token: theirs.access }),
    { status: 401, body: { error: 'invalid_client' } },
    'RV-05'
  )
  t.match(await revoke({ ...client }), { status: 400, body: { error: 'invalid_request' } }, 'RV-03')
  t.equal(
    (
      await post(`${url}/revoke`, JSON.stringify({ ...client, token: mine.access }), {
        'content-type': 'application/json'
      })
    ).status,
    415,
    'RV-07'
  )
  t.equal((await fetch(`${url}/revoke?token=${mine.access}&client_id=${client.client_id}`)).status, 404, 'RV-07')
  t.same([await ping(url, mine.access), await ping(url, theirs.access)], [200, 200], 'nothing was revoked')

  for (const token of ['x', 'mcp_at_x', mine.access.slice(0, -1) + '!']) { t.equal((await revoke({ ...client, token })).status, 200, 'RV-03: silence about unknown tokens') }
  t.equal((await revoke({ ...client, token: mine.access })).status, 200)
  t.equal(await ping(url, mine.access), 401, 'RV-01')
  t.equal((await revoke({ ...secret, token: theirs.refresh, token_type_hint: 'access_token' })).status, 200)
  t.equal(await ping(url, theirs.access), 401, 'RV-02')

  for (let round = 0; round < 8; round++) {
    const raced = await tokensFor(url, client)
    const [refreshed] = await Promise.all([
      post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: raced.refresh }),
      revoke({ ...client, token: raced.refresh })
    ])
    const survivor = refreshed.body['access_token'] as string | undefined
    t.equal(await ping(url, raced.access), 401, 'RV-06')
    if (survivor) t.equal(await ping(url, survivor), 401, 'RV-06')
  }
})
