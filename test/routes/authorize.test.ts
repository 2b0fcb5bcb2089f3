// GET /authorize and the pages behind it: what is refused before any redirect, what goes home to the app, and that a
// sign-in belongs to one browser (threats AZ, LG; OAuth 2.1 §4.1).
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, ping, post, walk, type Fields } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'

storageTest(
  'AZ-01 to AZ-12, AZ-35: before client and redirect URI are right there is a page, no form, no redirect',
  async (t, start) => {
    const { url } = await start()
    const { challenge } = pkce()
    const web = await newClient(url, { redirect_uris: ['https://app.example/callback?x=1'] })
    const two = await newClient(url, { redirect_uris: [CALLBACK, 'https://app.example/second'] })
    const loopback = await newClient(url, { redirect_uris: ['http://127.0.0.1:4000/cb'] })
    const registered = 'https://app.example/callback?x=1'
    const swapped: Record<string, string[]> = {
      'AZ-04': ['https://app.example/other?x=1', 'https://elsewhere.example/callback?x=1'],
      'AZ-05': [
        `${registered}/evil`,
        `${registered}x`,
        'https://app.example.evil.example/callback?x=1',
        'https://app.example/',
        'https://app.example/callback/../evil?x=1',
        `${registered},https://evil.example`
      ],
      'AZ-06': [
        'https://user@app.example/callback?x=1',
        'https://app.example:444/callback?x=1',
        'https://app.example:443/callback?x=1',
        'https://app.example:/callback?x=1',
        'https://sub.app.example/callback?x=1',
        'https://app.example\\@evil.example/callback?x=1',
        'https://app.example%2f@evil.example/callback?x=1',
        '//app.example/callback?x=1'
      ],
      'AZ-07': [
        'https://APP.example/callback?x=1',
        'https://app.example/Callback?x=1',
        'https://app.example/%63allback?x=1',
        'https://app.example/callback/?x=1',
        'https://app.example/./callback?x=1',
        'https://app.example/..;/callback?x=1',
        'https://app.example./callback?x=1',
        'https://аpp.example/callback?x=1'
      ],
      'AZ-08': ['https://app.example/callback', `${registered}&y=2`, `${registered}#f`, `${registered}#`],
      'AZ-09': ['javascript:alert(1)', 'data:text/html,x', 'myapp://callback', 'file:///etc/passwd'],
      'AZ-10': [
        ` ${registered}`,
        `${registered}\t`,
        `${registered}\0`,
        `${registered}\r\nx: y`,
        `${registered}%0d%0ax:%20y`
      ],
      'AZ-35': [`${url}/login`, `${url}/consent`, url]
    }
    const loopbacks = [
      'http://127.0.0.1:4001/other',
      'http://127.0.0.1:4001/cb?q=1',
      'http://127.0.0.1:4001/CB',
      'https://127.0.0.1:4001/cb',
      'http://localhost:4001/cb',
      'http://[::1]:4001/cb',
      'http://127.1:4001/cb',
      'http://0x7f.0.0.1:4001/cb',
      'http://u@127.0.0.1:4001/cb',
      'http://127.0.0.1:99999/cb',
      'http://127.0.0.1:4001@evil.example/cb'
    ]
    const chatgpt = [
      { client_id: CHATGPT, redirect_uri: CALLBACK },
      { client_id: CHATGPT, redirect_uri: undefined },
      { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com/connector/oauth/a/b' },
      { client_id: 'chatgpt', redirect_uri: 'https://chatgpt.com.evil.example/connector_platform_oauth_redirect' }
    ]
    const cases: Array<[string, Fields]> = [
      ...[undefined, ''].map((id): [string, Fields] => ['AZ-01', { client_id: id }]),
      ...['nobody', '__proto__', '*', "' OR 1=1 --", 'x'.repeat(4096), 'https://127.0.0.1/c'].map(
        (id): [string, Fields] => ['AZ-02', { client_id: id }]
      ),
      ['AZ-03', { client_id: two.client_id, redirect_uri: undefined }],
      ...Object.entries(swapped).flatMap(([id, uris]) =>
        uris.map((uri): [string, Fields] => [id, { client_id: web.client_id, redirect_uri: uri }])
      ),
      ...loopbacks.map((uri): [string, Fields] => ['AZ-12', { client_id: loopback.client_id, redirect_uri: uri }]),
      ...chatgpt.map((fields): [string, Fields] => ['AZ-04', fields])
    ]
    for (const [id, fields] of cases) {
      const browser = new Browser()
      const page = await browser.get(authorizeUrl(url, { code_challenge: challenge, state: 's', ...fields }))
      t.match(
        { status: page.status, left: browser.left, forms: page.forms.length },
        { status: /^4\d\d$/, left: undefined, forms: 0 },
        `${id}: ${JSON.stringify(fields).slice(0, 120)}`
      )
    }
  }
)

storageTest('AZ-13 to AZ-17, AZ-25 to AZ-28, AZ-36, CL-07: what is wrong with the request', async (t, start) => {
  const { url } = await start()
  const { challenge } = pkce()
  const client = await newClient(url)
  const cases: Array<[string, Fields, string]> = [
    ['AZ-13', { code_challenge: undefined }, 'invalid_request'],
    ['AZ-13', { code_challenge: '' }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: undefined }, 'invalid_request'],
    ['AZ-14', { code_challenge_method: 's256' }, 'invalid_request'],
    ['AZ-15', { code_challenge: 'abcde' }, 'invalid_request'],
    ['AZ-15', { code_challenge: 'a'.repeat(129) }, 'invalid_request'],
    ['AZ-15', { code_challenge: challenge.slice(1) + '=' }, 'invalid_request'],
    ['AZ-16', { response_type: 'token' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: 'code token' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: 'CODE' }, 'unsupported_response_type'],
    ['AZ-16', { response_type: undefined }, 'invalid_request'],
    ['AZ-25', { scope: 'admin *' }, 'invalid_scope'],
    ['AZ-26', { resource: 'https://evil.example' }, 'invalid_target'],
    ['AZ-26', { resource: `${url}#x` }, 'invalid_target'],
    ['AZ-26', { resource: 'x' }, 'invalid_target'],
    ['AZ-28', { response_mode: 'fragment' }, 'invalid_request'],
    ['AZ-28', { response_mode: 'form_post' }, 'invalid_request'],
    ['AZ-27', { request: 'x.y.z' }, 'request_not_supported'],
    ['AZ-27', { request_uri: 'https://evil.example/r' }, 'request_uri_not_supported']
  ]
  const { browser: signedIn } = await walk(url, client)
  for (const [id, fields, error] of cases) {
    const all = { client_id: client.client_id, code_challenge: challenge, state: 'ä &=#', ...fields }
    const stranger = new Browser()
    const page = await stranger.get(authorizeUrl(url, all))
    t.match(
      { status: page.status, left: stranger.left },
      { status: 400, left: undefined },
      `${id}, AZ-36: ${error} is a page for a signed-out browser`
    )
    t.match(page.text, error)
    const told = await signedIn.get(authorizeUrl(url, all))
    t.match(
      { status: told.status, left: signedIn.left },
      { status: 400, left: undefined },
      `${id}, CL-07: and for a browser that is signed in`
    )
    const link = new URL(/<a class="button" href="([^"]*)"/.exec(told.text)![1]!.replaceAll('&amp;', '&'))
    t.match(
      {
        to: link.origin + link.pathname,
        error: link.searchParams.get('error'),
        state: link.searchParams.getAll('state'),
        iss: link.searchParams.getAll('iss'),
        code: link.searchParams.get('code'),
        hash: link.hash
      },
      { to: CALLBACK, error, state: ['ä &=#'], iss: [url], code: null, hash: '' },
      `${id}, AZ-17: ${error} goes home to the app when the person says so`
    )
    const chatgpt = new Browser()
    await chatgpt.get(
      authorizeUrl(url, {
        ...all,
        client_id: 'chatgpt',
        redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect'
      })
    )
    t.match(
      { host: chatgpt.left?.host, error: chatgpt.left?.searchParams.get('error') },
      { host: 'chatgpt.com', error },
      `${id}: at once where the redirect URI is known to be the app's`
    )
  }
  const cursor = await newClient(url, { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] })
  const inCursor = await new Browser().get(
    authorizeUrl(url, { client_id: cursor.client_id, redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback' })
  )
  t.notMatch(inCursor.text, 'href="cursor:', 'CL-07: no link with a scheme of a program')
  const good = authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge })
  for (const twice of [
    'client_id',
    'redirect_uri',
    'response_type',
    'code_challenge',
    'code_challenge_method',
    'state=a&state',
    'scope=a&scope'
  ]) {
    const browser = new Browser()
    t.equal((await browser.get(`${good}&${twice}=https://evil.example`)).status, 400, `AZ-19: ${twice}`)
    t.equal(browser.left, undefined)
  }
  for (const odd of ['client_id[]=x', 'redirect_uri[$ne]=x', '__proto__[x]=1', '%', `a=${'x'.repeat(14_000)}`]) { t.ok((await new Browser().get(`${url}/authorize?${odd}`)).status < 500, `AZ-20, AZ-21: ${odd.slice(0, 20)}`) }
})

