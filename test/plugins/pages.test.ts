// The pages as browsers get them: headers, escaping, links, and what a person sees and can reach, in a real Chromium,
// in light and dark, wide and narrow.
import { readdirSync, readFileSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import pages, { findLink, stylesheet } from '../../plugins/pages/index.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { examples, type Example } from './page-examples.ts'

const STYLE = '/style.css'
const VIEWS = new URL('../../views/', import.meta.url)
const INSPECT = readFileSync(new URL('../helpers/inspect-page.js', import.meta.url), 'utf8')
const chromium = await launchChromium()
const withBrowser = { skip: chromium.missing ?? false }
t.teardown(() => chromium.browser?.close())

/** A server that serves each of `shown` at `/NAME`. */
async function serve (
  t: Test,
  shown: Readonly<Record<string, Example>>,
  publicUrl = 'https://mcp.example.com'
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(pages, { publicUrl, styleUrl: STYLE })
  app.get(STYLE, (_request, reply) => reply.type('text/css; charset=utf-8').send(stylesheet.body))
  for (const [name, { view, data }] of Object.entries(shown)) { app.get(`/${name}`, (_request, reply) => reply.page(view, data)) }
  return app
}

const html = async (app: FastifyInstance, name: string) => (await app.inject(`/${name}`)).body
const show = async (t: Test, example: Example) => html(await serve(t, { it: example }), 'it')

/** The same value with every string in it replaced. */
function mapStrings<T> (value: T, change: (text: string, key: string) => string, key = ''): T {
  if (typeof value === 'string') return change(value, key) as T
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change, key)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, change, name)])) as T
}

t.test(
  'LG-01, LG-02, LG-03, LG-04, LG-05, LG-21: every page carries the headers that keep it from being framed, scripted, cached and sniffed',
  async (t) => {
    const app = await serve(t, examples)
    for (const name of Object.keys(examples)) {
      const { statusCode, headers } = await app.inject(`/${name}`)
      t.equal(statusCode, 200, name)
      t.match(
        headers,
        {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'same-origin',
          'permissions-policy': /camera=\(\)/,
          'strict-transport-security': /^max-age=\d+$/
        },
        name
      )
      t.notHas(headers, { 'cross-origin-opener-policy': String }, `${name}: a sign-in in a popup keeps its opener`)
      const policy = new Map(
        String(headers['content-security-policy'])
          .split('; ')
          .map((rule) => rule.split(/ (.*)/, 2) as [string, string])
      )
      t.strictSame(
        Object.fromEntries(policy),
        {
          'default-src': "'none'",
          'style-src': "'self'",
          'img-src': "'self' data:",
          'script-src': "'none'",
          'object-src': "'none'",
          'base-uri': "'none'",
          'frame-ancestors': "'none'"
        },
        `${name}: no form-action, no unsafe-inline, no wildcard`
      )
    }
  }
)

t.test('HSTS is for https only', async (t) => {
  const app = await serve(t, examples, 'http://localhost:8080')
  t.notHas((await app.inject('/login')).headers, { 'strict-transport-security': String })
})

t.test(
  'WR-02: a page that cannot be rendered is an error without its inside, and the status of a page is the one given',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(pages, { publicUrl: 'https://mcp.example.com', styleUrl: STYLE })
    app.setErrorHandler((_error, _request, reply) =>
      reply.page(
        'error',
        { statusCode: 500, title: 'Something went wrong', text: 'Try again.', code: 'server_error', requestId: 'r-1' },
        500
      )
    )
    app.get('/broken', (_request, reply) => reply.page('login', {} as never))
    const { statusCode, body, headers } = await app.inject('/broken')
    t.equal(statusCode, 500)
    t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    t.match(body, 'r-1')
    t.notMatch(body, /\.eta|\.ts|views|undefined/)
  }
)

t.test('WB-14: templates print raw only what other templates rendered, and every attribute is quoted', async (t) => {
  for (const name of readdirSync(VIEWS).filter((file) => file.endsWith('.eta'))) {
    const text = readFileSync(new URL(name, VIEWS), 'utf8')
    for (const [, raw] of text.matchAll(/<%~([\s\S]*?)%>/g)) { t.match(raw!.trim(), /^(it\.body|include\('\.\/[a-z-]+', it\))$/, name) }
    t.notMatch(text, /\s[a-z-]+=<%/, `${name}: no unquoted attribute`)
    t.notMatch(text, /<script|<style|\son\w+=|\sstyle=/i, `${name}: nothing the policy would block`)
  }
})

