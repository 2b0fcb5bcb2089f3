// Client metadata documents and private_key_jwt, over real HTTP: what is fetched, what is refused, and what proves a
// client (requirements R1–R8; threats CI-01, CI-02, WB-09).
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import t, { type Test } from 'tap'
import { ASSERTION_TYPE } from '../../plugins/oauth/clients/assertion.ts'
import { documentUrl } from '../../plugins/oauth/clients/metadata-document.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'

const CALLBACK = 'https://app.example/callback'
type Answer = (response: ServerResponse, url: string) => void

const json =
  (body: unknown, headers: Record<string, string> = {}): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    }

/** The app's own web server, with what it answers by path, and the paths it was asked for. */
async function startHost (t: Test) {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const answer = answers.get(request.url!)
    if (answer) answer(response, request.url!)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { answers, asked, host, url: (path: string) => `http://${host}${path}` }
}

const pkce = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}
const authorizeUrl = (server: string, clientId: string, challenge: string, redirectUri = CALLBACK) =>
  `${server}/authorize?${new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, code_challenge: challenge, code_challenge_method: 'S256', state: 's' })}`

/** From the authorization request to a code, as the demo user. */
async function walk (server: string, clientId: string) {
  const { verifier, challenge } = pkce()
  const browser = new Browser()
  const consent = await browser.submit(
    await browser.get(authorizeUrl(server, clientId, challenge)),
    ({ fields }) => fields['backend'] === 'demo'
  )
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  return {
    browser,
    consent,
    form: {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: browser.left!.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: verifier
    }
  }
}
const redeem = (server: string, form: Record<string, string>) =>
  fetch(`${server}/token`, { method: 'POST', body: new URLSearchParams(form) })

t.test('R1, R2: a document is fetched once while it is fresh, and its client signs its user in', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const id = host.url('/client.json')
  host.answers.set(
    '/client.json',
    json(
      {
        client_id: id,
        client_name: 'Documented',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
      },
      { 'cache-control': 'max-age=3600' }
    )
  )
  const { consent, form } = await walk(server, id)
  t.match(consent.text, 'Documented')
  t.match(consent.text, 'app.example')
  const tokens = await redeem(server, form)
  t.equal(tokens.status, 200)
  t.type(((await tokens.json()) as Record<string, unknown>)['refresh_token'], 'string')
  t.equal(host.asked.length, 1)
  t.equal(
    (await new Browser().get(authorizeUrl(server, id, pkce().challenge, 'https://other.example/cb'))).status,
    400,
    'a redirect URI the document does not list'
  )
})

t.test('WB-09: documents that are refused, each with a page and nowhere to go', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const good = (path: string) => ({ client_id: host.url(path), client_name: 'App', redirect_uris: [CALLBACK] })
  const cases: Record<string, Answer> = {
    '/redirect': (response) => {
      response.writeHead(302, { location: host.url('/good') }).end()
    },
    '/large': json({ ...good('/large'), filler: 'x'.repeat(6_000) }),
    '/html': (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(JSON.stringify(good('/html')))
    },
    '/broken': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"client_id":')
    },
    '/other-id': json(good('/good')),
    '/no-redirects': json({ ...good('/no-redirects'), redirect_uris: [] }),
    '/script': json({ ...good('/script'), redirect_uris: ['javascript:alert(1)'] }),
    '/secret': json({ ...good('/secret'), token_endpoint_auth_method: 'client_secret_post' }),
    '/array': json([]),
    '/missing': (response) => {
      response.writeHead(404).end()
    }
  }
  for (const [path, answer] of Object.entries(cases)) {
    host.answers.set(path, answer)
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(server, host.url(path), pkce().challenge))
    t.ok(page.status === 401 || page.status === 503, `${path}: ${page.status}`)
    t.equal(browser.left, undefined)
    t.notMatch(page.text, /type="password"/)
  }
  t.notOk(host.asked.includes('/good'), 'redirects are not followed')
  const before = host.asked.length
  await new Browser().get(authorizeUrl(server, host.url('/missing'), pkce().challenge))
  t.equal(host.asked.length, before, 'a failure is not tried again at once')
})