storageTest('AZ-11, AZ-18, H23..H25: what is accepted, and what the app gets', async (t, start) => {
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
  'AZ-22, AZ-25: line ends and wildcards travel through the whole flow as the text they are, or are dropped',
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
      'AZ-25: what is not offered is not granted'
    )
  }
)

storageTest(
  'AZ-29, AZ-30, AZ-31, AZ-34: no code without a person, no other method, no lure is followed',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const good = { client_id: client.client_id, code_challenge: pkce().challenge }
    for (const lure of ['prompt=none', 'approved=true', 'user_id=1', 'consent=1', 'decision=allow', 'skip_consent=1']) {
      const browser = new Browser()
      await browser.get(`${authorizeUrl(url, good)}&${lure}`)
      t.equal(browser.left, undefined, `AZ-29: ${lure}`)
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
        t.match(response.status, /^4\d\d$/, `AZ-30: POST ${path}`)
        t.equal(response.headers.get('location'), null)
      }
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'PROPFIND']) { t.match((await fetch(`${url}/authorize${query}`, { method })).status, /^40[45]$/, `AZ-31: ${method}`) }
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
        t.match({ left: browser.left, url: after.url }, { left: undefined, url: `${url}/` }, `AZ-34: ${name}=${evil}`)
      }
    }
  }
)

