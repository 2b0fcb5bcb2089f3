// What holds for every address of the server, those that are added later too: nothing is stored for a stranger, pages
// count for their address, and no page or redirect may be kept, framed or told on (threats ST-01, ST-03, LG-01, WB-14).
import type { Test } from 'tap'
import { paths } from '../paths.ts'
import { openAuditJournals } from '../plugins/observability/audit/journals.ts'
import { census } from './helpers/census.ts'
import { pkce } from './helpers/oauth.ts'
import { withRoutes, type Route } from './helpers/route-table.ts'
import type { TestServer } from './helpers/server.ts'
import { storageTest, type Start } from './helpers/storages.ts'

interface Answer {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}
/** A browser's cookies, and what the forms of its pages hold. */
interface Visitor {
  cookie: string
  interaction: string
  token: string
}

const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'
const LONG = 'A'.repeat(30_000)
/** Answered to programs: JSON, and no page. */
const MACHINES = [
  /^\/(?:mcp|token|register|revoke|introspect|userinfo|jwks|metrics)?$/,
  /^\/health/,
  /\/\.well-known\//,
  /^\*$/
]
/** Files that never change, for which nothing is looked up. */
const FILES: string[] = [paths.style, paths.icon]
const isPage = ({ method, url }: Route) =>
  ['GET', 'POST'].includes(method) &&
  !FILES.includes(url) &&
  (url === paths.home ? method === 'GET' : !MACHINES.some((machine) => machine.test(url)))

const start = (begin: Start, options: Parameters<Start>[0] = {}) => withRoutes(() => begin(options))

async function send (
  { app }: TestServer,
  { method, url }: Route,
  {
    query = {},
    form,
    cookie = '',
    headers = {}
  }: {
    query?: Record<string, string>
    form?: Record<string, string>
    cookie?: string
    headers?: Record<string, string>
  } = {}
): Promise<Answer> {
  const answer = await app.inject({
    method: method as 'GET',
    url: `${url}${Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : ''}`,
    headers: {
      accept: 'text/html',
      ...(cookie && { cookie }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers
    },
    ...(form && { payload: new URLSearchParams(form).toString() })
  })
  return { statusCode: answer.statusCode, headers: answer.headers, body: answer.body }
}

const cookiesOf = ({ headers }: Answer): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => String(line).split(';')[0]!)
    .join('; ')
const handleIn = ({ headers }: Answer): string =>
  new URL(String(headers['location']), 'http://localhost').searchParams.get('interaction') ?? ''

/** Somebody who has opened the sign-in page and no more. */
async function stranger (server: TestServer): Promise<Visitor> {
  const answer = await send(server, { method: 'GET', url: paths.login })
  return { cookie: cookiesOf(answer), interaction: handleIn(answer), token: 'made-up' }
}

/** Somebody who is signed in, for the request of an app. */
async function person (server: TestServer, clientId = CHATGPT): Promise<Visitor> {
  const asked = await send(server, { method: 'GET', url: paths.authorize }, { query: authorization(clientId) })
  const browser = cookiesOf(asked)
  const entered = await send(
    server,
    { method: 'POST', url: paths.login },
    { cookie: browser, form: { interaction: handleIn(asked), backend: 'demo' } }
  )
  const cookie = `${browser}; ${cookiesOf(entered)}`
  const account = await send(server, { method: 'GET', url: paths.account }, { cookie })
  return { cookie, interaction: handleIn(entered), token: /name="token" value="([^"]+)"/.exec(account.body)![1]! }
}

const authorization = (clientId: string, more: Record<string, string> = {}) => ({
  client_id: clientId,
  response_type: 'code',
  redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  ...more
})
const concrete = (url: string, rest: string) => url.replace('*', rest)
/** Every field that any of our forms and addresses has, unless told otherwise. */
const fields = ({ interaction, token }: Visitor, more: Record<string, string> = {}) => ({
  interaction,
  token,
  decision: 'join',
  backend: 'local',
  email: 'ann@example.com',
  password: 'wrong wrong wrong',
  code: '123456',
  link: 'made-up',
  invite: 'made-up',
  app: 'made-up',
  confirm: 'delete',
  ...more
})

/** What a stranger may leave behind, with its bound. Whatever else grows is a fault. */
const BOUNDED = new Set([
  // Audit events: JOURNAL_BOUNDS entries in all, 2 KB each.
  'journal',
  'journal_topics',
  'audit_journal',
  // The key that signs ID tokens, made when first asked for: one in all.
  'signingKey'
])

