// Every route that takes a password, a code, a link or an account's data counts what one address sends to it, under the limit of
// its kind: with one attempt a minute the second is refused (threats RL-01, OW-45). A new route is in one of the two tables.
import t from 'tap'
import { paths } from '../../../paths.ts'
import { newClient, post, tokensFor } from '../../helpers/oauth.ts'
import { PASSWORD, signedUp } from '../../helpers/owners.ts'
import { withRoutes } from '../../helpers/route-table.ts'
import { startServer } from '../../helpers/server.ts'
import { send, stranger } from '../../helpers/visitors.ts'

type Who = 'stranger' | 'person' | 'program'
/** What a form holds besides `interaction` and `token`. Each is refused for what it says, and counted all the same. */
const counted: Record<string, [limit: string, who: Who, form: Record<string, string>]> = {
  [paths.login]: ['sign-in', 'stranger', { backend: 'local', email: 'ann@example.com', password: 'wrong' }],
  [paths.loginCode]: ['sign-in', 'stranger', { code: '123456' }],
  [paths.loginPasskey]: ['sign-in', 'stranger', { state: 'x', response: 'x' }],
  [paths.signup]: ['sign-up', 'stranger', { backend: 'local', email: 'bob@example.com', password: 'short' }],
  [paths.forgotPassword]: ['sign-in', 'stranger', { email: 'ann@example.com' }],
  [paths.resetPassword]: ['sign-in', 'stranger', { link: 'x'.repeat(43), password: PASSWORD }],
  [paths.confirmEmail]: ['sign-in', 'stranger', { link: 'x'.repeat(43) }],
  [paths.changeEmail]: ['sign-in', 'stranger', { link: 'x'.repeat(43) }],
  [paths.accountProve]: ['sign-in', 'person', { path: paths.account, password: 'wrong' }],
  [paths.accountPassword]: ['sign-in', 'person', { present: 'wrong', next: PASSWORD }],
  [paths.accountEmail]: ['sign-in', 'person', { email: 'new@example.com', password: 'wrong' }],
  [paths.accountPasskey]: ['sign-in', 'person', { state: 'x', response: 'x' }],
  [paths.accountApp]: ['sign-in', 'person', { state: 'x', code: '123456' }],
  [paths.accountFactorProve]: ['sign-in', 'person', { path: paths.account, code: '123456' }],
  [paths.token]: ['token-failure', 'program', { grant_type: 'authorization_code', client_id: 'nobody', code: 'x' }],
  [paths.revoke]: ['token-failure', 'program', { client_id: 'nobody', token: 'x' }],
  [paths.introspect]: ['token-failure', 'program', { client_id: 'nobody', token: 'x' }]
}
/** What counts as a page of a visitor (`app.test.ts`), needs a session, a token or a sign-in under way, or is counted as a message. */
const others = [
  ...paths.mcp, paths.authorize, paths.consent, paths.switchAccount, `${paths.loginCallback}/*`, paths.loginChoice, paths.logout, paths.userinfo,
  // In JSON, in `rate-limits.test.ts`; and after a password, in `routes/login-factor.test.ts`.
  paths.register, paths.loginFactor,
  paths.accountRevoke, paths.accountSignOut, paths.accountDelete, paths.accountLink, paths.accountLinkAdd, paths.accountUnlink,
  paths.accountKeys, paths.accountKeyRevoke, paths.accountKeyList, paths.accountFactors, paths.accountCodes, paths.accountFactorName,
  paths.accountFactorRemove, paths.keepFactors, paths.undoFactors
]

t.test('the second attempt of a minute is refused at every form, and none of them counts for another (RL-01, OW-45)', async (t) => {
  const ones = ['sign-in', 'sign-up', 'token-failure'].map((limit) => `${limit}=1`)
  const env = { AUTH_BACKEND: 'local', SIGNUP: 'open', RATE_LIMITS: [...ones, 'authorization=1000'].join() }
  const { server, routes } = await withRoutes(() => startServer(t, { env }))
  const { browser } = await signedUp(server, 'ann@example.com')
  const account = await browser.get(`${server.url}${paths.account}`)
  const token = /name="token" value="([^"]+)"/.exec(account.text)![1]!
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const [url, [limit, who, form]] of Object.entries(counted)) {
    const visitor = who === 'stranger' ? await stranger(server) : { cookie: who === 'person' ? cookie : '', token, interaction: '' }
    const attempt = () => send(server, { method: 'POST', url }, { cookie: visitor.cookie, form: { ...visitor, ...form } })
    // The person has used the one of this form to sign up.
    if (url !== paths.signup) t.not((await attempt()).statusCode, 429, `${url}: the first`)
    const refused = await attempt()
    t.equal(refused.statusCode, 429, `${url}: ${limit}`)
    t.ok(Number(refused.headers['retry-after']) > 0)
  }
  const posts = routes.filter(({ method, url }) => method === 'POST' && !url.startsWith(paths.admin)).map(({ url }) => url)
  const known = new Set([...Object.keys(counted), ...others])
  t.same(
    posts.filter((url) => !known.has(url)),
    [],
    'routes that are in no table'
  )
})

t.test('a client that guesses tokens is counted as one that has no secret, and what it says of its own is not (GR-09)', async (t) => {
  const { url } = await startServer(t, { env: { RATE_LIMITS: 'token-failure=1' } })
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const { access } = await tokensFor(url, client)
  const statuses = async (path: string, tokens: string[]) => {
    const found = []
    for (const token of tokens) found.push((await post(url + path, { ...client, token })).status)
    return found
  }
  t.same(
    await statuses(paths.introspect, [access, access, 'x', access, 'y', access]),
    [200, 200, 200, 200, 429, 200]
  )
  t.same(
    await statuses(paths.revoke, ['x', 'y', access, access]),
    [200, 429, 200, 429]
  )
})
