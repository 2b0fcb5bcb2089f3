// Who may use an account page: the signed-in person, with a form that was made for their session.
import t from 'tap'
import { paths } from '../../../paths.ts'
import { census } from '../../helpers/census.ts'
import { withRoutes } from '../../helpers/route-table.ts'
import { startServer } from '../../helpers/server.ts'
import { cookiesOf, fields, handleIn, person, send, type Visitor } from '../../helpers/visitors.ts'

const { server, routes } = await withRoutes(() => startServer(t, { env: { AUTH_BACKEND: 'demo,local' } }))
/** Opened from a mail, also where nobody is signed in: the secret in it is the guard. */
const BY_LINK: string[] = [paths.keepFactors, paths.undoFactors]
const of = (wanted: string) =>
  routes.filter(({ method, url }) => method === wanted && url.startsWith(paths.account) && !BY_LINK.includes(url))

t.test('no form of the account does anything without its token, or with that of another session', async (t) => {
  const [ann, bob] = [await person(server), await person(server)]
  const forms = of('POST')
  t.ok(forms.length >= 9, forms.map(({ url }) => url).join(' '))
  const before = await census(server)
  const attempt = async (url: string, { cookie }: Visitor, token: string | undefined, headers = {}) => {
    const { token: _, ...rest } = fields(ann)
    const form = { ...rest, ...(token !== undefined && { token }) }
    return send(server, { method: 'POST', url }, { cookie, form, headers })
  }
  for (const { url } of forms) {
    for (const [name, visitor, token] of [
      ['none', ann, undefined],
      ['empty', ann, ''],
      ['made up', ann, 'x'.repeat(43)],
      ["another session's", ann, bob.token],
      ['signed out', { ...ann, cookie: '' }, ann.token]
    ] as const) {
      const answer = await attempt(url, visitor, token)
      t.match(answer, { statusCode: 400, body: /sign_in_expired/ }, `${url}: ${name}`)
      t.match(answer.headers, { 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
      t.equal(answer.headers['set-cookie'], undefined)
    }
    t.equal((await attempt(url, ann, ann.token, { origin: 'https://evil.example' })).statusCode, 403, `${url}: from another site`)
    const json = { 'content-type': 'application/json' }
    t.equal((await send(server, { method: 'POST', url }, { cookie: ann.cookie, headers: json })).statusCode, 415, `${url}: no form`)
  }
  t.same(await census(server), before, 'nothing was written')
  t.equal((await send(server, { method: 'GET', url: paths.account }, { cookie: ann.cookie })).statusCode, 200)
})

t.test('a form whose session has ended does nothing for whoever sends it', async (t) => {
  const ann = await person(server)
  await send(server, { method: 'POST', url: paths.logout }, { cookie: ann.cookie, form: { token: ann.token } })
  const answer = await send(server, { method: 'POST', url: paths.accountDelete }, { cookie: ann.cookie, form: fields(ann) })
  t.match(answer, { statusCode: 403, body: /no longer signed in/ })
})

t.test('who is not signed in is led to the sign-in, and from there to the page', async (t) => {
  for (const url of [paths.account, paths.accountDelete, paths.accountPassword, paths.accountEmail]) {
    const answer = await send(server, { method: 'GET', url })
    t.match(answer, { statusCode: 303, headers: { location: /^\/login\?interaction=[\w-]{43,}$/ } }, url)
    t.match(answer.headers, { 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    const form = { interaction: handleIn(answer), backend: 'demo' }
    const entered = await send(server, { method: 'POST', url: paths.login }, { cookie: cookiesOf(answer), form })
    t.match(entered, { statusCode: 303, headers: { location: url } }, url)
  }
})
