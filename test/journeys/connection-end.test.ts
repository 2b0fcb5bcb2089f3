// A connection has an absolute end, however much it is used (threat AC-09).
import { Browser } from '../helpers/browser.ts'
import { newClient, ping } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'
import { PASSWORD, renew, allow } from './leavers/connection.ts'

storageTest(
  'GRANT_TTL ends a connection however much it is used, and no token outlives it (AC-09)',
  async (t, start) => {
    const clock = { now: 1_800_000_000 }
    const { url } = await start({
      now: () => clock.now,
      env: { AUTH_BACKEND: 'local', GRANT_TTL: '1000', REFRESH_TOKEN_TTL: '600', ACCESS_TOKEN_TTL: '400' }
    })
    const browser = new Browser()
    await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
      email: 'ann@example.com',
      password: PASSWORD
    })
    let connection = await allow(url, browser, await newClient(url))
    for (const at of [300, 600, 900]) {
      clock.now = 1_800_000_000 + at
      const { status, body } = await renew(url, connection)
      t.equal(status, 200, `${at} seconds after the consent`)
      t.equal(body['expires_in'], Math.min(400, 1000 - at), 'and the app is told how long its token is good for')
      connection = { ...connection, access: body['access_token'] as string, refresh: body['refresh_token'] as string }
    }
    clock.now = 1_800_000_999
    t.equal(await ping(url, connection.access), 200)
    clock.now = 1_800_001_000
    t.equal(await ping(url, connection.access), 401)
    t.match(await renew(url, connection), { status: 400, body: { error: 'invalid_grant' } })
  }
)