/** Each breaks out of another context, were it not escaped. */
const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)' x='",
  '</title></textarea></style><svg onload=alert(1)>',
  '<%= it.site %>&lt;b&gt;',
  '\u0000<!--<base href=//evil.example>'
]
const isAddress = (text: string, key: string) =>
  ['href', 'uri', 'login', 'logout', 'signup', 'consent', 'switchAccount', 'home'].includes(key) &&
  /^(\/|https?:)/.test(text)
// Left as they are: what picks a template, a field or a form, and the address a server has by configuration. No address
// of ours holds a space.
const isFixed = (example: Example, key: string) =>
  ['view', 'failedBackend', 'field', 'url'].includes(key) || (key === 'id' && example.view === 'login')
const hostile = (example: Example, markup: string): Example =>
  mapStrings(example, (text, key) =>
    isFixed(example, key) ? text : isAddress(text, key) ? `${text}?${markup.replaceAll(/[^!-~]/g, '')}` : text + markup
  )

t.test('AZ-23, AZ-24: markup in every string a page is given stays text', async (t) => {
  const plain = await serve(t, examples)
  const count = (body: string) => [...'<>"\''].map((character) => body.split(character).length - 1)
  for (const markup of MARKUP) {
    const app = await serve(
      t,
      Object.fromEntries(Object.entries(examples).map(([name, example]) => [name, hostile(example, markup)]))
    )
    for (const name of Object.keys(examples)) {
      const body = await html(app, name)
      t.strictSame(
        count(body),
        count(await html(plain, name)),
        `${name} with ${markup}: not one character of markup more`
      )
    }
  }
})

t.test(
  'AZ-23, AZ-24: the browser builds the same elements and attributes whatever the data says',
  withBrowser,
  async (t) => {
    const page = await openPage(t, chromium.browser!)
    const plain = await (await serve(t, examples)).listen({ port: 0, host: '127.0.0.1' })
    const shapes = new Map<string, string>()
    for (const name of Object.keys(examples)) shapes.set(name, await shapeOf(page, `${plain}/${name}`))
    for (const markup of MARKUP.slice(0, 4)) {
      const app = await serve(
        t,
        Object.fromEntries(Object.entries(examples).map(([name, example]) => [name, hostile(example, markup)]))
      )
      const base = await app.listen({ port: 0, host: '127.0.0.1' })
      for (const [name, shape] of shapes) { t.equal(await shapeOf(page, `${base}/${name}`), shape, `${name} with ${markup}`) }
    }
  }
)

/** Elements with the names of their attributes, and each address that is not http(s). Runs in the page. */
const SHAPE = `[...document.querySelectorAll('*')].map((element) => {
  const addresses = [...element.attributes].filter(({ name }) => ['href', 'src', 'action', 'formaction'].includes(name)).map(({ value }) => new URL(value, location.href).protocol)
  return element.localName + '[' + element.getAttributeNames() + ']' + addresses.filter((protocol) => !/^https?:/.test(protocol))
}).join('\\n')`

async function shapeOf (page: Page, url: string): Promise<string> {
  await page.goto(url)
  return page.evaluate<string>(SHAPE)
}

t.test('Q7: an address is a link only if it is a path of ours or http(s)', async (t) => {
  const refused = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'cursor://install',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    'evil',
    ''
  ]
  for (const href of refused) {
    t.equal(findLink(href), undefined, JSON.stringify(href))
    const { consent, message, error } = {
      consent: examples['consent']!,
      message: examples['message']!,
      error: examples['error']!
    } as unknown as { [View in 'consent' | 'message' | 'error']: Extract<Example, { view: View }> }
    const bodies = [
      await show(t, { view: 'consent', data: { ...consent.data, client: { ...consent.data.client, uri: href } } }),
      await show(t, { view: 'message', data: { ...message.data, action: { label: 'On', href } } }),
      await show(t, { view: 'error', data: { ...error.data, action: { label: 'On', href } } })
    ]
    for (const body of bodies) {
      t.strictSame(
        [...body.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, found]) => found),
        ['https://mcp.example.com'],
        `no link but the header's for ${JSON.stringify(href)}`
      )
    }
  }
  t.strictSame(findLink('/login?interaction=a'), { href: '/login?interaction=a', host: '' })
  t.strictSame(findLink('https://bücher.example/a"b'), {
    href: 'https://xn--bcher-kva.example/a%22b',
    host: 'xn--bcher-kva.example'
  })
})

