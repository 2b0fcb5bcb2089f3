// The redirect URI to which the browser returns.
import t from 'tap'
import { listen } from '../../doctor/loopback.ts'

t.test('the parameters arrive at /callback, and other paths are 404', async (t) => {
  const callback = await listen()
  t.teardown(() => callback.close())
  t.match(callback.redirect, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  t.equal((await fetch(new URL('/other', callback.redirect))).status, 404)
  t.equal((await fetch(`${callback.redirect}?code=x`)).status, 200)
  t.equal((await callback.arrived)?.get('code'), 'x')
})
