// Pages: headers, escaping, links, and what each template says.
import { readdirSync, readFileSync } from 'node:fs'
import { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { findLink } from '../../../plugins/pages/index.ts'
import { examples, type Example } from './page-examples.ts'
import { serve, MARKUP, hostile } from './serve.ts'

const VIEWS = new URL('../../../views/', import.meta.url)

const html = async (app: FastifyInstance, name: string) => (await app.inject(`/${name}`)).body

const show = async (t: Test, example: Example) => html(await serve(t, { it: example }), 'it')

t.test(
  'every page carries the headers that keep it from being framed, scripted, cached and sniffed (LG-01, LG-02, LG-03, LG-04, LG-05, LG-21)',
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
          ...(app.scripts.of(examples[name]!.view)
            ? { 'script-src': "'self'", 'connect-src': "'self'" }
            : { 'script-src': "'none'" }),
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

t.test('templates print raw only what other templates rendered, and every attribute is quoted (WB-14)', async (t) => {
  for (const name of readdirSync(VIEWS, { recursive: true }).map(String).filter((file) => file.endsWith('.eta') && !file.startsWith('mail'))) {
    const text = readFileSync(new URL(name, VIEWS), 'utf8')
    // What `html` fills is escaped (test/languages/fill.test.ts). A document's Markdown comes
    // from the sanitizer
    // (plugins/library/render-task.ts).
    const rendered = /^(?:it\.body|(?:it\.)?html\(.*\)|include\('\.{1,2}\/[a-z-]+', (?:it|\{ mark: way\.mark \})\))$/s
    // Which of its drawings it is, provider-mark.eta checks.
    const own = { 'document.eta': /^page\.html$/, 'provider-mark.eta': /^include\(`\.\/marks\/\$\{it\.mark\}`\)$/ }[name]
    const allowed = (raw: string) => rendered.test(raw) || own?.test(raw) === true
    for (const [, raw] of text.matchAll(/<%~([\s\S]*?)%>/g)) t.ok(allowed(raw!.trim()), `${name}: ${raw}`)
    t.notMatch(text, /\s[a-z-]+=<%/, `${name}: no unquoted attribute`)
    const scripts = name === 'layout.eta' ? /<script(?! src="<%= it\.script %>" defer><\/script>)/ : /<script/i
    t.notMatch(text, scripts, `${name}: no script but our own file`)
    t.notMatch(text, /<style|\son\w+=|\sstyle=/i, `${name}: nothing the policy would block`)
  }
})

t.test('markup in every string a page is given stays text (AZ-23, AZ-24)', async (t) => {
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

t.test('an address is a link only if it is a path of ours or http(s) (Q7)', async (t) => {
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
      await show(t, { view: 'consent', data: { ...consent.data, user: href } }),
      await show(t, { view: 'message', data: { ...message.data, action: { label: 'On', href } } }),
      await show(t, { view: 'error', data: { ...error.data, action: { label: 'On', href } } })
    ]
    for (const body of bodies) {
      t.strictSame(
        [...body.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, found]) => found),
        ['https://mcp.example.com', ...(body === bodies[0] ? ['/account'] : [])],
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

t.test('the consent page says who asks, where the person goes, for what, and as whom (R4, P7, LG-11)', async (t) => {
  const known = await show(t, examples['consent']!)
  for (const part of [
    '<strong><bdi>ChatGPT</bdi></strong> wants to access <strong><bdi>MCP OAuth Server</bdi></strong>',
    'Verified: <bdi class="host" translate="no"><bdi>chatgpt.com</bdi></bdi>',
    'Search and read',
    'change things',
    'Signed in as <strong><bdi>ada@example.com</bdi></strong>',
    'You’ll return to <bdi class="host" translate="no"><bdi>chatgpt.com</bdi></bdi>',
    'disconnect it any time on <a href="/account">',
    'value="allow"',
    'value="deny"',
    'action="/login/switch"'
  ]) { t.match(known, part) }
  t.notMatch(known, /class="warning"|this computer/)
  const registered = await show(t, examples['consent-registered']!)
  for (const part of ['class="warning"><strong>Unverified.</strong>', 'Trust the address it returns to', 'xn--chatgt-m8a.example.net:8443']) { t.match(registered, part) }
  const loopback = await show(t, examples['consent-loopback']!)
  for (const part of [
    'class="warning"><strong>Unverified.</strong>',
    'a program on this computer',
    'localhost:53127',
    'Any program on this computer could use this name'
  ]) { t.match(loopback, part) }
  const describedElsewhere = await show(t, examples['consent-document']!)
  for (const part of ['Only the host that describes the app is verified', 'apps.example.net', 'a different host', 'evil.example']) { t.match(describedElsewhere, part) }
  t.match(await show(t, examples['consent-document-loopback']!), /claude\.ai.* describes this app, but any program/)
  for (const body of [registered, loopback, describedElsewhere]) t.notMatch(body, /class="verified"/)
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
  t.match(
    refused, /value="ada@example.com" aria-invalid="true" aria-describedby="error">/,
    'what was typed stays'
  )
  t.match(refused, /type="password"[^>]* autofocus>/, 'and the password is typed next')
  t.match(refused, /<a class="button secondary" href="\/login\?with=x">Continue with Staff directory/)
  t.match(await html(app, 'login-error'), /role="alert">The demo is full/)
  t.match(await html(app, 'signup'), 'name="invite" value="inv_7w2"')
})

t.test('a new key comes with the address and the header to use it in, each by itself', async (t) => {
  const page = await html(await serve(t, examples), 'new-access-key')
  for (const part of ['https://mcp.example.com', 'Authorization: Bearer mcp_key_…']) t.match(page, `<code>${part}</code>`)
})

t.test('the home page shows the address, how to connect, and whether anybody may', async (t) => {
  const app = await serve(t, examples)
  const home = await html(app, 'home')
  for (const part of [
    '<code>https://mcp.example.com</code>',
    'Authentication: <strong>OAuth</strong>',
    'claude mcp add --transport http <span>mcp-oauth-server</span> <span>https://mcp.example.com</span>',
    'codex mcp login <span>mcp-oauth-server</span>',
    'href="cursor://anysphere.cursor-deeplink/mcp/install?name=mcp-oauth-server&amp;config=',
    'href="vscode:mcp/install?%7B',
    '&quot;url&quot;: &quot;https://mcp.example.com&quot;',
    '<code translate="no">search</code>',
    'href="/login"',
    '12 documents'
  ]) { t.match(home, part) }
  t.notMatch(home, /Nobody has to sign in|this computer only/)
  t.match(await html(app, 'home-signed-in'), /action="\/logout"[\s\S]*name="token" value="c5b"/)
  const without = await html(app, 'home-without-tools')
  t.match(without, 'Sign in to see what you may use.')
  t.notMatch(without, /tools? below/)
  for (const part of ['Nobody has to sign in', 'No authentication', 'this computer only', '1 document ']) { t.match(await html(app, 'home-open'), part) }
})