async function nothingGrows (
  t: Test,
  server: TestServer,
  what: string,
  work: () => Promise<void>,
  allowed: string[] = []
) {
  const before = await census(server)
  await work()
  const after = await census(server)
  const grown = Object.keys(after).filter(
    (kind) => after[kind]! > (before[kind] ?? 0) && !BOUNDED.has(kind) && !allowed.includes(kind)
  )
  t.strictSame(grown, [], what)
}

storageTest(
  'ST-01: a storm of requests without credentials leaves nothing in storage, whatever the route and however much is sent',
  async (t, begin) => {
    const { server, routes } = await start(begin, { env: { AUTH_BACKEND: 'local,demo' } })
    await server.app.inject(paths.health)
    const visitor = await stranger(server)
    const made = `mcp_session=${'s'.repeat(43)}; mcp_browser=${'b'.repeat(43)}`
    for (const route of routes.filter(({ method }) => !['HEAD', 'TRACE'].includes(method))) {
      const to = { method: route.method, url: concrete(route.url, LONG) }
      // SQLite has sign-ups write: accounts are for `sign-up` to bound, and this one is refused for its password.
      const wide = fields(visitor, { password: 'short', email: `${'a'.repeat(20_000)}@example.com`, name: LONG })
      await nothingGrows(t, server, `${route.method} ${route.url}`, async () => {
        for (const cookie of ['', made, visitor.cookie]) {
          await send(server, to, { cookie })
          await send(server, to, {
            cookie,
            query: { ...authorization(CHATGPT), state: LONG, nonce: LONG, interaction: LONG }
          })
          await send(server, to, {
            cookie,
            query: {
              ...authorization(CHATGPT, { state: 's'.repeat(4_000) }),
              state: 'x'.repeat(4_000),
              ...fields(visitor)
            }
          })
          if (route.method === 'POST') { for (const form of [wide, fields(visitor, { password: 'short' })]) await send(server, to, { cookie, form }) }
          if (route.method === 'POST') {
            await send(server, to, {
              cookie,
              headers: { 'content-type': 'application/json', authorization: `Bearer ${LONG}` }
            })
          }
        }
      })
    }
    const entries = openAuditJournals(server.app.storage).all()
    for await (const entry of entries) t.ok(JSON.stringify(entry).length < 2_000, 'no event is long')
  }
)

storageTest('ST-01: what is not here does not grow either, with a handle that is good', async (t, begin) => {
  const { server } = await start(begin, { env: { AUTH_BACKEND: 'local,demo' } })
  const ways: Array<[string, Route, Record<string, string>]> = [
    ['a wrong password', { method: 'POST', url: paths.login }, {}],
    ['a way that is not here', { method: 'POST', url: paths.login }, { backend: 'nowhere' }],
    ['another account, of nobody', { method: 'POST', url: paths.switchAccount }, {}],
    ['a code that nobody waits for', { method: 'POST', url: paths.loginCode }, {}],
    ['a choice that nobody has', { method: 'POST', url: paths.loginChoice }, { decision: 'separate' }],
    ['a consent of nobody', { method: 'POST', url: paths.consent }, { decision: 'allow' }],
    ['an account with a bad password', { method: 'POST', url: paths.signup }, { password: 'short' }]
  ]
  for (const [name, to, more] of ways) {
    const visitor = await stranger(server)
    await nothingGrows(t, server, name, async () => {
      for (let count = 0; count < 3; count++) { await send(server, to, { cookie: visitor.cookie, form: fields(visitor, more) }) }
    })
  }
})

storageTest(
  'ST-01: a path of more than 2 KB is refused before the sign-in, and one below it is gone on to',
  async (t, begin) => {
    const { server } = await start(begin)
    const refused = await send(server, { method: 'GET', url: `/documents/${'A'.repeat(2_048)}` })
    t.match([refused.statusCode, refused.headers['location']], [400, undefined])
    const url = `/documents/${'A'.repeat(2_000)}`
    const asked = await send(server, { method: 'GET', url })
    const entered = await send(
      server,
      { method: 'POST', url: paths.login },
      { cookie: cookiesOf(asked), form: { interaction: handleIn(asked), backend: 'demo' } }
    )
    t.equal(entered.headers['location'], url)
  }
)

