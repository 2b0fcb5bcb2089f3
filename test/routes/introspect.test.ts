// POST /introspect: a client with a secret learns about its own live tokens, and nothing about anything else (RFC 7662;
// threats IN-01, IN-02).
import { createHash, randomBytes } from 'node:crypto'
import { Browser } from '../helpers/browser.ts'
import { newClient, post as send, tokensFor } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const CALLBACK = 'https://app.example/callback'

storageTest('a client learns of its own tokens, and nothing of anyone else\'s (IN-01, IN-02)', async (t, start) => {
  const { url } = await start()
  const post = async (path: string, form: Record<string, string>) => {
    const response = await fetch(url + path, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, body: (await response.json().catch(() => undefined)) as Record<string, string> }
  }
  const register = async (method: string) => {
    const response = await fetch(`${url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: method })
    })
    const answer = (await response.json()) as Record<string, string>
    return {
      client_id: answer['client_id']!,
      ...(answer['client_secret'] && { client_secret: answer['client_secret'] })
    }
  }
  const owner = await register('client_secret_post')
  const other = await register('client_secret_post')
  const open = await register('none')

  const verifier = randomBytes(32).toString('base64url')
  const browser = new Browser()
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: owner.client_id,
    redirect_uri: CALLBACK,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'mcp:read'
  })
  const consent = await browser.submit(
    await browser.get(`${url}/authorize?${query}`),
    ({ fields }) => fields['backend'] === 'demo'
  )
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const { body: first } = await post('/token', {
    ...owner,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: CALLBACK,
    code_verifier: verifier
  })

  const inactive = { status: 200, body: { active: false } }
  t.match(await post('/introspect', { ...owner, token: first['access_token']! }), {
    status: 200,
    body: { active: true, scope: 'mcp:read', client_id: owner.client_id, token_type: 'Bearer', aud: url, iss: url }
  })
  t.match(await post('/introspect', { ...owner, token: first['refresh_token']! }), {
    status: 200,
    body: { active: true }
  })
  t.same(await post('/introspect', { ...other, token: first['access_token']! }), inactive)
  t.same(await post('/introspect', { ...other, token: first['refresh_token']! }), inactive)
  for (const garbage of ['x', 'mcp_at_x', owner.client_id, 'a'.repeat(5000)]) { t.same(await post('/introspect', { ...owner, token: garbage }), inactive) }
  t.match(await post('/introspect', { token: first['access_token']! }), {
    status: 401,
    body: { error: 'invalid_client' }
  })
  t.match(await post('/introspect', { ...open, token: first['access_token']! }), {
    status: 401,
    body: { error: 'invalid_client' }
  })
  t.match(await post('/introspect', { ...owner, client_secret: 'wrong', token: first['access_token']! }), {
    status: 401,
    body: { error: 'invalid_client' }
  })
  t.match(await post('/introspect', owner), { status: 400, body: { error: 'invalid_request' } })

  const { body: second } = await post('/token', {
    ...owner,
    grant_type: 'refresh_token',
    refresh_token: first['refresh_token']!
  })
  t.same(await post('/introspect', { ...owner, token: first['refresh_token']! }), inactive, 'a rotated token')
  await post('/revoke', { ...owner, token: second['refresh_token']! })
  for (const token of [first['access_token']!, second['access_token']!, second['refresh_token']!]) { t.same(await post('/introspect', { ...owner, token }), inactive, 'revoked') }
})

storageTest('no token of somebody who is locked is active, also where storage cut the lock short (WB-41)', async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const { access, refresh } = await tokensFor(url, client)
  const isActive = async (token: string) => (await send(`${url}/introspect`, { ...client, token })).body['active']
  t.same([await isActive(access), await isActive(refresh!)], [true, true])
  const [person] = await Array.fromAsync(app.signIn.lifecycle.all())
  await app.userStore.records.put(person!.id, { ...person!, locked: true }, null)
  t.match((await send(`${url}/introspect`, { ...client, token: refresh })).body, { active: false })
  t.equal(await isActive(access), false)
  t.equal((await send(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })).status, 400)
})
