// GET /authorize and the pages behind it: what is refused before any redirect, what goes home to the app, and that a sign-in belongs to one browser (threats AZ, LG; OAuth 2.1 §4.1).
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, ping, post, register, walk, type Fields } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'

storageTest('AZ-01..12: before client and redirect URI are right there is a page, no form, no redirect', async (t, start) => {
  const { url } = await start()
  const { challenge } = pkce()
  const web = await newClient(url, { redirect_uris: ['https://app.example/callback?x=1'] })
  const two = await newClient(url, { redirect_uris: [CALLBACK, 'https://app.example/second'] })
  const loopback = await newClient(url, { redirect_uris: ['http://127.0.0.1:4000/cb'] })
  const registered = 'https://app.example/callback?x=1'
  const clientIds = [undefined, '', 'nobody', '__proto__', '*', "' OR 1=1 --", 'x'.repeat(4096), 'https://127.0.0.1/c']
  const redirects = [
    'https://app.example/callback', `${registered}&y=2`, `${registered}#f`, `${registered}/evil`, 'https://app.example.evil.example/callback?x=1', 'https://app.example/', 'https://app.example/callback/../evil?x=1',
    'https://user@app.example/callback?x=1', 'https://app.example:444/callback?x=1', 'https://app.example:443/callback?x=1', 'https://APP.example/callback?x=1', 'https://app.example/%63allback?x=1', 'https://app.example./callback?x=1',
    'https://app.example\\@evil.example/callback?x=1', '//app.example/callback?x=1', 'javascript:alert(1)', 'data:text/html,x', `${registered}\r\nx: y`, ` ${registered}`, `${registered},https://evil.example`, 'https://аpp.example/callback?x=1', `${url}/login`
  ]
  const loopbacks = ['http://127.0.0.1:4001/other', 'http://127.0.0.1:4001/cb?q=1', 'http://127.0.0.1:4001/CB', 'https://127.0.0.1:4001/cb', 'http://localhost:4001/cb', 'http://[::1]:4001/cb', 'http://127.1:4001/cb', 'http://0x7f.0.0.1:4001/cb', 'http://u@127.0.0.1:4001/cb', 'http://127.0.0.1:99999/cb', 'http://127.0.0.1:4001@evil.example/cb']
  const cases: Fields[] = [
    ...clientIds.map((id) => ({ client_id: id })),
    { client_id: two.client_id, redirect_uri: undefined },
    ...redirects.map((uri) => ({ client_id: web.client_id, redirect_uri: uri })),
    ...loopbacks.map((uri) => ({ client_id: loopback.client_id, redirect_uri: uri })),
    { client_id: CHATGPT, redirect_uri: CALLBACK },
    { client_id: CHATGPT, redirect_uri: undefined },
    { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com/connector/oauth/a/b' },
    { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com.evil.example/connector_platform_oauth_redirect' }
  ]
  for (const fields of cases) {
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(url, { code_challenge: challenge, state: 's', ...fields }))
    t.match({ status: page.status, left: browser.left, forms: page.forms.length }, { status: /^4\d\d$/, left: undefined, forms: 0 }, JSON.stringify(fields).slice(0, 120))
  }
})

storageTest('AZ-13..16, 25..28: what is wrong with the request', async (t, start) => {
  const { url } = await start()
  const { challenge } = pkce()
  const client = await newClient(url)
  const cases: Array<[Fields, string]> = [
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge_method: undefined }, 'invalid_request'],
    [{ code_challenge_method: 's256' }, 'invalid_request'],
    [{ code_challenge: 'abcde' }, 'invalid_request'],
    [{ code_challenge: 'a'.repeat(129) }, 'invalid_request'],
    [{ code_challenge: challenge.slice(1) + '=' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'code token' }, 'unsupported_response_type'],
    [{ response_type: 'CODE' }, 'unsupported_response_type'],
    [{ response_type: undefined }, 'invalid_request'],
    [{ scope: 'admin *' }, 'invalid_scope'],
    [{ resource: 'https://evil.example' }, 'invalid_target'],
    [{ resource: `${url}#x` }, 'invalid_target'],
    [{ resource: 'x' }, 'invalid_target'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ response_mode: 'form_post' }, 'invalid_request'],
    [{ request: 'x.y.z' }, 'request_not_supported'],
    [{ request_uri: 'https://evil.example/r' }, 'request_uri_not_supported']
  ]
  const { browser: signedIn } = await walk(url, client)
  for (const [fields, error] of cases) {
    const all = { client_id: client.client_id, code_challenge: challenge, state: 'ä &=#', ...fields }
    const stranger = new Browser()
    const page = await stranger.get(authorizeUrl(url, all))
    t.match({ status: page.status, left: stranger.left }, { status: 400, left: undefined }, `AZ-36: ${error} is a page for a signed-out browser`)
    t.match(page.text, error)
    await signedIn.get(authorizeUrl(url, all))
    const { left } = signedIn
    t.match({ to: left?.origin + (left?.pathname ?? ''), error: left?.searchParams.get('error'), state: left?.searchParams.getAll('state'), iss: left?.searchParams.getAll('iss'), code: left?.searchParams.get('code'), hash: left?.hash },
      { to: CALLBACK, error, state: ['ä &=#'], iss: [url], code: null, hash: '' }, `AZ-17: ${error} goes home to the app of a person who is signed in`)
  }
  const good = authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge })
  for (const twice of ['client_id', 'redirect_uri', 'response_type', 'code_challenge', 'code_challenge_method', 'state=a&state', 'scope=a&scope']) {
    const browser = new Browser()
    t.equal((await browser.get(`${good}&${twice}=https://evil.example`)).status, 400, `AZ-19: ${twice}`)
    t.equal(browser.left, undefined)
  }
  for (const odd of ['client_id[]=x', 'redirect_uri[$ne]=x', '__proto__[x]=1', '%', `a=${'x'.repeat(14_000)}`]) t.ok((await new Browser().get(`${url}/authorize?${odd}`)).status < 500, `AZ-20, AZ-21: ${odd.slice(0, 20)}`)
})

