// A program that claims to be the client of a metadata document: whose host is asked, and what is stored (threats CL-01,
// CL-03).
import { exportJWK, generateKeyPair } from 'jose'
import t from 'tap'
import { ASSERTION_TYPE } from '../../../../plugins/oauth/clients/assertion.ts'
import { startServer } from '../../../helpers/server.ts'
import { CALLBACK, json, redeem, startHost, walk } from '../../../helpers/client-host.ts'

t.test('/token, /revoke and /introspect fetch nothing for a stranger, and store nothing (CL-01)', async (t) => {
  const host = await startHost(t)
  const { url: server, app } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  for (let index = 0; index < 20; index++) {
    const id = host.url(`/${index}`)
    host.answers.set(`/${index}`, json({ client_id: id, client_name: 'App', redirect_uris: [CALLBACK] }))
    const assertion = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: id, sub: id })).toString('base64url')}.AA`
    for (const path of ['/token', '/revoke', '/introspect']) {
      for (const fields of [
        { client_id: id },
        { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }
      ] as Array<Record<string, string>>) {
        const form = { grant_type: 'refresh_token', refresh_token: 'x', token: 'mcp_at_' + 'x'.repeat(65), ...fields }
        const answer = await fetch(server + path, { method: 'POST', body: new URLSearchParams(form) })
        t.match(
          { status: answer.status, body: await answer.json() },
          { status: 401, body: { error: 'invalid_client' } },
          path
        )
      }
    }
  }
  t.same(host.asked, [])
  for (const kind of ['clientDocument', 'clientKeys', 'usedAssertion']) { t.same(await Array.fromAsync(app.storage.collection(kind).all()), [], kind) }
  const known = { client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata', token: 'x' }
  t.equal(
    (await fetch(`${server}/revoke`, { method: 'POST', body: new URLSearchParams(known) })).status,
    200,
    'a well-known client needs no fetch'
  )
})

t.test(
  'once the copy of an app that somebody has allowed is stale, what its host says now counts at /token (CL-01)',
  async (t) => {
    let now = Math.floor(Date.now() / 1000)
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const id = host.url('/client.json')
    const document = { client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }
    host.answers.set('/client.json', json(document))
    const { form } = await walk(server, id)
    const tokens = (await (await redeem(server, form)).json()) as Record<string, string>
    const { publicKey } = await generateKeyPair('ES256', { extractable: true })
    const signed = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await exportJWK(publicKey)] } }
    host.answers.set('/client.json', json({ ...document, ...signed }))
    now += 301
    const refused = await redeem(server, {
      grant_type: 'refresh_token',
      client_id: id,
      refresh_token: tokens['refresh_token']!
    })
    t.equal(refused.status, 401)
    t.match(await refused.json(), { error: 'invalid_client', error_description: /must send a client_assertion/ })
  }
)

t.test('the copy of an app is gone, and a token of its is shown: its host is asked (CL-03)', async (t) => {
  const host = await startHost(t)
  const { url: server, app } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const id = host.url('/client.json')
  host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }))
  const { form } = await walk(server, id)
  const tokens = (await (await redeem(server, form)).json()) as Record<string, string>
  for await (const { id: key } of app.storage.collection('clientDocument').all()) { await app.storage.collection('clientDocument').delete(key) }
  const forged = tokens['access_token']!.slice(0, -43) + 'A'.repeat(43)
  t.equal(
    (await fetch(`${server}/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: id, token: forged }) }))
      .status,
    401,
    'a made-up token asks nobody'
  )
  t.equal(host.asked.length, 1)
  t.equal(
    (await redeem(server, { grant_type: 'refresh_token', client_id: id, refresh_token: tokens['refresh_token']! }))
      .status,
    200
  )
  t.equal(host.asked.length, 2)
  t.equal((await Array.fromAsync(app.storage.collection('clientDocument').all())).length, 1, 'kept again')
})
