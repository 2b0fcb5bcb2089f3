// Visitors of the pages without a browser: requests, cookies, forms, a stranger and somebody who is signed in.
import { paths } from '../../paths.ts'
import { pkce } from './oauth.ts'
import type { Route } from './route-table.ts'
import type { TestServer } from './server.ts'

export interface Answer {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}
/** A browser's cookies, and what the forms of its pages hold. */
export interface Visitor {
  cookie: string
  interaction: string
  token: string
}

export const CHATGPT = '0a1b2c3d-0000-4000-8000-000000000001'
/** Paths that answer programs: JSON, and no page. */
const MACHINES = [
  /^\/(?:mcp\/?|token|register|revoke|introspect|userinfo|jwks|metrics)?$/,
  /^\/health/,
  /\/\.well-known\//,
  /^\*$/
]
/** Files that never change, served without reading anything. */
export const FILES: string[] = [paths.style, paths.icon]
export const isPage = ({ method, url }: Route) =>
  ['GET', 'POST'].includes(method) &&
  !FILES.includes(url) &&
  !url.startsWith(`${paths.scripts}/`) &&
  (url === paths.home ? method === 'GET' : !MACHINES.some((machine) => machine.test(url)))

export async function send (
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

export const cookiesOf = ({ headers }: Answer): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => String(line).split(';')[0]!)
    .join('; ')
export const handleIn = ({ headers }: Answer): string =>
  new URL(String(headers['location']), 'http://localhost').searchParams.get('interaction') ?? ''

/** Somebody who has opened the sign-in page and done nothing else. */
export async function stranger (server: TestServer): Promise<Visitor> {
  const answer = await send(server, { method: 'GET', url: paths.login })
  return { cookie: cookiesOf(answer), interaction: handleIn(answer), token: 'made-up' }
}

/** Somebody who is signed in, for the request of an app. */
export async function person (server: TestServer, clientId = CHATGPT): Promise<Visitor> {
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

export const authorization = (clientId: string, more: Record<string, string> = {}) => ({
  client_id: clientId,
  response_type: 'code',
  redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  ...more
})
export const concrete = (url: string, rest: string) => url.replace('*', rest)
/** Every field that any of our forms and addresses has; `more` replaces some. */
export const fields = ({ interaction, token }: Visitor, more: Record<string, string> = {}) => ({
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