storageTest('AZ-11, AZ-18, H23..H25: what is accepted, and what the app gets', async (t, start) => {
  const { url } = await start()
  const query = await newClient(url, { redirect_uris: ['https://app.example/cb?keep=me'] })
  const loopback = await newClient(url, { redirect_uris: ['http://127.0.0.1:4000/cb'] })
  for (const [client, redirectUri] of [
    [query, 'https://app.example/cb?keep=me'],
    [loopback, 'http://127.0.0.1:51234/cb'],
    ...['https://chatgpt.com/connector_platform_oauth_redirect', 'https://chatgpt.com/connector/oauth/abc_DEF-1', 'https://platform.openai.com/apps-manage/oauth', 'https://chatgpt.com/backend-api/aip/connectors/links/oauth/callback']
      .flatMap((uri) => [[{ client_id: CHATGPT }, uri], [{ client_id: 'chatgpt' }, uri]] as const)
  ] as const) {
    const { redirect, form } = await walk(url, client, { redirect_uri: redirectUri, state: 'a b', resource: `${url}/mcp` })
    t.ok(redirect.href.startsWith(redirectUri.split('?')[0]!), redirectUri)
    const { searchParams: got } = redirect
    t.match({ state: got.getAll('state'), iss: got.getAll('iss'), code: got.get('code'), hash: redirect.hash }, { state: ['a b'], iss: [url], code: /^[\w-]{22,}$/, hash: '' })
    if (redirectUri.includes('?')) t.equal(got.get('keep'), 'me')
    const tokens = await post(`${url}/token`, form)
    t.match(tokens, { status: 200, body: { scope: 'mcp:read mcp:write', token_type: 'Bearer', expires_in: 3600, refresh_token: /^mcp_rt_/ } })
    t.equal(await ping(url, tokens.body['access_token'] as string), 200)
  }
})

storageTest('AZ-32, AZ-33, LG: consent is asked every time, denial goes home, each step counts once and in one browser', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const { browser } = await walk(url, client)
  const ask = () => browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, state: 'st' }))
  const allow = ({ buttons }: { buttons: Array<{ value: string | undefined }> }) => buttons.some(({ value }) => value === 'allow')

  const again = await ask()
  t.match(again.url, '/consent', 'AZ-32: signed in, consent is asked all the same')
  await browser.submit(again, allow, { decision: 'deny' })
  t.match([...browser.left!.searchParams], [['error', 'access_denied'], ['error_description', /./], ['state', 'st'], ['iss', url]], 'AZ-33')

  const page = await ask()
  const form = page.forms.find(allow)!
  const consent = (who: Browser, fields: Record<string, string>, headers = {}) => who.post(`${url}/consent`, { ...form.fields, decision: 'allow', ...fields }, headers)
  const thief = new Browser()
  await thief.get(`${url}/login`)
  for (const [name, answer] of [
    ['LG-08: another browser', await consent(thief, {})],
    ['LG-08: no cookies', await consent(new Browser(), {})],
    ['LG-08: another site', await consent(browser, {}, { origin: 'https://evil.example' })],
    ['LG-08: a cross-site fetch', await consent(browser, {}, { 'sec-fetch-site': 'cross-site' })],
    ['a made-up handle', await consent(browser, { interaction: 'x'.repeat(43) })],
    ['no decision', await consent(browser, { decision: '' })]
  ] as const) t.match(answer.status, /^40[03]$/, name)
  const answers = await Promise.all(Array.from({ length: 8 }, async () => {
    const response = await fetch(`${url}/consent`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      // LG-09: what the form says of the request is not read.
      body: new URLSearchParams({ ...form.fields, decision: 'allow', redirect_uri: 'https://evil.example', client_id: 'x', scope: 'admin' })
    })
    return response.headers.get('location')
  }))
  const codes = answers.filter((location) => location?.includes('code='))
  t.equal(codes.length, 1, 'LG-20: eight at once, one code')
  t.ok(codes[0]!.startsWith(CALLBACK))
})