storageTest(
  'AZ-32, AZ-33, LG: consent is asked every time, denial goes home, each step counts once and in one browser',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const { browser } = await walk(url, client)
    const ask = () =>
      browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, state: 'st' }))
    const allow = ({ buttons }: { buttons: Array<{ value: string | undefined }> }) =>
      buttons.some(({ value }) => value === 'allow')

    const again = await ask()
    t.match(again.url, '/consent', 'AZ-32: signed in, consent is asked all the same')
    await browser.submit(again, allow, { decision: 'deny' })
    t.match(
      [...browser.left!.searchParams],
      [
        ['error', 'access_denied'],
        ['error_description', /./],
        ['state', 'st'],
        ['iss', url]
      ],
      'AZ-33'
    )

    const page = await ask()
    const form = page.forms.find(allow)!
    const consent = (who: Browser, fields: Record<string, string>, headers = {}) =>
      who.post(`${url}/consent`, { ...form.fields, decision: 'allow', ...fields }, headers)
    const thief = new Browser()
    await thief.get(`${url}/login`)
    for (const [name, answer] of [
      ['LG-08: another browser', await consent(thief, {})],
      ['LG-08: no cookies', await consent(new Browser(), {})],
      ['LG-08: another site', await consent(browser, {}, { origin: 'https://evil.example' })],
      ['LG-08: a cross-site fetch', await consent(browser, {}, { 'sec-fetch-site': 'cross-site' })],
      ['a made-up handle', await consent(browser, { interaction: 'x'.repeat(43) })],
      ['no decision', await consent(browser, { decision: '' })]
    ] as const) { t.match(answer.status, /^40[03]$/, name) }
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch(`${url}/consent`, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
          },
          // LG-09: what the form says of the request is not read.
          body: new URLSearchParams({
            ...form.fields,
            decision: 'allow',
            redirect_uri: 'https://evil.example',
            client_id: 'x',
            scope: 'admin'
          })
        })
        return response.headers.get('location')
      })
    )
    const codes = answers.filter((location) => location?.includes('code='))
    t.equal(codes.length, 1, 'LG-20: eight at once, one code')
    t.ok(codes[0]!.startsWith(CALLBACK))
  }
)

