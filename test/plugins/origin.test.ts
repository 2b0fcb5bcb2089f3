// Under which names the server answers, and from where a form may come: every route, whatever the sign-in (MCP
// "Security & Endpoint Requirements"; threats MC, LG-08, CL-08).
import { request as send } from 'node:http'
import t from 'tap'
import { paths } from '../../paths.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

/** As sent: fetch would set Host itself. */
const ask = (
  { config: { port } }: TestServer,
  method: string,
  path: string,
  host: string | undefined,
  accept = '*/*'
) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = send(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        setHost: false,
        headers: { accept, ...(host !== undefined && { host }), connection: 'close' }
      },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode!, text }))
      }
    )
    request.once('error', reject)
    request.end()
  })

const all = [...new Set(Object.values(paths).flat())]
const anyHost = new Set<string>([paths.live, paths.ready, paths.health, paths.metrics])

for (const backend of ['none', 'demo,local']) {
  t.test(`every path answers 421 under a name that is not ours (AUTH_BACKEND=${backend}) (CL-08)`, async (t) => {
    const server = await startServer(t, {
      env: { AUTH_BACKEND: backend, METRICS_TOKEN: 'aTokenOfManyRandomCharacters' }
    })
    const { port } = server.config
    const own = `localhost:${port}`
    const documents = [
      `${paths.documents}/tides.md`,
      `${paths.documents}/no-such`,
      '/no/such/path',
      `${paths.loginCallback}/oidc`
    ]
    for (const path of [...all, ...documents].filter((path) => !anyHost.has(path))) {
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        const { status, text } = await ask(server, method, path, `evil.example:${port}`)
        t.equal(status, 421, `${method} ${path}`)
        t.notMatch(text, /evil|The moon/)
      }
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      `${own}.evil.example`,
      `evil.${own}`,
      `evil${own}`,
      `localhost.:${port}`,
      `x@${own}`,
      `${own}@evil.example`,
      `${own}x`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.5',
      `[::ffff:127.0.0.1]:${port}`,
      '0.0.0.0',
      ''
    ]) {
      t.equal((await ask(server, 'GET', `${paths.documents}/tides.md`, host)).status, 421, `Host: ${host}`)
    }
    for (const host of [own, own.toUpperCase(), 'localhost', '127.0.0.1:1', '[::1]']) { t.not((await ask(server, 'GET', `${paths.documents}/tides.md`, host)).status, 421, `Host: ${host}`) }
    for (const path of [paths.live, paths.ready, paths.health]) {
      t.same(
        await ask(server, 'GET', path, '10.0.0.5:8080'),
        { status: 200, text: '{"status":"ok"}' },
        `${path} is asked by address`
      )
    }
    t.equal((await ask(server, 'GET', paths.metrics, '10.0.0.5:8080')).status, 401, 'figures need a token')
    t.match(
      await ask(server, 'GET', paths.home, 'evil.example', 'text/html'),
      { status: 421, text: /<h1>/ },
      'a page for a person'
    )
    t.match(
      JSON.parse((await ask(server, 'POST', '/mcp', 'evil.example')).text),
      { jsonrpc: '2.0', error: { code: -32600, message: /^This server answers for localhost/ } },
      'JSON-RPC for an MCP client'
    )
  })
}

t.test(
  'a public server answers under its own name, with its port or without, and under loopback names (CL-08)',
  async (t) => {
    const server = await startServer(t, { env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'local' } })
    for (const host of ['mcp.example.com', 'MCP.example.com', 'mcp.example.com:443', 'localhost:8080', '127.0.0.1']) { t.equal((await ask(server, 'GET', '/', host)).status, 200, host) }
    for (const host of [
      'mcp.example.com:8443',
      'mcp.example.com:80',
      'example.com',
      'evilmcp.example.com',
      'mcp.example.com.evil.example',
      'mcp.example.com.'
    ]) { t.equal((await ask(server, 'GET', '/', host)).status, 421, host) }
  }
)

