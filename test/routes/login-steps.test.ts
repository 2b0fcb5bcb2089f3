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
  // That a browser came without its cookies is a line of the audit log.
  t.same({ ...(await census(server)), journal: before.journal }, before, 'nothing was stored')

  const entered = await post(paths.login, { interaction, backend: 'demo' })
  t.match(entered, { statusCode: 303, headers: { location: '/' } }, 'the sign-in is as it was')
  t.equal(handleIn(entered), '')
  t.match(await post(paths.login, { interaction, backend: 'demo' }), expired, 'and is over now')
})

t.test('an answer that the page of a provider posts is repeated by the browser, and nothing else happens (PV-03)', async (t) => {
  const server = await startServer(t)
  const ann = await stranger(server)
  const url = `${paths.loginCallback}/oidc-apple`
  const before = await census(server)
  const post = (form: Record<string, string>, at = url) =>
    send(server, { method: 'POST', url: at }, {
      cookie: '',
      form,
      headers: { origin: 'https://appleid.apple.com' }
    })
  const answer = {
    code: 'a code',
    state: ann.interaction,
    user: '{"name":{"firstName":"Ann"}}'
  }
  const posted = await post({ ...answer, next: 'https://evil.example' })
  t.equal(posted.statusCode, 303)
  t.equal(
    posted.headers['location'],
    `${url}?${new URLSearchParams(answer)}`,
    'to our own address, with what a provider may say'
  )
  t.equal(posted.headers['set-cookie'], undefined)
  const refused = await post({ error: 'access_denied', state: 's' })
  t.match(refused.headers['location'], /error=access_denied/)
  for (const path of ['//evil.example', '..%2F..', '%5C%5Cevil']) {
    const { headers } = await post(answer, `${paths.loginCallback}/${path}`)
    const to = new URL(String(headers['location'] ?? '/'), server.url)
    t.equal(to.origin, new URL(server.url).origin, path)
  }
  t.equal((await post({ ...answer, user: 'x'.repeat(4_096) })).statusCode, 413)
  // That a browser came without its cookies is a line of the audit log.
  t.same({ ...(await census(server)), journal: before.journal }, before, 'nothing was stored')
  const { cookie } = ann
  const again = await send(server, { method: 'GET', url: posted.headers['location'] as string }, { cookie })
  t.match(again, { statusCode: 400, body: /sign_in_expired/ }, 'checked as always')
})