storageTest('LG-07, LG-10, LG-12, LG-18: the login form', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const begin = (browser: Browser) => browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge }))
  const owner = new Browser()
  const login = await begin(owner)
  const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
  const thief = new Browser()
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, 'LG-07: without the browser\'s cookie')
  await begin(thief)
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, 'LG-07: with another\'s')
  t.equal((await owner.post(`${url}/login`, { backend: 'demo' })).status, 400, 'no handle')
  t.equal((await owner.post(`${url}/login`, { ...form.fields, backend: '__proto__' })).status, 400)
  t.match((await owner.get(`${url}/login?${new URLSearchParams(form.fields)}`)).url, '/login', 'LG-18: a GET signs nobody in')
  const wrong = await owner.submit(login, ({ fields }) => 'password' in fields, { email: 'demo@example.com', password: '<b>demo</b>' })
  t.equal(wrong.status, 401, 'LG-12')
  t.notMatch(wrong.text, '<b>demo</b>')
  const before = new Map(owner.cookies)
  t.match((await owner.submit(wrong, ({ fields }) => fields['backend'] === 'demo')).url, '/consent', 'none of it spent the sign-in')
  t.ok([...owner.cookies].some(([name, value]) => before.get(name) !== value), 'LG-10: a new session')
  const planted = new Browser()
  for (const [name, value] of before) planted.cookies.set(name, value)
  t.match((await planted.get(`${url}/account`)).url, '/login', 'LG-10: what was known before is worth nothing')
})

storageTest('a local server signs in under each of its names, and a page of one may not post to another', async (t, start) => {
  const { url } = await start()
  const other = url.replace('localhost', '127.0.0.1')
  const browser = new Browser()
  const login = await browser.get(`${other}/login`)
  const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
  t.equal((await browser.post(`${other}/login`, form.fields, { origin: 'http://127.0.0.1:1' })).status, 403)
  t.equal((await browser.post(`${other}/login`, form.fields)).status, 200)
})

storageTest('LG-06: cookies on https', async (t, start) => {
  const { app } = await start({ env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'demo' } })
  const { headers } = await app.inject({ url: '/login', headers: { host: 'mcp.example.com' } })
  t.match(String(headers['set-cookie']), /^__Host-mcp_browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

storageTest('AZ-23, AZ-24: markup from outside stays text', async (t, start) => {
  const { url } = await start()
  const markup = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
  const client = await newClient(url, { client_name: markup, client_uri: 'https://app.example/"><script>' })
  const browser = new Browser()
  const fields = Object.fromEntries(['state', 'nonce', 'prompt', 'login_hint', 'ui_locales', 'claims', 'next', 'return_to'].map((name) => [name, markup]))
  const login = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, ...fields }))
  const consent = await browser.submit(login, ({ fields: { backend } }) => backend === 'demo')
  const error = await new Browser().get(authorizeUrl(url, { client_id: markup, code_challenge: pkce().challenge, ...fields }))
  for (const page of [login, consent, error]) t.notMatch(page.text, /<img|<script|onerror=(?!alert\(1\)&gt;)/)
})

