// Deleting one's own account: asked for, confirmed, with fresh proof, and then everything is gone.
import t from 'tap'
import { paths } from '../../../paths.ts'
import { startServer } from '../../helpers/server.ts'
import { fields, person, send } from '../../helpers/visitors.ts'

const route = (method: 'GET' | 'POST') => ({ method, url: paths.accountDelete })

t.test('without the tick or fresh proof nothing is deleted; with both, the person is gone from every list', async (t) => {
  let now = 1_800_000_000
  const server = await startServer(t, { now: () => now, env: { AUTH_BACKEND: 'demo' } })
  const { lifecycle } = server.app.signIn
  const [ann, bob] = [await person(server), await person(server)]
  const people = async () => (await Array.fromAsync(lifecycle.all())).length
  const remove = (confirm: string) => send(server, route('POST'), { cookie: ann.cookie, form: fields(ann, { confirm }) })
  t.equal(await people(), 2)

  const asked = await send(server, route('GET'), { cookie: ann.cookie })
  t.match(asked, { statusCode: 200, body: /name="confirm"[^>]*value="delete"|value="delete"[^>]*name="confirm"/ })
  for (const confirm of ['', 'on', 'DELETE']) {
    t.match(await remove(confirm), { statusCode: 400, body: /invalid_request[^]*Nothing was deleted|Nothing was deleted[^]*invalid_request/ }, confirm)
  }
  now += 301
  for (const late of [await remove('delete'), await send(server, route('GET'), { cookie: ann.cookie })]) {
    t.match(late, { statusCode: 200, body: /Confirm that it is you/ })
  }
  t.equal(await people(), 2, 'nobody is deleted yet')

  now -= 301
  const done = await remove('delete')
  t.match(done, { statusCode: 200, body: /Your account was deleted/, headers: { 'cache-control': 'no-store' } })
  t.match(String(done.headers['set-cookie']), /mcp_session=;/, 'the browser is signed out')
  t.equal(await people(), 1)
  t.match(await send(server, { method: 'GET', url: paths.account }, { cookie: ann.cookie }), { statusCode: 303 })
  t.match(await remove('delete'), { statusCode: 403 }, 'once')
  t.equal((await send(server, { method: 'GET', url: paths.account }, { cookie: bob.cookie })).statusCode, 200)
})