t.test('CI-01: an id is an address in its normal form, with nothing hidden in its path', async (t) => {
  t.match(documentUrl('https://app.example/clients/c.json', []), { href: 'https://app.example/clients/c.json' })
  for (const path of [
    '/clients/..%2f%2e%2e%2fother.json',
    '/a%2Ejson',
    '/%2e%2e/c.json',
    ':443/c.json',
    '',
    '/',
    '/c.json#'
  ]) {
    t.equal(documentUrl(`https://app.example${path}`, []), undefined, path)
  }
  t.equal(documentUrl('http://app.example/clients/c.json', []), undefined)
})

t.test('CI-01, CI-02: ids that must never be fetched', async (t) => {
  const canary = await startHost(t)
  const { url: server } = await startServer(t)
  const { port } = new URL(canary.url('/'))
  const ids = [
    ...[
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      '127.1',
      'localhost.',
      'user@127.0.0.1'
    ].flatMap((name) => [`https://${name}:${port}/c.json`, `http://${name}:${port}/c.json`]),
    `gopher://127.0.0.1:${port}/c`,
    'https://app.example',
    'https://app.example/',
    'https://app.example/a/../c',
    'https://app.example/%2e%2e/c',
    'https://app.example/c#f',
    'https://u:p@app.example/c',
    'https://app.example\\c',
    'https://app.example/c\nx',
    'https://169.254.169.254/c',
    'https://10.0.0.1/c'
  ]
  for (const id of ids) {
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(server, id, pkce().challenge))
    t.ok([400, 401].includes(page.status), `${id}: ${page.status}`)
    t.equal(browser.left, undefined)
    t.ok(
      [400, 401].includes(
        (await redeem(server, { grant_type: 'authorization_code', client_id: id, code: 'x', code_verifier: 'y' }))
          .status
      )
    )
  }
  t.same(canary.asked, [])
})

t.test(
  'R8: a well-known client is known even when its host cannot be reached, and a stale copy serves others',
  async (t) => {
    let now = 1_800_000_000
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const page = await new Browser().get(
      authorizeUrl(
        server,
        'https://chatgpt.com/oauth/client.json',
        pkce().challenge,
        'https://chatgpt.com/connector_platform_oauth_redirect'
      )
    )
    t.equal(page.status, 200)
    t.match(page.text, 'ChatGPT')

    const id = host.url('/client.json')
    host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }))
    const { form } = await walk(server, id)
    t.equal((await redeem(server, form)).status, 200)
    for (const [name, answer] of Object.entries(badAnswers(host, id))) {
      host.answers.set('/client.json', answer)
      for (let day = 0; day < 3; day++) {
        now += 86_400
        const again = await new Browser().get(authorizeUrl(server, id, pkce().challenge))
        t.match({ status: again.status, url: again.url }, { status: 200, url: /\/login/ }, `${name}, day ${day}`)
      }
    }
  }
)

/** What a host may come to say. */
const badAnswers = (host: { url(path: string): string }, id: string): Record<string, Answer> => ({
  gone: (response) => {
    response.writeHead(404).end()
  },
  'in trouble': (response) => {
    response.writeHead(500).end()
  },
  'no JSON': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>')
  },
  'another id': json({ client_id: host.url('/other'), client_name: 'Documented', redirect_uris: [CALLBACK] }),
  'no redirects': json({ client_id: id, client_name: 'Documented', redirect_uris: [] }),
  'a cut body': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '3000' }).write('{')
    setTimeout(() => response.destroy(), 20)
  }
})