storageTest('RG: registrations', async (t, start) => {
  const { url } = await start()
  const uris = ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://x/y', 'about:blank', 'http://client.example/cb', 'http://127.0.0.1.evil.example/cb', 'http://10.0.0.1/cb',
    'https://app.example/cb#', 'https://app.example/cb#f', '/cb', '//app.example/cb', '', 'https://*.example/cb', 'https://user@app.example/cb', 'https://user:pass@app.example/cb', 'https://app.example/a/../b', `https://app.example/${'x'.repeat(20_000)}`, `${url}/login`, 'myapp://cb']
  for (const uri of uris) t.match(await register(url, { redirect_uris: [uri] }), { status: 400, body: { error: 'invalid_redirect_uri' } }, uri.slice(0, 60))
  for (const bad of [undefined, [], {}, 'x', [null], [123], [[]], { 0: CALLBACK, length: 1 }, Array.from({ length: 1000 }, (_, index) => `https://app.example/${index}`)]) t.match(await register(url, { redirect_uris: bad }), { status: 400, body: { error: 'invalid_redirect_uri' } })
  for (const more of [{ token_endpoint_auth_method: 'magic' }, { grant_types: ['password'] }, { grant_types: 'x' }, { response_types: ['token'] }, { client_name: 5 }, { client_name: 'x'.repeat(5000) }, { client_uri: 'javascript:x' }, { logo_uri: 'file:///x' }, { application_type: 'desktop' }]) {
    t.match(await register(url, { redirect_uris: [CALLBACK], ...more }), { status: 400, body: { error: 'invalid_client_metadata' } }, JSON.stringify(more).slice(0, 60))
  }
  for (const body of ['null', '[]', '3', '{"redirect_uris":', '{"__proto__":{"x":1}}']) t.equal((await register(url, body)).status, 400)
  t.equal((await register(url, { redirect_uris: [CALLBACK], client_name: 'x'.repeat(1_000_000) })).status, 413, 'RG-07')
  const flagged = await register(url, { redirect_uris: [CALLBACK], client_id: 'mine', client_secret: 'mine', skip_consent: true, first_party: true, is_admin: true })
  t.equal(flagged.status, 201)
  t.notMatch(JSON.stringify(flagged.body), /mine|skip_consent|first_party|is_admin/, 'RG-11')
  const [open, secret] = [flagged, await register(url, { redirect_uris: ['http://127.0.0.1/cb', CALLBACK], token_endpoint_auth_method: 'client_secret_basic' })]
  t.notOk('client_secret' in open.body, 'RG-13')
  t.match(secret, { status: 201, body: { client_secret: /^[\w-]{43,}$/, client_secret_expires_at: 0, client_id_issued_at: Number } })
  t.equal(secret.headers.get('cache-control'), 'no-store')
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) t.equal((await fetch(`${url}/register/${open.body['client_id'] as string}`, { method })).status, 404, 'RG-16')
})

storageTest('MD: discovery', async (t, start) => {
  const { url } = await start()
  for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/mcp', '/.well-known/openid-configuration', '/.well-known/openid-configuration/mcp', '/mcp/.well-known/openid-configuration', '/token/.well-known/openid-configuration'].flatMap((path) => [path, `${path}/`])) {
    const response = await fetch(url + path, { headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example', 'x-forwarded-proto': 'ftp' } })
    t.equal(response.status, 200, path)
    t.match(response.headers.get('content-type'), 'application/json')
    const document = await response.json() as Record<string, unknown>
    t.notMatch(JSON.stringify(document), 'evil.example', 'MD-03')
    if (path.includes('protected-resource')) t.match(document, { resource: path.includes('/mcp') ? `${url}/mcp` : url, authorization_servers: [url], scopes_supported: ['mcp:read', 'mcp:write'] })
    else t.match(document, { issuer: url, code_challenge_methods_supported: ['S256'], response_types_supported: ['code'], authorization_response_iss_parameter_supported: true })
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) t.match((await fetch(url + path, { method })).status, /^40[45]$/, 'MD-04')
  }
  for (const path of ['/.env', '/views/login.eta', '/..%2f..%2fetc%2fpasswd', '/%', '/%00', '/..;/', '//evil.example/']) t.match((await fetch(url + path, { redirect: 'manual' })).status, /^4\d\d$/, 'MD-05')
  const preflight = await fetch(`${url}/authorize`, { method: 'OPTIONS', headers: { origin: 'http://localhost:6274', 'access-control-request-method': 'POST' } })
  t.equal(preflight.headers.get('access-control-allow-origin'), null, 'MD-06')
  const evil = await fetch(`${url}/token`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } })
  t.equal(evil.headers.get('access-control-allow-origin'), null, 'MD-06')
  const inspector = await fetch(`${url}/token`, { method: 'OPTIONS', headers: { origin: 'http://localhost:6274', 'access-control-request-method': 'POST' } })
  t.equal(inspector.headers.get('access-control-allow-origin'), 'http://localhost:6274', 'K12')
})
