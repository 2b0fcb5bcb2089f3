// Only ids that this server issued are clients, whatever became of its keys (threat CL-06).
import { authorizeUrl, CALLBACK, newClient, pkce, post, walk } from '../../../helpers/oauth.ts'
import t from 'tap'
import { createClientIds } from '../../../../plugins/oauth/clients/client-ids.ts'
import { openAuditJournals } from '../../../../plugins/observability/audit/journals.ts'
import { createSealing } from '../../../../plugins/secrets.ts'
import { Browser } from '../../../helpers/browser.ts'
import { census } from '../../../helpers/census.ts'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { storageTest } from '../../../helpers/storages.ts'
import { folder } from '../../../helpers/tool-context.ts'

/** Besides the audit log, which records a refusal once for each address. */
const recordsOf = async (server: TestServer) =>
  Object.entries(await census(server)).filter(([name]) => !name.startsWith('journal'))

storageTest('only ids that were given out are clients, and those of earlier versions (CL-06)', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { client_id: id } = await newClient(url)
  const [key, suffix] = id.split('.') as [string, string]
  const other = (await newClient(url, { client_name: 'Other' })).client_id.split('.')[0]!
  const changed = suffix.slice(0, -1) + (suffix.endsWith('A') ? 'B' : 'A')
  const unknown = `mcp_client_${'u'.repeat(32)}`
  const before = await recordsOf(server)
  const refusals = new Set<string>()
  for (const made of [
    unknown,
    `${unknown}.${suffix}`,
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
    const page = await new Browser().get(authorizeUrl(url, { client_id: made, code_challenge: pkce().challenge }))
    t.equal(page.status, 401, made)
    refusals.add(page.text.replace(/(?<=Request<\/dt><dd><code>)[^<]+/, ''))
    for (const path of ['/token', '/revoke', '/introspect']) {
      t.match(
        await post(url + path, { client_id: made, grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }),
        { status: 401, body: { error: 'invalid_client' } },
        `${path} ${made}`
      )
    }
  }
  t.equal(refusals.size, 1, 'one answer, whatever is nearly right')
  t.same(await recordsOf(server), before, 'nothing was written')
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
  'the keys are replaced, and ids that were given out before stay: under a key that still reads, and with a token that is shown (CL-06)',
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

t.test('an id holds its connection attempt for an hour, and nothing else is stored of it (OW-07)', async (t) => {
  const sealing = createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'])
  const ids = createClientIds(sealing)
  const id = ids.issueShared({} as never, 'abcdefghijklmnop', 1_800_000_000)
  t.equal(ids.isIssued(id), true)
  t.equal(ids.attemptOf(id, 1_800_003_000), 'abcdefghijklmnop')
  t.equal(ids.attemptOf(id, 1_800_007_300), undefined)
  const old = `${id.split('.')[0]}.${'r'.repeat(12)}`
  const earlier = old + sealing.mac('client id', old).slice(0, 22)
  t.same([ids.isIssued(earlier), ids.attemptOf(earlier, 0)], [true, undefined], 'ids of earlier versions stay good')
  t.equal(ids.isIssued(earlier.replace('rrr', 'rrs')), false)

  const { url, app } = await startServer(t)
  const clients = [await newClient(url), await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })]
  const registered: Array<string | undefined> = []
  await app.audit.flush()
  for await (const { event, attempt } of openAuditJournals(app.storage).all()) {
    if (event === 'registration') registered.push(attempt)
  }
  const found = await Promise.all(clients.map(async ({ client_id: id }) => (await app.clients.recall(id))?.attempt))
  t.same(found, registered)
  t.same(await Array.fromAsync(app.storage.collection('attempt').all()), [])
})