storageTest(
  'ST-03: beyond the limit no page is made for a stranger, files still are, and a person who is signed in is served',
  async (t, begin) => {
    const { server, routes } = await start(begin, {
      env: { AUTH_BACKEND: 'demo,local', RATE_LIMITS: 'on', SIGNUP: 'open' }
    })
    const visitor = await stranger(server)
    const signedIn = await person(server)
    const before = await census(server)
    const statuses: number[] = []
    for (let count = 0; count < 121; count++) { statuses.push((await send(server, { method: 'GET', url: paths.login })).statusCode) }
    t.equal(statuses.at(-1), 429)
    for (const route of routes.filter((route) => route.method === 'GET' && isPage(route))) {
      const answer = await send(
        server,
        { method: 'GET', url: concrete(route.url, 'x') },
        {
          cookie: visitor.cookie,
          query: { ...authorization(CHATGPT), interaction: visitor.interaction, state: visitor.interaction }
        }
      )
      t.equal(answer.statusCode, 429, route.url)
      t.ok(Number(answer.headers['retry-after']) > 0)
    }
    for (const url of [...FILES, paths.health]) { t.equal((await send(server, { method: 'GET', url })).statusCode, 200, url) }
    for (const url of [paths.account, paths.home, `${paths.consent}?interaction=${signedIn.interaction}`]) {
      t.equal(
        (await send(server, { method: 'GET', url }, { cookie: signedIn.cookie })).statusCode,
        200,
        `${url.slice(0, 10)}, signed in`
      )
    }
    const grown = Object.entries(await census(server))
      .filter(([kind, number]) => number > (before[kind] ?? 0) && !BOUNDED.has(kind) && kind !== 'check')
      .map(([kind]) => kind)
    // On Redis a counter for each address and limit, of a hundred bytes, for a minute.
    t.ok(
      grown.every((kind) => kind.startsWith('fastify-rate-limit-')),
      grown.join()
    )
  }
)

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': /script-src 'none'.*frame-ancestors 'none'/
}

/** @returns whether it was a page or a redirect. */
function checkHeaders (t: Test, name: string, { statusCode, headers, body }: Answer): 'page' | 'redirect' | 'other' {
  t.match(
    headers,
    { 'cache-control': 'no-store', 'referrer-policy': 'same-origin', 'x-content-type-options': 'nosniff' },
    `${name}: ${statusCode}`
  )
  if (statusCode >= 300 && statusCode < 400) return 'redirect'
  if (!String(headers['content-type']).includes('text/html')) return 'other'
  t.match(headers, PAGE_HEADERS, `${name}: ${statusCode}`)
  t.notMatch(body, '<script')
  return 'page'
}

storageTest(
  'LG-01, WB-14: every page and every redirect, whoever asks, is not kept, not framed, and tells no other site its address',
  async (t, begin) => {
    const { server, routes } = await start(begin, {
      env: { AUTH_BACKEND: 'demo,local', PUBLIC_URL: 'https://mcp.example.com' }
    })
    const headers = { host: 'mcp.example.com' }
    const seen = { page: 0, redirect: 0, other: 0 }
    const redirects: string[] = []
    for (const route of routes.filter(isPage)) {
      for (const [who, visit] of [
        ['nobody', undefined],
        ['a stranger', stranger],
        ['a person', person]
      ] as const) {
        // Each with a sign-in of its own: most forms spend it.
        for (const decision of route.method === 'POST' ? ['allow', 'deny', ''] : ['']) {
          const visitor = visit ? await visit(server) : { cookie: '', interaction: '', token: '' }
          const more = fields(visitor, { decision, backend: 'demo', password: '' })
          const to = { method: route.method, url: concrete(route.url, 'tides.md') }
          const answer = await send(server, to, {
            cookie: visitor.cookie,
            headers,
            ...(route.method === 'POST'
              ? { form: more }
              : { query: { ...authorization(CHATGPT, { state: 's' }), interaction: visitor.interaction } })
          })
          const kind = checkHeaders(t, `${route.method} ${route.url}, ${who}`, answer)
          seen[kind]++
          if (kind === 'redirect') { redirects.push(`${route.method} ${route.url} ${String(answer.headers['location']).split('?')[0]}`) }
        }
      }
    }
    t.ok(seen.page > 40 && seen.redirect > 15, JSON.stringify(seen))
    for (const one of [
      'POST /consent https://chatgpt.com/connector_platform_oauth_redirect',
      'GET /authorize /login',
      'GET /authorize /consent',
      'POST /login /consent',
      'GET /account /login'
    ]) { t.ok(redirects.includes(one), one) }
    checkHeaders(t, 'no such page', await send(server, { method: 'GET', url: '/nowhere' }, { headers }))
  }
)
