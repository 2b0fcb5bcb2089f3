// The login form: what it refuses, what it never says, and its cookies (threats LG).
import t from 'tap'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('the login form (LG-07, LG-10, LG-12, LG-13, LG-18, LG-19)', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const begin = (browser: Browser) =>
    browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge }))
  const owner = new Browser()
  const login = await begin(owner)
  const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
  const thief = new Browser()
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, "without the browser's cookie (LG-07)")
  await begin(thief)
  t.equal((await thief.post(`${url}/login`, form.fields)).status, 400, "with another's (LG-07)")
  t.equal((await owner.post(`${url}/login`, { backend: 'demo' })).status, 400, 'no handle')
  t.equal((await owner.post(`${url}/login`, { ...form.fields, backend: '__proto__' })).status, 400)
  t.match(
    (await owner.get(`${url}/login?${new URLSearchParams(form.fields)}`)).url,
    '/login',
    'a GET signs nobody in (LG-18)'
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
    t.equal(page.status, 401, `${odd.slice(0, 20)} (LG-13)`)
    t.notMatch(page.text, /<script>alert|>49</)
  }
  for (const field of ['email[]', 'email[$ne]', 'password[]']) {
    t.match(
      (await owner.post(`${url}/login`, { interaction: form.fields['interaction']!, backend: 'local', [field]: 'x' }))
        .status,
      /^40[01]$/,
      `${field} (LG-13)`
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
    'see other, to a path of ours, without a code (LG-19)'
  )
  t.match(
    (await owner.submit(wrong, ({ fields }) => fields['backend'] === 'demo')).url,
    '/consent',
    'none of it spent the sign-in'
  )
  t.ok(
    [...owner.cookies].some(([name, value]) => before.get(name) !== value),
    'a new session (LG-10)'
  )
  const planted = new Browser()
  for (const [name, value] of before) planted.cookies.set(name, value)
  t.match(
    (await planted.get(`${url}/account`)).url, '/login',
    'what was known before is worth nothing (LG-10)'
  )
})

storageTest('cookies on https (LG-06)', async (t, start) => {
  const { app } = await start({ env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'demo' } })
  const { headers } = await app.inject({ url: '/login', headers: { host: 'mcp.example.com' } })
  t.match(
    String(headers['set-cookie']),
    /^__Host-mcp_browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/
  )
})

storageTest('where there is one way to sign in, it is not marked as the last one', async (t, start) => {
  const { url } = await start({ env: { AUTH_BACKEND: 'demo' } })
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => fields['backend'] === 'demo')
  t.ok(browser.cookies.get('mcp_way'))
  t.notMatch((await browser.get(`${url}/login`)).text, 'Last used')
})

t.test('a service that gives no answer is a page with its status, and says when to come again', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'local' } })
  for (const [fault, status, wait] of [
    [{ reason: 'busy', retryAfter: 40 }, 503, '40'],
    [{ reason: 'busy' }, 503, '5'],
    [{ reason: 'unreachable' }, 503, '5']
  ] as const) {
    app.signIn.backends.get('local')!.password!.verify = async () => { throw new BackendUnavailable('away', fault) }
    const browser = new Browser()
    const page = await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, { email: 'ann@example.com', password: 'x' })
    t.same([page.status, page.headers.get('retry-after')],
      [status, wait], JSON.stringify(fault))
    t.equal(
      (await browser.get(`${url}/login`)).headers.get('retry-after'),
      null
    )
  }
})

t.test('a code by e-mail is sent by who can send one, to an address', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'local,demo' } })
  const sent: unknown[] = []
  const emailCode = { label: 'x', send: async (to: unknown) => sent.push(to) }
  const ask = async (backend: string, more: Record<string, string>) => {
    const browser = new Browser()
    const { fields } = (await browser.get(`${url}/login`)).forms[0]!
    const { interaction } = fields
    const form = { interaction: interaction!, backend, way: 'code', ...more }
    return browser.post(`${url}/login`, form)
  }
  const refused = { status: 400, text: /invalid_request/ }
  t.match(await ask('local', { email: 'ann@example.com' }), refused)
  Object.assign(app.signIn.backends.get('demo')!, { emailCode })
  t.match(await ask('demo', {}), refused)
  t.same(sent, [])
})