t.test('R4, P7, LG-11: the consent page says who asks, where the person goes, for what, and as whom', async (t) => {
  const known = await show(t, examples['consent']!)
  for (const part of [
    'The app calls itself “<bdi>ChatGPT</bdi>”',
    '<bdi class="host">chatgpt.com</bdi>',
    'Search and read',
    'change or save',
    'Ada Lovelace',
    'ada@example.com',
    'withdraw this access',
    'value="allow"',
    'value="deny"',
    'action="/login/switch"'
  ]) { t.match(known, part) }
  t.notMatch(known, /not verified|this computer/)
  const registered = await show(t, examples['consent-registered']!)
  for (const part of ['not verified', 'Trust the address below', 'xn--chatgt-m8a.example.net:8443']) { t.match(registered, part) }
  const loopback = await show(t, examples['consent-loopback']!)
  for (const part of [
    'not verified',
    'A program on this computer',
    'localhost:53127',
    'Any program on it could use this name'
  ]) { t.match(loopback, part) }
})

t.test('the login page shows the ways in that the backends state, and never a password again', async (t) => {
  const app = await serve(t, examples)
  const login = await html(app, 'login')
  t.equal(login.split('<form').length - 1, 2)
  t.match(login, 'href="/signup?interaction=q3Zk0vX1cN8&amp;backend=local"')
  t.match(login, /name="email" type="email" autocomplete="username"/)
  t.match(login, /name="password" type="password" autocomplete="current-password" required>/)
  t.notMatch(login, 'role="alert"')
  const refused = await html(app, 'login-refused')
  t.equal(refused.split('role="alert"').length - 1, 1)
  t.match(refused, /name="email" type="text"/, 'a staff number is not an e-mail address')
  t.equal(refused.split('value="ada@example.com"').length - 1, 1, 'the identifier stays with the way in that failed')
  t.match(await html(app, 'login-error'), /role="alert">The demo is full/)
  t.match(await html(app, 'signup'), 'name="invite" value="inv_7w2"')
})

t.test('the home page shows the address, how to connect, and whether anybody may', async (t) => {
  const app = await serve(t, examples)
  const home = await html(app, 'home')
  for (const part of [
    '<code>https://mcp.example.com</code>',
    'Authentication: <b>OAuth</b>',
    'claude mcp add --transport http mcp-oauth-server https://mcp.example.com',
    '&quot;url&quot;: &quot;https://mcp.example.com&quot;',
    '<code>search</code>',
    'href="/login"',
    '12 documents'
  ]) { t.match(home, part) }
  t.notMatch(home, /No one has to sign in|this computer only/)
  t.match(await html(app, 'home-signed-in'), /action="\/logout"[\s\S]*name="token" value="c5b"/)
  for (const part of ['No one has to sign in', 'No authentication', 'this computer only', '1 document ']) { t.match(await html(app, 'home-open'), part) }
})

async function openPage (t: Test, browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  return context.newPage()
}

/** Long words without a place to break, of both directions. */
const long = (example: Example): Example =>
  mapStrings(example, (text, key) =>
    isFixed(example, key) || isAddress(text, key)
      ? text
      : `${text}${key === 'host' ? 'x'.repeat(180) + '.example' : 'W'.repeat(120) + ' \u202Eאבג'}`
  )

t.test(
  'in a browser: labels, headings, landmarks, contrast, sizes, no sideways scrolling, nothing blocked by the policy',
  withBrowser,
  async (t) => {
    const base = await (await serve(t, examples)).listen({ port: 0, host: '127.0.0.1' })
    const longBase = await (
      await serve(t, Object.fromEntries(Object.entries(examples).map(([name, example]) => [name, long(example)])))
    ).listen({ port: 0, host: '127.0.0.1' })
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openPage(t, chromium.browser!, { colorScheme, viewport: { width: 360, height: 740 } })
      const complaints: string[] = []
      page.on('console', (message) => {
        complaints.push(message.text())
      })
      page.on('pageerror', (error) => {
        complaints.push(error.message)
      })
      page.on('requestfailed', (request) => {
        complaints.push(request.url())
      })
      for (const name of Object.keys(examples)) {
        await page.goto(`${base}/${name}`)
        // Browsers give autofocus its effect with the first frame, some time after the load event.
        if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor()
        t.strictSame(await page.evaluate<string[]>(INSPECT), [], `${name}, ${colorScheme}`)
        await page.evaluate(`${axe.source}; undefined`)
        t.strictSame(
          await page.evaluate<string[]>(
            'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))'
          ),
          [],
          `${name}, ${colorScheme}: axe`
        )
        await page.goto(`${longBase}/${name}`)
        t.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), 360, `${name}: long words wrap`)
      }
      t.strictSame(complaints, [], `${colorScheme}: the console is silent`)
    }
  }
)