storageTest('ST-05: a fresh sign-in that was asked for can be neither skipped nor walked around', async (t, start) => {
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

storageTest('LG-07, LG-10, LG-12, LG-13, LG-18, LG-19: the login form', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const begin = (browser: Browser) =>
    browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge }))
  const owner = new Browser()
  const login = await begin(owner)
  const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
  const thief = new Browser()
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, "LG-07: without the browser's cookie")
  await begin(thief)
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, "LG-07: with another's")
  t.equal((await owner.post(`${url}/login`, { backend: 'demo' })).status, 400, 'no handle')
  t.equal((await owner.post(`${url}/login`, { ...form.fields, backend: '__proto__' })).status, 400)
  t.match(
    (await owner.get(`${url}/login?${new URLSearchParams(form.fields)}`)).url,
    '/login',
    'LG-18: a GET signs nobody in'
  )
  const wrong = await owner.submit(login, ({ fields }) => 'password' in fields, {
    email: 'demo@example.com',
    password: '<b>demo</b>'
  })
  t.equal(wrong.status, 401, 'LG-12')
  t.notMatch(wrong.text, '<b>demo</b>')
  const before = new Map(owner.cookies)
  for (const odd of [
    "' OR '1'='1",
    '*)(uid=*',
    '{"$ne":null}',
    '<script>alert(1)</script>',
    '<%= process.env %>',
    '$' + '{7*7}',
    'a\0b',
    'x'.repeat(10_000)
  ]) {
    const page = await owner.submit(login, ({ fields }) => 'password' in fields, { email: odd, password: odd })
    t.equal(page.status, 401, `LG-13: ${odd.slice(0, 20)}`)
    t.notMatch(page.text, /<script>alert|>49</)
  }
  for (const field of ['email[]', 'email[$ne]', 'password[]']) {
    t.match(
      (await owner.post(`${url}/login`, { interaction: form.fields['interaction']!, backend: 'local', [field]: 'x' }))
        .status,
      /^40[01]$/,
      `LG-13: ${field}`
    )
  }
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    body: new URLSearchParams({
      ...(await begin(owner)).forms.find(({ fields }) => fields['backend'] === 'demo')!.fields
    })
  })
  t.match(
    { status: response.status, location: response.headers.get('location') },
    { status: 303, location: /^\/consent\?interaction=[\w-]{43,2000}$/ },
    'LG-19: see other, to a path of ours, without a code'
  )
  t.match(
    (await owner.submit(wrong, ({ fields }) => fields['backend'] === 'demo')).url,
    '/consent',
    'none of it spent the sign-in'
  )
  t.ok(
    [...owner.cookies].some(([name, value]) => before.get(name) !== value),
    'LG-10: a new session'
  )
  const planted = new Browser()
  for (const [name, value] of before) planted.cookies.set(name, value)
  t.match((await planted.get(`${url}/account`)).url, '/login', 'LG-10: what was known before is worth nothing')
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
  for (const page of [login, consent, error]) t.notMatch(page.text, /<img|<script|onerror=(?!alert\(1\)&gt;)/)
})
