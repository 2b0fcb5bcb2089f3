// The cookies and their attributes (threat LG-06).
// A sign-in under way and the session after it: what a handle is good for, for how long, once and in which browser and
// session; and what a session cookie is (threats ST-01, ST-04, LG-06, LG-10, LG-20).
import t from 'tap'
import { createCookies } from '../../../plugins/sign-in/cookies.ts'
import { Browser } from '../../helpers/browser.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  "every cookie is HttpOnly, Lax and of this host alone, and the session's ends with the session (LG-06)",
  async (t, start) => {
    const { app } = await start({ env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'demo' } })
    const headers = { host: 'mcp.example.com', origin: 'https://mcp.example.com' }
    const login = await app.inject({ url: '/login', headers })
    const set = String(login.headers['set-cookie'])
    t.match(set, /^__Host-mcp_browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const handle = new URL(String(login.headers.location), 'https://mcp.example.com').searchParams.get('interaction')!
    const entered = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { ...headers, cookie: set.split(';')[0]!, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ interaction: handle, backend: 'demo' }).toString()
    })
    const [session, way, ...others] = [entered.headers['set-cookie']].flat()
    t.match(session, /^__Host-mcp_session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    t.match(way, /^__Host-mcp_way=[\w-]+; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    t.same(others, [])
  }
)

storageTest('how the last sign-in was is remembered, if the page offers it, and nothing else is (LG-06)', async (t, start) => {
  const { url, app } = await start({ env: { AUTH_BACKEND: 'local,demo' } })
  const browser = new Browser()
  const before = await browser.get(`${url}/login`)
  t.notMatch(before.text, 'Last used')
  await browser.submit(before, ({ fields }) => fields['backend'] === 'demo')
  t.equal(
    Buffer.from(browser.cookies.get('mcp_way')!, 'base64url').toString(),
    'one click demo'
  )
  const after = await browser.get(`${url}/login`)
  t.match(after.text, /as a demo user<\/span> <small class="last">Last used/)
  t.equal(after.forms[0]!.fields['backend'], 'demo', 'and comes first')
  const planted = [
    'x'.repeat(3_000),
    '<b>',
    '%00',
    Buffer.from('one click nobody').toString('base64url'),
    Buffer.from('__proto__').toString('base64url')
  ]
  for (const value of planted) {
    browser.cookies.set('mcp_way', value)
    const page = await browser.get(`${url}/login`)
    t.match(page, { status: 200 })
    t.notMatch(page.text, 'Last used')
  }
  const long = { cookies: { mcp_way: 'x'.repeat(801) } }
  t.equal(app.signIn.lastWay(long as never), undefined, 'a long one is not read')
})

storageTest('cookies are read in the turn of whoever sent them, and none is decoded (OW-41)', async (t, start) => {
  const { app, url } = await start({ env: { AUTH_BACKEND: 'demo' } })
  const names = Array.from({ length: 1_000 }, (_, index) => `a${index}=%`)
  const cookie = names.join('; ')
  const { indexOf } = String.prototype
  const decode = globalThis.decodeURIComponent
  let looks = 0
  let decoded = 0
  const restore = () => Object.assign(String.prototype, { indexOf })
  Object.assign(String.prototype, {
    indexOf (this: string, ...of: [string, number?]) {
      if (this.length === cookie.length) looks++
      return indexOf.apply(this, of)
    }
  })
  globalThis.decodeURIComponent = (text) => {
    decoded++
    return decode(text)
  }
  t.teardown(() => {
    restore()
    globalThis.decodeURIComponent = decode
  })
  const origin = 'https://elsewhere.example'
  const refused = await app.inject({
    method: 'POST',
    url: '/login',
    headers: { cookie, origin, host: new URL(url).host }
  })
  t.match([refused.statusCode, looks], [403, 0])
  await app.inject({
    url: '/login',
    headers: { cookie, host: new URL(url).host }
  })
  t.ok(looks >= names.length)
  t.ok(decoded < 10)
})

t.test('only what could be a cookie of ours is one: anything else is nobody, and gets a new one (LG-06)', async (t) => {
  const { known, session, identify } = createCookies(true)
  const good = 'A-_9'.padEnd(43, 'x')
  const requestWith = (value: string) => ({ cookies: { '__Host-mcp_browser': value, '__Host-mcp_session': value } }) as never
  t.ok(known(requestWith(good)))
  t.equal(known(requestWith(good)), session(requestWith(good)))
  t.not(
    known(requestWith(good)),
    good,
    'what is stored is not the cookie'
  )
  for (const value of ['', 'x', 'x'.repeat(42), 'x'.repeat(44), `${'x'.repeat(42)}=`, `${'x'.repeat(42)} `, ` ${'x'.repeat(43)}`, `${'x'.repeat(43)}\n`, 'é'.repeat(43)]) {
    const set: string[] = []
    const reply = { setCookie: (_name: string, value: string) => set.push(value) } as never
    t.same([known(requestWith(value)), session(requestWith(value))],
      [undefined, undefined], JSON.stringify(value))
    t.ok(identify(requestWith(value), reply))
    t.match(set, [/^[\w-]{43}$/])
  }
  const plain = { cookies: { mcp_browser: good, mcp_session: good } } as never
  t.same([known(plain), session(plain)],
    [undefined, undefined], 'nor one that any host of the domain may set')
})

t.test('a way in whose name is too long for a cookie is not remembered', async (t) => {
  const { rememberWay, lastWay } = createCookies(false)
  let cookie: string | undefined
  const reply = { setCookie: (_name: string, value: string) => { cookie = value } }
  rememberWay(reply as never, 'x'.repeat(201))
  t.equal(cookie, undefined)
  rememberWay(reply as never, 'x'.repeat(200))
  const request = { cookies: { mcp_way: cookie } } as never
  t.equal(lastWay(request), 'x'.repeat(200))
})