t.test('CL-01: /token, /revoke and /introspect fetch nothing for a stranger, and store nothing', async (t) => {
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

t.test('CL-02: what strangers look at is counted by address, and stored only when somebody allows it', async (t) => {
  const host = await startHost(t)
  const { url: server, app } = await startServer(t, {
    env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, RATE_LIMITS: 'registration=5' }
  })
  const serve = (path: string) => {
    host.answers.set(
      path,
      json(
        { client_id: host.url(path), client_name: 'App', redirect_uris: [CALLBACK] },
        { 'cache-control': 'max-age=30' }
      )
    )
    return host.url(path)
  }
  const stored = async () => (await Array.fromAsync(app.storage.collection('clientDocument').all())).length
  const known = serve('/known')
  const { form } = await walk(server, known)
  t.equal(await stored(), 1, 'a consent')
  t.equal((await redeem(server, form)).status, 200)
  const statuses: number[] = []
  for (let index = 0; index < 10; index++) { statuses.push((await new Browser().get(authorizeUrl(server, serve(`/${index}`), pkce().challenge))).status) }
  t.same(statuses, [200, 200, 200, 200, 429, 429, 429, 429, 429, 429])
  t.equal(host.asked.length, 5)
  t.equal(await stored(), 1)
  t.equal(
    (await new Browser().get(authorizeUrl(server, known, pkce().challenge))).status,
    200,
    'the app that somebody has allowed goes on'
  )
})

t.test('CL-03: an app whose host stalls or errs costs its person no page, and no way to disconnect it', async (t) => {
  let now = 1_800_000_000
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
  const id = host.url('/client.json')
  const good = json(
    { client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] },
    { 'cache-control': 'max-age=30' }
  )
  host.answers.set('/client.json', good)
  const { browser, form } = await walk(server, id)
  const tokens = (await (await redeem(server, form)).json()) as Record<string, string>
  host.answers.set('/client.json', () => {})
  now += 3_600
  const before = host.asked.length
  const account = await browser.get(`${server}/account`)
  t.match(
    { status: account.status, text: account.text },
    { status: 200, text: /Documented[\s\S]*Verified: <bdi[^>]*>127\.0\.0\.1/ }
  )
  t.equal(host.asked.length, before, 'the page asks nobody')
  const refreshed = await redeem(server, {
    grant_type: 'refresh_token',
    client_id: id,
    refresh_token: tokens['refresh_token']!
  })
  t.equal(refreshed.status, 200, 'the copy serves')
  const gone = await browser.submit(account, ({ fields }) => 'app' in fields)
  t.equal(gone.status, 200)
  t.notMatch(gone.text, 'Documented</bdi></h3>')
})

t.test(
  'CL-01: once the copy of an app that somebody has allowed is stale, what its host says now counts at /token',
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

t.test('CL-03: the copy of an app is gone, and a token of its is shown: its host is asked', async (t) => {
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

t.test('trust policy: CLIENT_METADATA_HOSTS', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, {
    env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, CLIENT_METADATA_HOSTS: 'chatgpt.com' }
  })
  t.equal((await new Browser().get(authorizeUrl(server, host.url('/client.json'), pkce().challenge))).status, 401)
  for (const near of [
    'https://evilchatgpt.com/c.json',
    'https://chatgpt.com.evil.example/c.json',
    'https://www.chatgpt.com/c.json'
  ]) {
    const page = await new Browser().get(authorizeUrl(server, near, pkce().challenge))
    t.match({ status: page.status, text: page.text }, { status: 401, text: /not accepted here/ }, near)
  }
  t.same(host.asked, [])
})

