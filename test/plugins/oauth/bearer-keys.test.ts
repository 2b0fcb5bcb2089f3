// Where an access key is accepted: in the Authorization header of the MCP endpoint, and nowhere else.
import { demoPerson, keyFor } from '../../helpers/access-keys.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { newClient, ping, post } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

storageTest('at the endpoints of OAuth a key is nothing, as a token and as a credential (AK-03)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { id } = await demoPerson(server)
  const { secret } = await keyFor(server, id)
  const bearer = { authorization: `Bearer ${secret}` }
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })

  t.match(
    await post(`${url}/introspect`, { ...client, token: secret }),
    { status: 200, body: { active: false } }
  )
  t.match(
    await post(`${url}/introspect`, { token: secret }, bearer),
    { status: 401, body: { error: 'invalid_client' } }
  )
  t.equal(
    (await post(`${url}/revoke`, { ...client, token: secret })).status,
    200,
    'as any unknown token (RFC 7009 §2.2)'
  )
  const wrongSecret = { client_id: client.client_id, client_secret: secret }
  for (const fields of [
    { ...client, grant_type: 'refresh_token', refresh_token: secret },
    { ...client, grant_type: 'authorization_code', code: secret, code_verifier: 'v'.repeat(43) }
  ]) t.match(await post(`${url}/token`, fields), { status: 400, body: { error: 'invalid_grant' } })
  const asClient = { ...wrongSecret, grant_type: 'refresh_token', refresh_token: secret }
  t.match(
    await post(`${url}/token`, asClient),
    { status: 401, body: { error: 'invalid_client' } }
  )

  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${url}/userinfo`, { method, headers: bearer })
    t.equal(answer.status, 401, `${method} /userinfo`)
    t.match(
      answer.headers.get('www-authenticate'),
      /error="invalid_token"/
    )
  }
  t.equal(await ping(url, secret), 200, 'and it was not revoked')
})

storageTest('on pages a key signs no one in (AK-03)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { id } = await demoPerson(server)
  const { secret } = await keyFor(server, id)
  const headers = { authorization: `Bearer ${secret}`, accept: 'text/html' }
  for (const path of ['/account', '/account/keys', '/account/keys.json', '/account/notes.json']) {
    const answer = await fetch(url + path, { headers, redirect: 'manual' })
    t.equal(answer.status, 303, path)
    t.match(answer.headers.get('location'), '/login', path)
  }
  const authorize = await fetch(`${url}/authorize?access_token=${secret}`, { headers, redirect: 'manual' })
  t.equal(authorize.status, 400)
})

storageTest('in a query, a form, another scheme or twice it is no credential (AK-03)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { id } = await demoPerson(server)
  const { secret } = await keyFor(server, id)
  const json = { 'content-type': 'application/json' }
  const send = async (target: string, headers: Record<string, string>, body = PING) =>
    (await fetch(target, { method: 'POST', headers, body })).status
  t.equal(await send(`${url}/mcp?access_token=${secret}`, json), 401)
  t.equal(
    await send(url, { 'content-type': 'application/x-www-form-urlencoded' }, `access_token=${secret}`),
    401
  )
  t.equal(
    await send(url, { ...json, authorization: `Basic ${btoa(`${secret}:`)}` }),
    401
  )
  t.equal(await send(url, { ...json, authorization: secret }), 401)
  t.equal(await send(url, { ...json, 'x-api-key': secret }), 401)
  t.equal(
    await send(url, { ...json, authorization: `bearer ${secret}` }),
    200,
    'the scheme has no case'
  )
})

storageTest('calls by a key count for its person, and are theirs in the audit log', async (t, start) => {
  const server = await start({ env: { RATE_LIMITS: 'calls-per-user-day=1' } })
  const { url, app } = server
  const { id } = await demoPerson(server)
  const { secret, id: keyId } = await keyFor(server, id)
  const other = await keyFor(server, id)
  const call = (key: string) =>
    mcpClient(url, key).modern('tools/call', { name: 'calculate', arguments: { expression: '2+2' } })
  t.match((await call(secret)).text, '4')
  await app.usage.flush()
  t.match(
    (await call(other.secret)).json,
    { result: { isError: true, content: [{ text: /limit/ }] } },
    'over all keys'
  )
  await app.audit.flush()
  const events = await app.audit.ofUser(id, 10)
  const of = (name: string) => events.find(({ event, grant }) => event === name && grant === keyId)
  t.match(
    of('tool_call'),
    { client: `key:${keyId}`, clientName: 'Access key Nightly', outcome: 'ok' }
  )
  t.match(
    of('connected'),
    { user: id, attempt: keyId },
    'its first use'
  )
  t.notMatch(JSON.stringify(events), secret.slice(24))
})

storageTest('a refused key is recorded, without the key', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { id } = await demoPerson(server)
  const { secret, id: keyId } = await keyFor(server, id)
  await app.accessKeys.revoke(keyId)
  const events: object[] = []
  app.audit.listen((event) => events.push(event))
  t.equal(await ping(url, secret), 401)
  t.match(events, [{ event: 'token_refused', reason: 'access_key' }])
  t.notMatch(JSON.stringify(events), secret.slice(8))
})
