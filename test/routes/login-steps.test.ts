// The pages of a sign-in after the first one: each only for the browser and the step that it belongs to.
import t from 'tap'
import { paths } from '../../paths.ts'
import { census } from '../helpers/census.ts'
import { startServer } from '../helpers/server.ts'
import { handleIn, send, stranger } from '../helpers/visitors.ts'

t.test('a step that is not due, of another browser, or made up is refused, and spends nothing', async (t) => {
  const server = await startServer(t)
  const [ann, bob] = [await stranger(server), await stranger(server)]
  const get = (url: string, interaction: string | undefined, cookie = ann.cookie) =>
    send(server, { method: 'GET', url }, { cookie, query: interaction === undefined ? {} : { interaction } })
  const post = (url: string, form: Record<string, string>, cookie = ann.cookie) =>
    send(server, { method: 'POST', url }, { cookie, form })
  const before = await census(server)
  const expired = { statusCode: 400, body: /sign_in_expired/, headers: { 'cache-control': 'no-store' } }
  const { interaction } = ann

  for (const url of [paths.loginCode, paths.loginChoice]) {
    for (const [name, answer] of [
      ['not due', await get(url, interaction)],
      ['without a handle', await get(url, undefined)],
      ['made up', await get(url, 'x'.repeat(60))],
      ["another browser's", await get(url, bob.interaction)],
      ['without the cookie', await get(url, interaction, '')],
      ['posted, not due', await post(url, { interaction, code: '123456', decision: 'join' })],
      ['posted, to stay apart', await post(url, { interaction, code: '', decision: 'separate' })],
      ["posted, another browser's", await post(url, { interaction: bob.interaction, code: '1', decision: 'join' })]
    ] as const) {
      t.match(answer, expired, `${url} ${name}`)
    }
    t.match(await post(url, { code: '1' }), { statusCode: 400, body: /interaction is missing/ }, `${url} no handle`)
  }
  for (const callback of ['local', 'demo', 'nobody', 'x'.repeat(300), '..%2F..']) {
    for (const state of [interaction, bob.interaction, 'made-up', undefined]) {
      const query = { code: 'stolen', ...(state !== undefined && { state }) }
      const answer = await send(server, { method: 'GET', url: `${paths.loginCallback}/${callback}` }, { cookie: ann.cookie, query })
      t.match(answer, expired, `${callback} ${state}`)
      t.equal(answer.headers['location'], undefined)
    }
  }
  t.same(await census(server), before, 'nothing was stored')

  const entered = await post(paths.login, { interaction, backend: 'demo' })
  t.match(entered, { statusCode: 303, headers: { location: '/' } }, 'the sign-in is as it was')
  t.equal(handleIn(entered), '')
  t.match(await post(paths.login, { interaction, backend: 'demo' }), expired, 'and is over now')
})
