// private_key_jwt: what proves a client, and that an assertion counts once (requirements R5, R6).
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import t from 'tap'
import { ASSERTION_TYPE, checkAssertion, type AssertionOptions } from '../../../../plugins/oauth/clients/assertion.ts'
import { createShares, SHARES } from '../../../../plugins/limits/shares.ts'
import { Browser } from '../../../helpers/browser.ts'
import { startServer } from '../../../helpers/server.ts'
import { authorizeUrl, CALLBACK, json, pkce, redeem, startHost, walk } from '../../../helpers/client-host.ts'

t.test('private_key_jwt (R5, R6)', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256')
  host.answers.set('/jwks.json', json({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' }] }))
  const describe = (path: string, more: Record<string, unknown>) => {
    host.answers.set(
      path,
      json({
        client_id: host.url(path),
        client_name: 'Signer',
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: host.url('/jwks.json'),
        ...more
      })
    )
    return host.url(path)
  }
  const must = describe('/must.json', {})
  const may = describe('/may.json', { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] })

  const sign = (
    id: string,
    {
      key = privateKey as CryptoKey,
      issuer = id,
      subject = id,
      audience = server,
      life = '5m',
      jti = randomUUID() as string | null
    } = {}
  ) => {
    const token = new SignJWT()
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(life)
    return (jti === null ? token : token.setJti(jti)).sign(key)
  }
  const assertion = async (token: Promise<string>) => ({
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await token
  })

  const first = await walk(server, must)
  const refused: Record<string, Record<string, string>> = {
    'no assertion': {},
    "a stranger's key": await assertion(sign(must, { key: stranger.privateKey })),
    'another audience': await assertion(sign(must, { audience: 'https://other.example' })),
    expired: await assertion(sign(must, { life: '-5m' })),
    'an hour long': await assertion(sign(must, { life: '1h' })),
    'twelve minutes long': await assertion(sign(must, { life: '12m' })),
    'no jti': await assertion(sign(must, { jti: null })),
    'another client': await assertion(sign(may)),
    'made by another client about this one': await assertion(sign(must, { issuer: may })),
    'made by this client about another one': await assertion(sign(must, { subject: may })),
    unsigned: {
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: must, sub: must })).toString('base64url')}.`
    },
    'another type': { client_assertion_type: 'urn:other', client_assertion: await sign(must) },
    garbage: { client_assertion_type: ASSERTION_TYPE, client_assertion: 'x.y.z' }
  }
  for (const [name, fields] of Object.entries(refused)) {
    const answer = await redeem(server, { ...first.form, ...fields })
    t.equal(answer.status, 401, name)
    t.match(await answer.json(), { error: 'invalid_client' }, name)
  }
  const token = sign(must)
  const twice = await redeem(server, { ...first.form, ...(await assertion(token)), client_secret: 'x' })
  t.match(
    { status: twice.status, body: await twice.json() },
    { status: 400, body: { error: 'invalid_request' } },
    'two proofs at once'
  )
  t.equal(
    (await redeem(server, { ...first.form, ...(await assertion(token)) })).status,
    200,
    'none of the refusals spent the code'
  )
  t.equal(
    (await redeem(server, { ...first.form, ...(await assertion(token)) })).status,
    401,
    'an assertion counts once'
  )

  const second = await walk(server, may)
  t.equal(
    (await redeem(server, { ...second.form, ...(await assertion(sign(may, { key: stranger.privateKey }))) })).status,
    401,
    'an assertion that is sent is checked'
  )
  t.equal((await redeem(server, second.form)).status, 200, 'PKCE is enough where the document says so')
  const third = await walk(server, may)
  t.equal(
    (await redeem(server, { ...third.form, ...(await assertion(sign(may, { audience: `${server}/token` }))) })).status,
    200
  )
})

t.test(
  "an assertion counts once for as long as it would be taken, and its id is its client's own (R5, R6)",
  async (t) => {
    let now = Math.floor(Date.now() / 1000)
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwks = { keys: [await exportJWK(publicKey)] }
    const [one, other] = ['/one.json', '/other.json'].map((path) => {
      const id = host.url(path)
      const signer = {
        client_name: 'Signer',
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks
      }
      host.answers.set(path, json({ client_id: id, ...signer }))
      return id
    }) as [string, string]
    const assertion = async (id: string, jti: string) => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await new SignJWT()
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(server)
        .setJti(jti)
        .setExpirationTime(now + 60)
        .sign(privateKey)
    })
    const [ofOne, ofOther] = [await walk(server, one), await walk(server, other)]
    const shown = await assertion(one, 'first')
    const tokens = (await (await redeem(server, { ...ofOne.form, ...shown })).json()) as Record<string, string>
    const sameId = await redeem(server, { ...ofOther.form, ...(await assertion(other, 'first')) })
    t.equal(sameId.status, 200, 'another client may call it the same')
    // It is expired, and within what clocks may differ.
    now += 119
    const refresh = { grant_type: 'refresh_token', client_id: one, refresh_token: tokens['refresh_token']! }
    const again = await redeem(server, { ...refresh, ...shown })
    t.equal(again.status, 401)
    t.match(await again.json(), { error: 'invalid_client', error_description: /used before/ })
    t.equal(
      (await redeem(server, { ...refresh, ...(await assertion(one, 'second')) })).status,
      200,
      'and the refusal spent nothing'
    )
  }
)

t.test('an app that no person has allowed leaves nothing behind, however often it signs (OW-02, OW-03)', async (t) => {
  const host = await startHost(t)
  const { url: server, app } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  const serve = (path: string, keys: object) => {
    const id = host.url(path)
    const document = { client_id: id, client_name: 'Mallory', redirect_uris: [CALLBACK], ...keys }
    host.answers.set(path, json({ ...document, token_endpoint_auth_method: 'private_key_jwt' }))
    return id
  }
  host.answers.set('/keys', json({ keys: [jwk] }))
  const ids = [serve('/inline', { jwks: { keys: [jwk] } }), serve('/elsewhere', { jwks_uri: host.url('/keys') })]
  const post = async (path: string, id: string) => {
    const assertion = new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg: 'ES256' })
    const signed = assertion.setIssuer(id).setSubject(id).setAudience(server).setExpirationTime('5m').sign(privateKey)
    const form = { grant_type: 'authorization_code', code: 'x', code_verifier: 'y'.repeat(43), token: 'x' }
    const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: await signed }
    return fetch(server + path, { method: 'POST', body: new URLSearchParams({ ...form, ...proof }) })
  }
  for (const id of ids) {
    t.equal((await new Browser().get(authorizeUrl(server, id, pkce().challenge))).status, 200, 'a stranger looks at it')
    for (const path of ['/token', '/revoke', '/introspect']) {
      const answer = await post(path, id)
      t.match({ status: answer.status, body: await answer.json() }, { status: 401, body: { error: 'invalid_client' } })
    }
  }
  t.notOk(host.asked.includes('/keys'), 'nothing that its document names is fetched')
  const allowedId = ids[0]!
  await walk(server, allowedId)
  for (let count = 0; count < 3; count++) t.equal((await post('/token', allowedId)).status, 400, 'a made-up code')
  for (const kind of ['usedAssertion', 'clientKeys']) {
    t.same(await Array.fromAsync(app.storage.collection(kind).all()), [], kind)
  }
})

t.test('an assertion that was used is refused, also where nothing of the client is shown, and one that lasts too long (OW-02)', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const id = 'https://app.example/client.json'
  const end = 1_800_000_000
  const claims = { iss: id, sub: id, aud: 'https://mcp.example.com', jti: 'once', exp: end }
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
  const keys = [await exportJWK(publicKey)]
  const state = { isUsed: false, now: end }
  const options = {
    audience: ['https://mcp.example.com'],
    used: { find: async () => (state.isUsed ? { used: true } : undefined) },
    keys: { find: async () => keys },
    limits: {},
    now: () => state.now
  } as unknown as AssertionOptions
  const client = { id, keys: { isAllowed: false }, findHolder: async () => undefined }
  const checkAt = async (now: number) => {
    state.now = now
    await checkAssertion(token, client, options, {} as never)
  }
  for (const before of [660, 0, -59]) await checkAt(end - before)
  for (const before of [661, -60]) await t.rejects(checkAt(end - before), { code: 'invalid_client' }, `${before} seconds before its end`)
  state.isUsed = true
  await t.rejects(checkAt(end), { code: 'invalid_client' })
})

t.test('what is remembered of the assertions of all apps of one person has a share (OW-06)', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = [await exportJWK(publicKey)]
  const remembered = new Set<string>()
  const options = {
    audience: ['https://mcp.example.com'],
    used: { create: async (id: string) => remembered.add(id).has(id) },
    keys: { find: async () => keys },
    limits: { checkShare: createShares(() => 0, { recordLimit () {} }) },
    now: () => Date.now() / 1000
  } as unknown as AssertionOptions
  const show = async (number: number, holder: string) => {
    const id = `https://app.example/${number}.json`
    const token = new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg: 'ES256' }).setIssuer(id).setSubject(id)
    const signed = await token.setAudience('https://mcp.example.com').setExpirationTime('5m').sign(privateKey)
    await checkAssertion(signed, { id, keys: { isAllowed: true }, findHolder: async () => holder }, options, {} as never)
  }
  // All but the last of the share.
  for (let count = 1; count < SHARES.assertion; count++) options.limits.checkShare('assertion', 'of ann', {} as never)()
  await show(1, 'ann')
  await t.rejects(show(2, 'ann'), { code: 'too_many_requests' }, 'another app of hers')
  t.equal(remembered.size, 1)
  await show(2, 'bob')
})
