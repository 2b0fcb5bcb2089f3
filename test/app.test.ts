// What holds at every address of the server, including those added
// later: pages count for the visitor's address, no page
// or redirect may be stored, framed or reveal its URL, and no page answers a preflight.
import type { Test } from 'tap'
import { paths } from '../paths.ts'
import { census } from './helpers/census.ts'
import { BOUNDED } from './helpers/nothing-grows.ts'
import { withRoutes } from './helpers/route-table.ts'
import { storageTest, type Start } from './helpers/storages.ts'
import {
  authorization,
  CHATGPT,
  concrete,
  fields,
  FILES,
  isPage,
  person,
  send,
  stranger,
  type Answer
} from './helpers/visitors.ts'

const start = (begin: Start, options: Parameters<Start>[0] = {}) => withRoutes(() => begin(options))

storageTest(
  'beyond the limit a stranger gets no page but still files, and a signed-in person is served (ST-03)',
  async (t, begin) => {
    const { server, routes } = await start(begin, {
      env: { AUTH_BACKEND: 'demo,local', RATE_LIMITS: 'on', SIGNUP: 'open' }
    })
    const visitor = await stranger(server)
    const signedIn = await person(server)
    const before = await census(server)
    const statuses: number[] = []
    for (let count = 0; count < 121; count++) {
      statuses.push((await send(server, { method: 'GET', url: paths.login })).statusCode)
    }
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
    for (const url of [...FILES, paths.health]) {
      t.equal((await send(server, { method: 'GET', url })).statusCode, 200, url)
    }
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
  const isOurs = /<script src="\/assets\/[a-z]+\.js\?v=[\w-]+" defer>/.test(body)
  const policy = isOurs ? /script-src 'self'; connect-src 'self'.*frame-ancestors 'none'/ : PAGE_HEADERS['content-security-policy']
  t.match(headers, { ...PAGE_HEADERS, 'content-security-policy': policy }, `${name}: ${statusCode}`)
  t.notMatch(body, isOurs ? /<script[\s\S]*<script/ : '<script')
  return 'page'
}

storageTest(
  'no page or redirect may be stored, framed, or reveal its URL to another site, for any visitor (LG-01, WB-14)',
  async (t, begin) => {
    const { server, routes } = await start(begin, {
      env: { AUTH_BACKEND: 'demo,local', PUBLIC_URL: 'https://mcp.example.com' }
    })
    const headers = { host: 'mcp.example.com' }
    const seen = { page: 0, redirect: 0, other: 0 }
    const redirects: string[] = []
    for (const route of routes.filter(isPage)) {
      for (const [who, visit] of [
        ['no cookie', undefined],
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
          if (kind !== 'redirect') continue
          redirects.push(`${route.method} ${route.url} ${String(answer.headers['location']).split('?')[0]}`)
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

storageTest('a preflight gets 405 at every page, and CORS headers at the endpoints for programs (MD-06)', async (t, begin) => {
  const { server, routes } = await start(begin, { env: { AUTH_BACKEND: 'demo,local' } })
  const headers = { origin: 'https://chatgpt.com', 'access-control-request-method': 'POST' }
  const preflight = (url: string) => send(server, { method: 'OPTIONS', url: concrete(url, 'x') }, { headers })
  const pages = new Set(routes.filter(isPage).map(({ url }) => url))
  pages.delete(paths.home)
  t.ok(pages.size > 20)
  for (const url of pages) {
    const { statusCode, headers } = await preflight(url)
    t.match([statusCode, headers['allow'], headers['access-control-allow-origin']], [405, /GET|POST/, undefined], url)
  }
  for (const url of [paths.home, '/mcp', paths.token, '/not-a-page']) {
    const { statusCode, headers } = await preflight(url)
    t.match([statusCode, headers['access-control-allow-origin']], [204, 'https://chatgpt.com'], url)
  }
})