t.test('R5, R6: private_key_jwt', async (t) => {
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
  "R5, R6: an assertion counts once for as long as it would be taken, and its id is its client's own",
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

t.test(
  'CL-04: whatever is wrong with keys and claims of a client is invalid_client, and no fault of the server',
  async (t) => {
    const host = await startHost(t)
    const lines: string[] = []
    const logTo = new Writable({
      write (chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      }
    })
    let now = Math.floor(Date.now() / 1000)
    const { url: server, app } = await startServer(t, {
      env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, LOG_LEVEL: 'info' },
      logTo,
      now: () => now
    })
    const id = host.url('/c.json')
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
    const good = { ...(await exportJWK(publicKey)), alg: 'RS256' }
    const serve = (keys: unknown) =>
      host.answers.set(
        '/c.json',
        json({
          client_id: id,
          client_name: 'Signer',
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: keys
        })
      )
    serve({ keys: [good] })
    const { form } = await walk(server, id)
    const part = (value: unknown) =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
    const claims = (more: object = {}) => ({
      iss: id,
      sub: id,
      aud: server,
      exp: now + 60,
      iat: now,
      jti: randomUUID(),
      ...more
    })
    const refused = async (assertion: string, name: string) => {
      for (const path of ['/token', '/revoke', '/introspect']) {
        const answer = await fetch(server + path, {
          method: 'POST',
          body: new URLSearchParams({
            ...form,
            token: 'x',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: assertion
          })
        })
        t.match(
          { status: answer.status, body: await answer.json() },
          { status: 401, body: { error: 'invalid_client' } },
          `${path}: ${name.slice(0, 80)}`
        )
      }
    }
    const big = (bytes: number, byte = 0xc5) => Buffer.alloc(bytes, byte).toString('base64url')
    const keys: unknown[] = [
      { kty: 'RSA', n: 123, e: 'AQAB' },
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
      { kty: 'RSA', n: big(64), e: 'AQAB' },
      { kty: 'RSA', n: big(256), e: big(200, 0xff) },
      { kty: 'RSA', n: big(2048), e: 'AQAB' },
      { kty: 'RSA', n: big(256), e: 'AQAB', d: 'AA' },
      { kty: 'RSA', n: big(256), e: 'AQAB', key_ops: ['sign'] },
      { kty: 'RSA', n: big(256), e: '' },
      { kty: 'RSA' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 'EC', crv: 'P-256', x: big(32), y: big(32) },
      { kty: 'EC', crv: 'P-256', x: big(32) },
      { kty: 'EC', crv: 'P-521', x: big(66), y: big(66) },
      { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
      { kty: 'OKP', crv: 'Ed25519', x: big(32, 0xff) },
      { kty: 'OKP', crv: 'X25519', x: big(32) },
      { kty: 'oct', k: 'AAAA' },
      { kty: null },
      { kty: ['RSA'] },
      {},
      { __proto__: null, kid: 7 }
    ]
    for (const key of keys) {
      serve({ keys: [key] })
      now += 400
      for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']) { await refused(`${part({ alg })}.${part(claims())}.${big(64, 1)}`, JSON.stringify(key)) }
    }
    serve({ keys: [good] })
    now += 400
    const signed = (payload: object) =>
      new SignJWT(payload as never).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    const odd = [
      { jti: 5 },
      { jti: null },
      { jti: '' },
      { jti: 'x'.repeat(600) },
      { jti: ['a'] },
      { exp: null },
      { exp: 'soon' },
      { exp: 1e300 },
      { exp: -1 },
      { sub: 5 },
      { sub: null },
      { sub: {} },
      { iss: ['x'] },
      { aud: 5 },
      { aud: {} },
      { aud: [] },
      { nbf: 'x' },
      { nbf: 9e15 },
      { iat: 'x' }
    ]
    for (const claim of odd) await refused(await signed(claims(claim)), JSON.stringify(claim))
    for (const sub of [123, null, {}, [], true, ['x'], '__proto__', '', 'x'.repeat(5_000)]) {
      const { client_id: _, ...anonymous } = form
      for (const path of ['/token', '/revoke', '/introspect']) {
        const answer = await fetch(server + path, {
          method: 'POST',
          body: new URLSearchParams({
            ...anonymous,
            token: 'x',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: `${part({ alg: 'RS256' })}.${part({ sub })}.AA`
          })
        })
        t.equal(answer.status, 401, `${path}: sub ${JSON.stringify(sub).slice(0, 30)}`)
      }
    }
    for (const text of [
      '',
      '.',
      '..',
      'a.b.c',
      `${part('null')}.${part('null')}.AA`,
      `${part('[]')}.${part('[]')}.AA`,
      `${part('{"alg":{}}')}.${part(claims())}.AA`,
      `${part('{"alg":"RS256","crit":["b64"],"b64":false}')}.${part(claims())}.AA`,
      `${part({ alg: 'RS256', kid: 'x'.repeat(9_000) })}.${part(claims())}.AA`
    ]) { await refused(text === '' ? ' ' : text, text) }
    t.same(await Array.fromAsync(app.storage.collection('usedAssertion').all()), [], 'nothing was spent')
    t.same(
      lines.filter((line) => /request failed/.test(line)),
      []
    )
    t.equal(
      (
        await redeem(server, {
          ...form,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await signed(claims())
        })
      ).status,
      400,
      'the code has expired by now: the client itself is taken'
    )
  }
)

t.test(
  'CL-04: keys that an address names are kept while it is away, and not read again for every name of a key',
  async (t) => {
    let now = Math.floor(Date.now() / 1000)
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const id = host.url('/c.json')
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    host.answers.set(
      '/c.json',
      json(
        {
          client_id: id,
          client_name: 'Signer',
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: host.url('/keys')
        },
        { 'cache-control': 'max-age=86400' }
      )
    )
    host.answers.set(
      '/keys',
      json({
        keys: [
          { kty: 'oct', k: 'AAAA' },
          { ...(await exportJWK(publicKey)), kid: 'one' }
        ]
      })
    )
    const assert = async (kid: string) => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(server)
        .setJti(randomUUID())
        .setExpirationTime(now + 60)
        .sign(privateKey)
    })
    const { form } = await walk(server, id)
    let tokens = (await (await redeem(server, { ...form, ...(await assert('one')) })).json()) as Record<string, string>
    t.type(tokens['access_token'], 'string')
    for (let index = 0; index < 10; index++) { t.equal((await redeem(server, { ...form, ...(await assert(`made up ${index}`)) })).status, 401) }
    t.equal(host.asked.filter((path) => path === '/keys').length, 1)
    host.answers.set('/keys', (response) => {
      response.writeHead(500).end()
    })
    for (let hour = 0; hour < 3; hour++) {
      now += 3_600
      tokens = (await (
        await redeem(server, {
          grant_type: 'refresh_token',
          client_id: id,
          refresh_token: tokens['refresh_token']!,
          ...(await assert('one'))
        })
      ).json()) as Record<string, string>
      t.type(tokens['access_token'], 'string', `${hour + 1} hours later`)
    }
  }
)

