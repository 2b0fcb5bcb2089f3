// What may be a metadata document, and whose documents are accepted (threats WB-09, CI-01, CI-02).
import t from 'tap'
import { checkDocument, documentUrl } from '../../../../plugins/oauth/clients/metadata-document.ts'
import { Browser } from '../../../helpers/browser.ts'
import { startServer } from '../../../helpers/server.ts'
import { authorizeUrl, CALLBACK, json, pkce, redeem, startHost, type Answer } from '../../../helpers/client-host.ts'

t.test('documents that are refused, each with a page and nowhere to go (WB-09)', async (t) => {
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

t.test('an id is an address in its normal form, with nothing hidden in its path (CI-01)', async (t) => {
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
  for (const user of ['u', 'u:p', ':p', ':', '']) t.equal(documentUrl(`https://${user}@app.example/c.json`, []), undefined, user)
  t.equal(documentUrl('http://app.example/clients/c.json', []), undefined)
})

t.test('ids that must never be fetched (CI-01, CI-02)', async (t) => {
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

t.test('trust policy: CLIENT_METADATA_HOSTS', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, {
    env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, CLIENT_METADATA_HOSTS: 'chatgpt.com' }
  })
  t.equal(
    (await new Browser().get(authorizeUrl(server, host.url('/client.json'), pkce().challenge))).status,
    401
  )
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

t.test('one redirect URI that cannot be used takes nothing from the others (WB-09)', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const used = 'http://127.0.0.1/callback'
  for (const [path, odd] of [
    ['/private-scheme', 'exampleapp://oauth/callback'],
    ['/upper-case', 'https://App.Example/cb'],
    ['/wildcard-port', 'http://localhost:*/callback'],
    ['/http-lan', 'http://printer.lan/cb']
  ] as const) {
    host.answers.set(path, json({ client_id: host.url(path), client_name: 'App', redirect_uris: [used, odd] }))
    const ask = (redirectUri: string) =>
      new Browser().get(authorizeUrl(server, host.url(path), pkce().challenge, redirectUri))
    t.equal((await ask('http://127.0.0.1:51000/callback')).status, 200, `${path}: the good one`)
    if (path === '/upper-case') continue
    const page = await ask(odd)
    t.match(
      { status: page.status, text: page.text },
      { status: 400, text: /Nothing was sent there/ },
      `${path}: ${odd}`
    )
  }
})

t.test('members that are empty or null are unset in a document as in a registration', async (t) => {
  const url = new URL('https://app.example/client.json')
  const rules = { ownOrigin: 'https://mcp.example.com', privateUse: [] }
  const document = { client_id: url.href, redirect_uris: [CALLBACK] }
  for (const name of ['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'jwks_uri', 'jwks', 'grant_types', 'token_endpoint_auth_method', 'token_endpoint_auth_methods_supported']) {
    for (const value of ['', null, []]) {
      t.match(
        checkDocument({ ...document, [name]: value }, url, rules),
        document,
        `${name}: ${JSON.stringify(value)}`
      )
    }
  }
  t.throws(() => checkDocument({ ...document, redirect_uris: ['warp://x'] }, url, rules), /has the scheme warp/)
})

t.test('an id has 512 characters at most (CI-02)', async (t) => {
  const idOf = (characters: number) => 'https://app.example/'.padEnd(characters, 'c')
  t.ok(documentUrl(idOf(512), []))
  t.equal(documentUrl(idOf(513), []), undefined)
})

t.test('a document names 50 redirect URIs and 20 keys at most (WB-09)', async (t) => {
  const url = new URL('https://app.example/client.json')
  const check = (uris: number, keys: number) => checkDocument({
    client_id: url.href,
    redirect_uris: Array.from({ length: uris }, (_, index) => `https://app.example/${index}`),
    jwks: { keys: Array.from({ length: keys }, () => ({ kty: 'RSA' })) }
  }, url, { ownOrigin: 'https://mcp.example.com', privateUse: [] })
  t.ok(check(50, 20))
  t.throws(() => check(51, 20), { message: /redirect_uris/ })
  t.throws(() => check(50, 21), { message: /jwks\.keys/ })
})