t.test(
  'LG-21, pain 7: pressing Allow takes the browser on to another site, and our form says where it came from',
  withBrowser,
  async (t) => {
    const client = Fastify()
    t.teardown(() => client.close())
    client.get('/callback', (request) => ({ arrived: request.query, referer: request.headers.referer ?? null }))
    const callback = `${await client.listen({ port: 0, host: '127.0.0.1' })}/callback?code=c`
    const app = await serve(t, examples)
    const posted: Array<{ origin: string | undefined; body: string }> = []
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body)
    )
    app.post('/consent', (request, reply) => {
      posted.push({ origin: request.headers.origin, body: request.body as string })
      return reply.redirect(callback, 303)
    })
    const base = await app.listen({ port: 0, host: '127.0.0.1' })
    const page = await openPage(t, chromium.browser!, { javaScriptEnabled: false })
    for (const [button, decision] of [
      ['Allow', 'allow'],
      ['Deny', 'deny']
    ] as const) {
      await page.goto(`${base}/consent`)
      await page.getByRole('button', { name: button, exact: true }).click()
      await page.waitForURL(callback)
      t.strictSame(posted.pop(), { origin: base, body: `interaction=q3Zk0vX1cN8&decision=${decision}` }, button)
      t.match(
        await page.textContent('body'),
        '"referer":null',
        'the address of the consent page does not leave the site'
      )
    }
  }
)

t.test(
  'ST-06: a click in the first second of the page, or of the mouse on it, allows nothing; the keyboard need not wait',
  withBrowser,
  async (t) => {
    const app = await serve(t, examples)
    let posts = 0
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body)
    )
    app.post('/consent', () => ({ posts: ++posts }))
    const base = await app.listen({ port: 0, host: '127.0.0.1' })
    const open = async () => {
      const page = await openPage(t, chromium.browser!)
      // The second is the browser's: here it lasts as long as the test wants.
      const devTools = await page.context().newCDPSession(page)
      await devTools.send('Animation.enable')
      const pace = (playbackRate: number) => devTools.send('Animation.setPlaybackRate', { playbackRate })
      await pace(0.001)
      await page.goto(`${base}/consent`)
      const allow = page.getByRole('button', { name: 'Allow', exact: true })
      await allow.scrollIntoViewIfNeeded()
      const { x, y, width, height } = (await allow.boundingBox())!
      return { page, allow, pace, click: () => page.mouse.click(x + width / 2, y + height / 2) }
    }
    /**
     * Ends when the page has seen a click, wherever it went: a click on Deny would be an answer, one on a heading is
     * none.
     */
    const settled = (page: Page) => page.getByRole('heading', { level: 1 }).click()

    const fresh = await open()
    await fresh.click()
    await settled(fresh.page)
    t.equal(posts, 0, 'the page has just opened')

    const waiting = await open()
    await waiting.pace(1_000)
    while (
      (await waiting.page.evaluate<string>(
        "getComputedStyle(document.querySelector('[value=allow]')).pointerEvents"
      )) !== 'auto'
    );
    await waiting.pace(0.001)
    await waiting.click()
    await settled(waiting.page)
    t.equal(posts, 0, 'the page was there for long, below another window; the mouse has just come to it')

    await waiting.pace(1_000)
    await waiting.allow.click()
    await waiting.page.waitForURL(/consent/)
    t.equal(posts, 1, 'a second later it counts')

    const keyboard = await open()
    await keyboard.allow.press('Enter')
    await keyboard.page.getByText('"posts"').waitFor()
    t.equal(posts, 2)

    const touch = await openPage(t, chromium.browser!, { javaScriptEnabled: false, hasTouch: true, isMobile: true })
    await touch.goto(`${base}/consent`)
    await touch.getByRole('button', { name: 'Allow', exact: true }).tap()
    await touch.getByText('"posts"').waitFor()
    t.equal(posts, 3, 'a finger does not wait for a mouse')
  }
)

t.test('LG-01: no other page can frame ours', withBrowser, async (t) => {
  const base = await (await serve(t, examples)).listen({ port: 0, host: '127.0.0.1' })
  const attacker = Fastify()
  t.teardown(() => attacker.close())
  attacker.get('/', (_request, reply) => reply.type('text/html').send(`<iframe src="${base}/consent"></iframe>`))
  const page = await openPage(t, chromium.browser!)
  await page.goto(await attacker.listen({ port: 0, host: '127.0.0.1' }))
  t.equal(await page.frames()[1]!.locator('form').count(), 0)
})