t.test(
  "to a public server a page on a person's own computer is a stranger, whatever name it calls the server by (CL-08)",
  async (t) => {
    const { app, url } = await startServer(t, { env: { PUBLIC_URL: 'https://mcp.example.com', AUTH_BACKEND: 'local' } })
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:3000', url]) {
      const send = (path: string, type: string, payload: string) =>
        app.inject({
          method: 'POST',
          url: path,
          headers: { origin, host: new URL(origin).host, 'content-type': type },
          payload
        })
      const form = await send('/login', 'application/x-www-form-urlencoded', 'backend=local')
      t.match({ status: form.statusCode, text: form.payload }, { status: 403, text: /access_denied/ }, origin)
      const call = await send('/mcp', 'application/json', '{"jsonrpc":"2.0","id":1,"method":"ping"}')
      t.match(
        { status: call.statusCode, body: call.json() },
        { status: 403, body: { error: { code: -32600 } } },
        `${origin}: MCP`
      )
    }
  }
)

t.test('a form counts only when it comes from our own pages (CL-08)', async (t) => {
  const server = await startServer(t)
  const { url } = server
  const browser = new Browser()
  const login = await browser.get(`${url}/login`)
  const form = login.forms.find(({ fields }) => fields['backend'] === 'demo')!
  const odd: Array<Record<string, string>> = [
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    ...[
      'null',
      'https://evil.example',
      'http://sub.localhost',
      `${url}.evil.example`,
      url.replace('localhost', '127.0.0.1'),
      url.replace('http:', 'https:'),
      ''
    ].map((origin) => ({ origin }))
  ]
  for (const headers of odd.filter(({ origin }) => origin !== '')) {
    const answer = await browser.post(`${url}/login`, form.fields, headers)
    t.match(
      { status: answer.status, text: answer.text },
      { status: 403, text: /access_denied/ },
      JSON.stringify(headers)
    )
  }
  const hidden = await browser.post(`${url}/login`, form.fields, { origin: 'null', 'sec-fetch-site': 'none' })
  t.match({ status: hidden.status, text: hidden.text }, { status: 403, text: /Referrer-Policy: no-referrer/ })
  const forged = { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }
  t.equal((await browser.post(`${url}/login`, form.fields, forged)).status, 403, 'neither witness may speak against it')
  t.equal((await browser.get(`${url}/account`)).url.includes('/login'), true, 'nobody was signed in')
  t.equal(
    (await browser.post(`${url}/login`, form.fields, { 'sec-fetch-site': 'same-origin' })).status,
    200,
    'and nothing was spent'
  )
})

t.test('our own form passes where a proxy or an extension hides its origin (Fetch Metadata §2.3) (CL-08)', async (t) => {
  const { url } = await startServer(t)
  const browser = new Browser()
  const form = (await browser.get(`${url}/login`)).forms.find(({ fields }) => fields['backend'] === 'demo')!
  const answer = await browser.post(`${url}/login`, form.fields, { origin: 'null', 'sec-fetch-site': 'same-origin' })
  t.equal(answer.status, 200)
  t.notOk((await browser.get(`${url}/account`)).url.includes('/login'), 'signed in')
})

t.test('CORS_ORIGINS names extensions and desktop apps as well as sites; null stays out', async (t) => {
  const origins = ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'app://obsidian.md', 'tauri://localhost']
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none', CORS_ORIGINS: origins.join() } })
  const ping = (origin: string) =>
    fetch(`${url}/mcp/`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    })
  for (const origin of origins) {
    const answer = await ping(origin)
    t.match({ status: answer.status, allowed: answer.headers.get('access-control-allow-origin') }, { status: 200, allowed: origin })
  }
  for (const origin of ['null', 'chrome-extension://another', 'app://obsidian.md.evil', 'file://']) {
    t.equal((await ping(origin)).status, 403, origin)
  }
})
