// grant_type=refresh_token: scopes never widen, and one grant rotates no more than its share, with nothing consumed.
import t from 'tap'
import { SHARES } from '../../../plugins/limits/shares.ts'
import { narrowed } from '../../../routes/token/refresh-token.ts'
import { newClient, post, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

t.test('scopes: all of them, fewer, and never more', async (t) => {
  const grant = { scopes: ['mcp:read', 'mcp:write'] }
  t.equal(narrowed(undefined, grant), undefined)
  t.equal(narrowed(' ', grant), undefined)
  t.same(narrowed('mcp:read  mcp:read', grant), ['mcp:read'])
  t.throws(() => narrowed('mcp:read admin', grant), { code: 'invalid_scope' })
})

t.test('beyond its share a refresh gets 429 and its token stays current; other grants go on (OW-06)', async (t) => {
  let now = 1_800_000_000
  const { url, app } = await startServer(t, { now: () => now, env: { RATE_LIMITS: 'on' } })
  const client = await newClient(url)
  const refresh = (token: string) =>
    post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token })
  const other = await tokensFor(url, client)
  let { refresh: token } = await tokensFor(url, client)
  const first = token
  for (let count = 0; count < SHARES.refresh; count++) token = String((await refresh(token)).body['refresh_token'])
  const refused = await refresh(token)
  t.match(refused, { status: 429, body: { error: 'too_many_requests' } })
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.equal(
    (await app.grants.findByRefreshToken(first))!.refresh!.generation, SHARES.refresh, 'nothing was consumed'
  )
  t.equal((await refresh(other.refresh)).status, 200)
  now += 60
  t.equal((await refresh(token)).status, 200)
})

t.test('a retry that asks for other scopes has a token written, and is a part of the share; any other is not (OW-06)', async (t) => {
  let now = 1_800_000_000
  const { url, app } = await startServer(t, { now: () => now, env: { RATE_LIMITS: 'on' } })
  const client = await newClient(url)
  const { refresh: first } = await tokensFor(url, client)
  const refresh = (scope?: string) =>
    post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: first, scope })
  const { body } = await refresh()
  const { id } = (await app.grants.findByRefreshToken(first))!
  const used = 2
  for (let count = used; count < SHARES.refresh; count++) app.limits.checkShare('refresh', id, {} as never)()
  t.match(
    await refresh('mcp:read'), { status: 200, body: { scope: 'mcp:read', refresh_token: body['refresh_token'] } }
  )
  t.match(
    await refresh('mcp:write mcp:read'), { status: 429, body: { error: 'too_many_requests' } }
  )
  t.equal(
    Object.keys((await app.grants.findByRefreshToken(first))!.accessTokens).length, 3, 'nothing was written'
  )
  t.match(
    await refresh(), { status: 200, body: { access_token: body['access_token'] } }, 'the same tokens again'
  )
  now += 60
  t.match(
    await refresh('mcp:read'), { status: 400, body: { error: 'invalid_grant' } }, 'and reuse ends the grant'
  )
})
