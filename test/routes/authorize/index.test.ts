// GET /authorize and what follows: what is accepted, what the app gets, and what no shortcut reaches (threats AZ, ST-05).
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, ping, post, walk } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'

storageTest('what is accepted, and what the app gets (AZ-11, AZ-18, H23..H25)', async (t, start) => {
  const { url } = await start()
  const query = await newClient(url, { redirect_uris: ['https://app.example/cb?keep=me'] })
  const loopback = await newClient(url, { redirect_uris: ['http://127.0.0.1:4000/cb'] })
  for (const [client, redirectUri] of [
    [query, 'https://app.example/cb?keep=me'],
    [loopback, 'http://127.0.0.1:51234/cb'],
    ...[
      'https://chatgpt.com/connector_platform_oauth_redirect',
      'https://chatgpt.com/connector/oauth/abc_DEF-1',
      'https://platform.openai.com/apps-manage/oauth',
      'https://chatgpt.com/backend-api/aip/connectors/links/oauth/callback'
    ].flatMap(
      (uri) =>
        [
          [{ client_id: CHATGPT }, uri],
          [{ client_id: 'chatgpt' }, uri]
        ] as const
    )
  ] as const) {
    const { redirect, form } = await walk(url, client, {
      redirect_uri: redirectUri,
      state: 'a b',
      resource: `${url}/mcp`
    })
    t.ok(redirect.href.startsWith(redirectUri.split('?')[0]!), redirectUri)
    const { searchParams: got } = redirect
    t.match(
      { state: got.getAll('state'), iss: got.getAll('iss'), code: got.get('code'), hash: redirect.hash },
      { state: ['a b'], iss: [url], code: /^[\w-]{22,}$/, hash: '' }
    )
    if (redirectUri.includes('?')) t.equal(got.get('keep'), 'me')
    const tokens = await post(`${url}/token`, form)
    t.match(tokens, {
      status: 200,
      body: { scope: 'mcp:read mcp:write', token_type: 'Bearer', expires_in: 3600, refresh_token: /^mcp_rt_/ }
    })
    t.equal(await ping(url, tokens.body['access_token'] as string), 200)
  }
})

storageTest(
  'line ends and wildcards travel through the whole flow as the text they are, or are dropped (AZ-22, AZ-25)',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const state = 'a\r\nset-cookie: x=1\r\n\r\n<b>'
    const { redirect, form, browser } = await walk(url, client, {
      state,
      nonce: state,
      prompt: 'consent\r\nx: y',
      scope: 'mcp:read mcp:* admin\r\nx:y'
    })
    t.equal(redirect.searchParams.get('state'), state)
    t.notOk(browser.cookies.has('x'))
    t.match(
      await post(`${url}/token`, form),
      { status: 200, body: { scope: 'mcp:read' } },
      'what is not offered is not granted (AZ-25)'
    )
  }
)

storageTest(
  'no code without a person, no other method, no lure is followed (AZ-29, AZ-30, AZ-31, AZ-34)',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const good = { client_id: client.client_id, code_challenge: pkce().challenge }
    for (const lure of ['prompt=none', 'approved=true', 'user_id=1', 'consent=1', 'decision=allow', 'skip_consent=1']) {
      const browser = new Browser()
      await browser.get(`${authorizeUrl(url, good)}&${lure}`)
      t.equal(browser.left, undefined, `${lure} (AZ-29)`)
    }
    const query = new URL(authorizeUrl(url, good)).search
    for (const path of [
      '/authorize',
      '/login',
      '/consent',
      '/login/switch',
      '/signup',
      '/logout',
      '/account/disconnect',
      '/account/delete',
      '/account/sign-out-everywhere'
    ]) {
      for (const headers of [{}, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Array<
        Record<string, string>
      >) {
        const response = await fetch(`${url}${path}${query}`, {
          method: 'POST',
          redirect: 'manual',
          headers,
          body: new URLSearchParams({
            ...good,
            redirect_uri: 'https://evil.example/',
            decision: 'allow',
            interaction: 'x'.repeat(43),
            next: 'https://evil.example/'
          })
        })
        t.match(response.status, /^4\d\d$/, `POST ${path} (AZ-30)`)
        t.equal(response.headers.get('location'), null)
      }
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'PROPFIND']) { t.match((await fetch(`${url}/authorize${query}`, { method })).status, /^40[45]$/, `${method} (AZ-31)`) }
    for (const name of ['next', 'return_to', 'continue', 'url', 'redirect', 'returnUrl', 'path', 'visit']) {
      for (const evil of [
        'https://evil.example',
        '//evil.example',
        '/\\evil.example',
        'https:evil.example',
        '/%09/evil.example'
      ]) {
        const browser = new Browser()
        const login = await browser.get(`${url}/login?${name}=${encodeURIComponent(evil)}`)
        const after = await browser.submit(login, ({ fields }) => fields['backend'] === 'demo', { [name]: evil })
        t.match({ left: browser.left, url: after.url }, { left: undefined, url: `${url}/` }, `${name}=${evil} (AZ-34)`)
      }
    }
  }
)

