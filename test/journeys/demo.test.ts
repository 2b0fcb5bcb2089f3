// Demo users: each browser is its own person, nobody sees another's notes, and a day later nothing is left of them.
import { mock } from 'node:test'
import { openAuditJournals } from '../../plugins/observability/audit/journals.ts'
import { Browser } from '../helpers/browser.ts'
import { newClient, ping, post, walk } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const DAY = 86_400

async function call (url: string, token: string, name: string, args: object): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
  })
  return answer.text()
}

storageTest("two browsers never see one another's notes (WB-12)", async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const visitor = async () => {
    const { form, browser } = await walk(url, client)
    return { browser, access: (await post(`${url}/token`, form)).body['access_token'] as string }
  }
  const [one, two] = [await visitor(), await visitor()]
  await call(url, one.access, 'write', { text: 'purple anvils of the first visitor' })
  t.match(await call(url, one.access, 'list_notes', {}), 'purple anvils')
  t.match(await call(url, one.access, 'search', { query: 'purple anvils' }), 'first visitor')
  t.match((await one.browser.get(`${url}/account/notes.json`)).text, 'purple anvils')
  t.notMatch(await call(url, two.access, 'list_notes', {}), 'anvils')
  t.notMatch(await call(url, two.access, 'search', { query: 'purple anvils' }), 'first visitor')
  t.notMatch((await two.browser.get(`${url}/account/notes.json`)).text, 'anvils')
})

storageTest(
  'a day after it was made a demo user is gone: tokens, sessions, notes, activity; others stay (WB-11)',
  async (t, start) => {
    let now = Math.floor(Date.now() / 1000)
    const { url, app } = await start({ now: () => now })
    const client = await newClient(url)
    const connect = async (browser = new Browser()) => {
      const { form } = await walk(url, client, {}, browser)
      const { body } = await post(`${url}/token`, form)
      return {
        browser,
        access: body['access_token'] as string,
        refresh: body['refresh_token'] as string,
        expiresIn: body['expires_in'] as number
      }
    }
    const { lifecycle } = app.signIn
    const first = await connect()
    const { id } = (await app.grants.verifyAccessToken(first.access))!.user
    await call(url, first.access, 'write', { text: 'purple anvils' })
    const local = new Browser()
    await local.submit(await local.get(`${url}/signup`), ({ action }) => action === '/signup', {
      email: 'ann@example.com',
      password: 'eleven quiet otters 42'
    })
    t.equal(first.expiresIn, 3600)

    // A way in of its own would keep it: none can be added.
    const page = await first.browser.get(`${url}/account`)
    t.match(page.text, 'It is deleted on <strong>')
    t.equal(
      (await first.browser.post(`${url}/account/sign-in`, { token: page.forms[0]!.fields['token']! })).status,
      400
    )

    now += DAY - 600
    t.same(await lifecycle.deleteExpired(), [])
    const late = await connect(first.browser)
    t.equal((await app.grants.verifyAccessToken(late.access))!.user.id, id, 'the same person all day')
    t.equal(late.expiresIn, 600, 'no token outlives its person, however often they sign in')
    t.equal(await ping(url, late.access), 200)

    now += 601
    t.equal(await ping(url, late.access), 401, 'also before any sweep has come by')
    t.match((await first.browser.get(`${url}/account`)).url, '/login')
    t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: late.refresh }), {
      status: 400,
      body: { error: 'invalid_grant' }
    })
    t.match(await lifecycle.deleteExpired(), [{ id }])
    t.same(await lifecycle.deleteExpired(), [], 'once')
    t.equal(await lifecycle.find(id), undefined)
    t.same(await app.grants.listByUser(id), [])
    t.same(await Array.fromAsync(app.notes.exportOf(id)), [])
    t.notMatch(JSON.stringify(await Array.fromAsync(openAuditJournals(app.storage).all())), id)
    t.same(await Array.fromAsync(app.storage.collection('accountEnd').all()), [])
    t.match(
      (await Array.fromAsync(lifecycle.all())).map(({ email }) => email),
      ['ann@example.com']
    )

    const challenge = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${late.access}`, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    })
    t.equal(challenge.status, 401)
    t.match(
      challenge.headers.get('www-authenticate'),
      /resource_metadata=.*error="invalid_token"/,
      'the client is told where to sign in'
    )
    const again = await connect(first.browser)
    const next = (await app.grants.verifyAccessToken(again.access))!.user.id
    t.not(next, id, 'the same browser is somebody new')
    t.notMatch(await call(url, again.access, 'list_notes', {}), 'anvils')
    t.equal(again.expiresIn, 3600)

    // Nobody swept, and the person comes again.
    now += DAY + 1
    const third = await connect(first.browser)
    t.not((await app.grants.verifyAccessToken(third.access))!.user.id, next)
    t.equal(await lifecycle.find(next), undefined, 'what was theirs is deleted before')
  }
)

storageTest('a code from the last seconds of a demo user gives nothing once their day is over', async (t, start) => {
  let now = Math.floor(Date.now() / 1000)
  const { url, app } = await start({ now: () => now })
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => fields['backend'] === 'demo')
  now += DAY - 10
  const client = await newClient(url)
  const { form } = await walk(url, client, {}, browser)
  now += 11
  t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
  t.same(await Array.fromAsync(app.storage.collection('grant').all()), [], 'and leaves no grant')
})

storageTest('the sweep comes by while the server runs, and is written down', async (t, start) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => {
    mock.timers.reset()
    mock.restoreAll()
  })
  const now = Math.floor(Date.now() / 1000)
  let passed = 0
  // A clock that only leaps ends nobody's account.
  const steady = performance.now.bind(performance)
  mock.method(performance, 'now', () => steady() + passed * 1_000)
  const { url, app } = await start({ now: () => now + passed })
  await walk(url, await newClient(url))
  passed = DAY + 1
  const swept = new Promise<unknown>((resolve) => {
    app.audit.note = (event, details) => {
      resolve([event, details])
    }
  })
  mock.timers.tick(600_000)
  t.same(await swept, ['account_deleted', { backend: 'demo', reason: 'time' }])
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
})
