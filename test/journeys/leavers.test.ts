// People who leave: where an OpenID provider can be asked, a connection ends with the person's account there. An outage of
// the provider ends nothing (threat AC-08).
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { newClient, ping } from '../helpers/oauth.ts'
import { startProvider, type ProviderOptions } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import { PASSWORD, renew, allow } from './leavers/connection.ts'

const CHECKED_EVERY = 900
async function place (
  t: Test,
  env: Record<string, string> = {},
  start: Start = (options) => startServer(t, options),
  configuration: ProviderOptions['configuration'] = {}
) {
  const [port, clock] = [await freePort(), { now: Math.floor(Date.now() / 1000) }]
  const url = `http://localhost:${port}`
  const provider = await startProvider({ callbackUrls: [`${url}/login/callback/oidc`], configuration })
  t.teardown(() => provider.stop())
  const server = await start({
    port,
    now: () => clock.now,
    env: {
      AUTH_BACKEND: 'oidc',
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_SCOPE: 'openid email profile groups offline_access',
      ...env
    }
  })
  const signIn = async (name = 'ann', browser = new Browser()) => {
    await browser.submit(await browser.get(`${url}/login`), ({ fields }) => fields['provider'] === 'oidc')
    const outside = new Browser()
    await outside.submit(await outside.get(browser.left!.href), () => true, { name, go: 'on' })
    await browser.get(outside.left!.href)
    return browser
  }
  const connect = async (name?: string) => allow(url, await signIn(name), await newClient(url))
  const refreshes = () => provider.asked.filter((path) => path === '/token').length
  return { ...server, url, provider, clock, signIn, connect, refreshes }
}
storageTest(
  'who has left at the provider is out at the next refresh, with every browser; a fault of the provider ends nothing (AC-08)',
  async (t, start) => {
    const { url, provider, clock, connect, refreshes } = await place(t, {}, start)
    let connection = await connect()
    const asked = refreshes()
    const again = async () => {
      const answer = await renew(url, connection)
      if (answer.status === 200) {
        connection = {
          ...connection,
          access: answer.body['access_token'] as string,
          refresh: answer.body['refresh_token'] as string
        }
      }
      return answer
    }
    for (let count = 0; count < 3; count++) t.equal((await again()).status, 200)
    t.equal(refreshes(), asked, 'the provider is not asked at every refresh')

    for (let round = 1; round <= 3; round++) {
      clock.now += CHECKED_EVERY
      t.equal((await again()).status, 200)
      t.equal(
        refreshes(), asked + round, 'but when some time is over, with the token that the last answer brought'
      )
    }

    for (const [name, status, body] of [
      ['500', 500, '{}'],
      ['503', 503, 'x'],
      ['429', 429, 'x'],
      ['not JSON', 200, 'x'],
      ['our own secret', 401, '{"error":"invalid_client"}'],
      ['server_error', 400, '{"error":"server_error"}']
    ] as const) {
      clock.now += CHECKED_EVERY
      provider.instead.set('/token', (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      })
      t.match(
        await again(),
        { status: 503, body: { error: 'temporarily_unavailable' } },
        `${name}: a fault is no refusal, and lets nobody through either`
      )
      t.match((await connection.browser.get(`${url}/account`)).url, '/account', name)
      provider.instead.clear()
      t.equal((await again()).status, 200, `${name}: it goes on afterwards`)
    }

    provider.left.add('ann')
    t.equal((await again()).status, 200, 'within the time')
    clock.now += CHECKED_EVERY
    t.equal(await ping(url, connection.access), 200)
    t.match(await again(), { status: 400, body: { error: 'invalid_grant' } })
    t.equal(await ping(url, connection.access), 401)
    t.match((await connection.browser.get(`${url}/account`)).url, '/login', 'the browser is signed out')
  }
)
t.test('a refresh token that counts once is kept, whatever fails after the provider has given it (AC-08)', async (t) => {
  const { url, provider, clock, connect } = await place(
    t, {}, undefined, { rotateRefreshToken: () => true }
  )
  const connection = await connect()
  for (let round = 1; round <= 2; round++) {
    clock.now += CHECKED_EVERY
    provider.instead.set('/me', (_request, response) => response.writeHead(503).end())
    t.match(
      await renew(url, connection), { status: 503, body: { error: 'temporarily_unavailable' } }
    )
  }
  provider.instead.clear()
  t.equal(
    (await renew(url, connection)).status, 200, 'the provider is back, and the person never left'
  )
  t.match((await connection.browser.get(`${url}/account`)).url, '/account')
})
t.test(
  'an app that shows the token of another app is refused, and neither asks the provider nor ends anything',
  async (t) => {
    const { url, provider, clock, connect, refreshes } = await place(t)
    const connection = await connect()
    const other = await newClient(url)
    const asked = refreshes()
    clock.now += CHECKED_EVERY
    provider.left.add('ann')
    t.match(
      await renew(url, { ...connection, client: other }), { status: 400, body: { error: 'invalid_grant' } }
    )
    t.equal(refreshes(), asked)
    t.equal(await ping(url, connection.access), 200)
  }
)
t.test(
  'what a provider gave for a sign-in that comes to nothing, or for a session that is over, is given back',
  async (t) => {
    const { url, app, provider, signIn } = await place(t, {
      AUTH_BACKEND: 'oidc,local',
      ALLOWED_EMAILS: 'ann@example.com,bob@example.com'
    })
    const givenBack = () => provider.asked.filter((path) => path === '/token/revocation').length
    const kept = async () => (await Array.fromAsync(app.storage.collection('backendSession').all())).length
    provider.people['eve'] = { email: 'eve@example.com', email_verified: true }
    t.match((await (await signIn('eve')).get(`${url}/account`)).url, '/login', 'not on the list')
    t.same([givenBack(), await kept()], [1, 0])

    const browser = new Browser()
    const bob = { email: 'bob@example.com', password: PASSWORD }
    await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', bob)
    const add = async (name: string) => {
      const login = await browser.submit(
        await browser.get(`${url}/account`),
        ({ action }) => action === '/account/sign-in'
      )
      await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
      const outside = new Browser()
      await outside.submit(
        await outside.get(browser.left!.href), () => true, { name, go: 'on' }
      )
      return browser.get(outside.left!.href)
    }
    await signIn('ann')
    t.same([givenBack(), await kept()], [1, 1], 'one that somebody is signed in with is kept')
    t.match((await add('ann')).text, /belongs to another account/)
    t.same([givenBack(), await kept()], [2, 1])
    provider.people['bob'] = { email: 'bob@example.com', email_verified: true }
    t.equal(
      new URL((await browser.submit(await add('bob'), () => true)).url).pathname,
      '/account',
      'added; the browser stays signed in as it was'
    )
    t.same([givenBack(), await kept()], [3, 1])

    const through = await signIn('bob')
    const removal = /href="(\/account\/sign-in\/remove[^"]*)"/.exec((await through.get(`${url}/account`)).text)![1]!
    await through.submit(await through.get(url + removal), () => true)
    t.same([givenBack(), await kept()], [3, 2], 'the session goes on under a new id')
    await through.submit(await through.get(`${url}/account`), ({ action }) => action === '/logout')
    t.same([givenBack(), await kept()], [4, 1], 'and ends with it')
  }
)
t.test('who is no longer in the domain or the group is out, too (AC-08)', async (t) => {
  for (const [env, change] of [
    [{ OIDC_ALLOWED_GROUPS: 'staff' }, { groups: [] }],
    [{ OIDC_ALLOWED_DOMAINS: 'example.com' }, { email: 'ann@elsewhere.example' }],
    [{ OIDC_ALLOWED_DOMAINS: 'example.com' }, { email_verified: false }]
  ] as const) {
    const { url, provider, clock, connect } = await place(t, env)
    const connection = await connect()
    Object.assign(provider.people['ann']!, change)
    clock.now += CHECKED_EVERY
    t.match(
      await renew(url, connection), { status: 400, body: { error: 'invalid_grant' } }, JSON.stringify(change)
    )
  }
})
t.test(
  'without a refresh token there is nothing to ask with: the connection lasts as long as this server says',
  async (t) => {
    const { url, provider, clock, connect, refreshes } = await place(
      t, { OIDC_SCOPE: 'openid email profile' }
    )
    const connection = await connect()
    const asked = refreshes()
    provider.left.add('ann')
    clock.now += CHECKED_EVERY
    t.equal((await renew(url, connection)).status, 200)
    t.equal(refreshes(), asked)
  }
)
t.test('what was given for it is given back when nothing stands on it any more', async (t) => {
  const { url, app, provider, connect } = await place(t)
  const { access, browser } = await connect()
  const { grantId } = (await app.grants.verifyAccessToken(access))!
  await browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/account/sign-out-everywhere')
  await app.grants.revoke(grantId)
  t.ok(provider.asked.includes('/token/revocation'))
  t.same(await Array.fromAsync(app.storage.collection('backendSession').all()), [])
})
