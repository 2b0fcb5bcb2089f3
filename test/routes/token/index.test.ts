// POST /token: how a request and a client are read, and what the response holds (threats TK, GR-03).
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { newClient, ping, post, tokensFor, walk } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('only a form post (TK-17, TK-18)', async (t, start) => {
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

storageTest('Basic (TK-13, TK-14, TK-15)', async (t, start) => {
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
      `${name} (TK-14)`
    )
    t.match(answer.headers.get('www-authenticate'), /^Basic /, name)
  }
  t.match(
    await post(`${url}/token`, form, basic(`${id}:${secret}`)),
    { status: 400, body: { error: 'invalid_request' } },
    'in both places (TK-13)'
  )
  t.match(
    await post(`${url}/token`, { ...rest, client_id: 'other' }, basic(`${id}:${secret}`)),
    { status: 400, body: { error: 'invalid_request' } },
    'two clients (TK-13)'
  )
  t.equal(
    (await post(`${url}/token`, rest, basic(`${encodeAll(id!)}:${encodeAll(secret!)}`))).status,
    200,
    'fully percent-encoded (TK-15)'
  )
})

storageTest('what an answer is (TK-20, TK-26, TK-22)', async (t, start) => {
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
    'a wider scope at the token endpoint gives nothing (TK-22)'
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
    'random, and no JWT that could be tampered with (TK-26)'
  )
})

storageTest('where the answer fails after the rotation, the token still works (GR-03)', async (t, start) => {
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
    body: { error: 'temporarily_unavailable', error_description: /may or may not have been carried out/ }
  })
  t.equal((await post(`${url}/token`, again.form)).status, 503)
  app.clients.keep = keep
  now += 50
  t.equal((await ask()).status, 200, 'after the grace, too')
  t.equal((await post(`${url}/token`, again.form)).status, 200, 'and so does the code')
})

storageTest('codes and tokens end at their time (TK-27, TK-28)', async (t, start) => {
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
