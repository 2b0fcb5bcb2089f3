// grant_type=authorization_code: what is wrong consumes nothing, and a code counts once (threats TK).
import { newClient, ping, post, tokensFor, walk, type Fields } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  'what is wrong is refused, and the code still works after it (TK-01..04, 09..13, 16, 19, 21, 23, 24)',
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
    t.equal(await ping(url, form['code']!), 401, 'a code is no access token (TK-24)')
    t.equal(await ping(url, other.refresh), 401, 'nor is a refresh token (TK-24)')
    t.equal((await post(`${url}/token`, { ...form, resource: `${url}/` })).status, 200, 'nothing of it spent the code')
    t.equal(await ping(url, other.access), 200)
  }
)

storageTest('a code presented again by its client ends what it gave (TK-05, TK-06)', async (t, start) => {
  const { url } = await start()
  const { form, access, refresh } = await tokensFor(url, await newClient(url))
  t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
  t.equal(await ping(url, access), 401)
  t.match(
    await post(`${url}/token`, { grant_type: 'refresh_token', client_id: form['client_id'], refresh_token: refresh }),
    { status: 400, body: { error: 'invalid_grant' } }
  )
})

storageTest('fifty at once, one success (TK-08)', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  for (let round = 0; round < 3; round++) {
    const { form } = await walk(url, client)
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(`${url}/token`, form)))
    t.equal(answers.filter(({ status }) => status === 200).length, 1)
    t.equal(answers.filter(({ status }) => status === 400).length, 49)
  }
})
