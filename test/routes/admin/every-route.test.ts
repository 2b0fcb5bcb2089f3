// Every route below /admin, those of later rooms too: who may not enter learns and changes nothing.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { census } from '../../helpers/census.ts'
import { signedUp, signedUpOwner } from '../../helpers/owners.ts'
import { withRoutes } from '../../helpers/route-table.ts'
import { startServer } from '../../helpers/server.ts'

t.test('no route below /admin answers a stranger, somebody who is no owner, or a form of another session (AD-01, AD-05)', async (t) => {
  const { server, routes } = await withRoutes(() => startServer(t, { env: { AUTH_BACKEND: 'local' } }))
  const { app, url } = server
  const owner = await signedUpOwner(server)
  const [eve, victim] = [await signedUp(server, 'eve@example.com'), await signedUp(server, 'victim@example.com')]
  const admin = routes.filter(({ method, url: path }) => /^\/admin(?:\/|$)/.test(path) && ['GET', 'POST', 'HEAD'].includes(method))
  t.ok(admin.filter(({ method }) => method === 'POST').length >= 4, 'the routes were found')
  const cookieOf = (browser: typeof eve.browser) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const tokenOf = async (browser: typeof eve.browser, path: string) =>
    (await browser.get(`${url}${path}`)).forms.map(({ fields }) => fields['token']).find((token) => token !== undefined)!
  const tokens = { eve: await tokenOf(eve.browser, '/account'), owner: await tokenOf(owner.browser, '/admin/invitations') }
  const state = async () => ({ people: await Array.fromAsync(app.signIn.lifecycle.all()), stored: await census(server) })
  const before = await state()

  const callers = [
    { name: 'a stranger', cookie: '', token: tokens.owner, post: [303, '/login'], get: [303, '/login'] },
    { name: 'no owner', cookie: cookieOf(eve.browser), token: tokens.eve, post: [403, ''], get: [403, ''] },
    { name: "another session's form", cookie: cookieOf(owner.browser), token: tokens.eve, post: [400, ''], get: undefined },
    { name: 'a form without a token', cookie: cookieOf(owner.browser), token: '', post: [400, ''], get: undefined }
  ] as const
  for (const { method, url: path } of admin) {
    for (const { name, cookie, token, ...expected } of callers) {
      const wanted = method === 'POST' ? expected.post : expected.get
      if (!wanted) continue
      const answer = await app.inject({
        method: method as 'GET',
        url: `${path}?person=${victim.id}&ask=lock&app=x`,
        headers: { cookie, origin: url, accept: 'text/html, text/event-stream', 'content-type': 'application/x-www-form-urlencoded' },
        ...(method === 'POST' && { payload: new URLSearchParams({ token, person: victim.id, act: 'lock', key: 'x', group: 'g', client: 'x' }).toString() })
      })
      const where = `${method} ${path}: ${name}`
      t.equal(answer.statusCode, wanted[0], where)
      t.match(answer.headers.location ?? '', wanted[1], where)
      t.notMatch(answer.body, /victim@/, `${where} is shown nobody`)
    }
  }
  const after = await state()
  t.ok(isDeepStrictEqual(after.people, before.people), 'nobody was changed')
  t.same(after.stored['user'], before.stored['user'])
  for (const kind of ['invitation', 'grant', 'accessKey', 'ownerChange']) t.equal(after.stored[kind], before.stored[kind], kind)
})