storageTest('a fresh sign-in that was asked for can be neither skipped nor walked around (ST-05)', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const { browser } = await walk(url, client)
  const asked = (prompt?: string) =>
    browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, prompt }))
  t.match((await asked()).url, '/consent', 'a person who is signed in is asked for consent at once')
  for (const prompt of ['login', 'consent login', 'login select_account']) {
    const page = await asked(prompt)
    t.match(page.url, '/login', prompt)
    const interaction = new URL(page.url).searchParams.get('interaction')!
    t.equal(
      (await browser.get(`${url}/consent?interaction=${interaction}`)).status,
      400,
      'the page before the sign-in is none of consent'
    )
    t.equal((await browser.post(`${url}/consent`, { interaction, decision: 'allow' })).status, 400)
    t.equal(browser.left, undefined)
    t.equal((await browser.post(`${url}/login/switch`, { interaction })).status, 400)
    const consent = await browser.submit(page, ({ fields: { backend } }) => backend === 'demo')
    t.match(consent.url, '/consent', 'none of it spent the sign-in')
  }
})

storageTest(
  'a local server signs in under each of its names, and a page of one may not post to another',
  async (t, start) => {
    const { url } = await start()
    const other = url.replace('localhost', '127.0.0.1')
    const browser = new Browser()
    const login = await browser.get(`${other}/login`)
    const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
    t.equal((await browser.post(`${other}/login`, form.fields, { origin: 'http://127.0.0.1:1' })).status, 403)
    t.equal((await browser.post(`${other}/login`, form.fields)).status, 200)
  }
)

storageTest('markup from outside stays text (AZ-23, AZ-24)', async (t, start) => {
  const { url } = await start()
  const markup = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
  const client = await newClient(url, { client_name: markup, client_uri: 'https://app.example/"><script>' })
  const browser = new Browser()
  const fields = Object.fromEntries(
    ['state', 'nonce', 'prompt', 'login_hint', 'ui_locales', 'claims', 'next', 'return_to'].map((name) => [
      name,
      markup
    ])
  )
  const login = await browser.get(
    authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, ...fields })
  )
  const consent = await browser.submit(login, ({ fields: { backend } }) => backend === 'demo')
  const error = await new Browser().get(
    authorizeUrl(url, { client_id: markup, code_challenge: pkce().challenge, ...fields })
  )
  for (const page of [login, consent, error]) t.notMatch(page.text, /<img|<script(?! src="\/assets\/passkey\.js)|onerror=(?!alert\(1\)&gt;)/)
})

storageTest('prompt and POST work as OpenID Connect Core §3.1.2.1 has them', async (t, start) => {
  const { url } = await start()
  const { client_id: id } = await newClient(url)
  const fields = (more: Record<string, string>) => ({
    response_type: 'code',
    client_id: CHATGPT,
    redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
    state: 's',
    ...more
  })
  const where = async (browser: Browser, more: Record<string, string>) => {
    const page = await browser.get(authorizeUrl(url, fields(more)))
    return browser.left ? browser.left.searchParams.get('error') : new URL(page.url).pathname
  }
  const person = async () => (await walk(url, { client_id: id })).browser
  const cases: Array<[prompt: string, stranger: string, person: string]> = [
    ['none', 'login_required', 'consent_required'],
    ['none login', 'invalid_request', 'invalid_request'],
    ['login', '/login', '/login'],
    ['select_account', '/login', '/login'],
    ['login consent', '/login', '/login'],
    ['consent', '/login', '/consent'],
    ['create', '/login', '/consent']
  ]
  for (const [prompt, stranger, signedIn] of cases) {
    t.equal(await where(new Browser(), { prompt }), stranger, `${prompt}, a stranger`)
    const browser = await person()
    browser.left = undefined
    t.equal(await where(browser, { prompt }), signedIn, `${prompt}, signed in`)
  }
  const page = await new Browser().get(authorizeUrl(url, { client_id: id, code_challenge: pkce().challenge, prompt: 'none' }))
  t.match({ status: page.status, text: page.text }, { status: 400, text: /login_required/ }, 'anyone can make a client: a button')
  const origins: Array<Record<string, string>> = [{}, { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]
  for (const headers of origins) {
    const login = await new Browser().post(`${url}/authorize`, fields({}), headers)
    t.match({ status: login.status, path: new URL(login.url).pathname }, { status: 200, path: '/login' }, JSON.stringify(headers))
  }
  t.equal((await post(`${url}/authorize`, fields({ client_id: id, redirect_uri: CALLBACK, code_challenge: 'x' }))).status, 400, 'checked in the same way')
  t.equal((await post(`${url}/authorize`, 'client_id=a&client_id=b')).status, 400)
})