t.test('CL-09: the consent page of a document says no more for the app than that of a registration', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const { hostname } = new URL(host.url('/'))
  const consentOf = async (path: string, redirectUri: string, website: string) => {
    host.answers.set(
      path,
      json({ client_id: host.url(path), client_name: 'ChatGPT', client_uri: website, redirect_uris: [redirectUri] })
    )
    const browser = new Browser()
    const page = await browser.submit(
      await browser.get(authorizeUrl(server, host.url(path), pkce().challenge, redirectUri)),
      ({ fields }) => fields['backend'] === 'demo'
    )
    return page.text.slice(page.text.indexOf('<h1>'), page.text.indexOf('What it may do')).replaceAll(/\s+/g, ' ')
  }
  const elsewhere = await consentOf('/elsewhere', 'https://evil.example/cb', 'https://chatgpt.com')
  t.match(
    elsewhere,
    `Its description is published at <bdi class="host">${host.host}</bdi>. Only this host is verified, the name is <strong>not verified</strong>`
  )
  t.match(elsewhere, 'You go on to <strong>another host</strong>')
  t.notMatch(elsewhere, 'chatgpt.com', 'no website of somebody else')
  t.match(
    await consentOf('/site', 'https://evil.example/cb', `http://${host.host}/about`),
    `href="http://${host.host}/about"`,
    'one on the same host'
  )
  const own = await consentOf('/own', `https://${hostname}/cb`, 'https://chatgpt.com')
  t.match(own, 'the name is <strong>not verified</strong>')
  t.notMatch(own, 'another host')
  const program = await consentOf('/program', 'http://localhost:4000/cb', 'https://chatgpt.com')
  t.match(program, 'That does not show which program is asking: the name is <strong>not verified</strong>')
  t.match(program, 'Any program here could ask under this name')
  const browser = new Browser()
  const claude = await browser.submit(
    await browser.get(
      authorizeUrl(
        server,
        'https://claude.ai/oauth/mcp-oauth-client-metadata',
        pkce().challenge,
        'https://claude.com/api/mcp/auth_callback'
      )
    ),
    ({ fields }) => fields['backend'] === 'demo'
  )
  t.match(claude.text, 'This host is verified')
  t.notMatch(claude.text, /class="warning"/, 'an address that a well-known app is known to return to')
})
