// POST /revoke: who may end what (threats RV; RFC 7009).
import { newClient, ping, post, tokensFor, type Fields } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('revocation (RV)', async (t, start) => {
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

  for (const token of ['x', 'mcp_at_x', mine.access.slice(0, -1) + '!']) { t.equal((await revoke({ ...client, token })).status, 200, 'silence about unknown tokens (RV-03)') }
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
