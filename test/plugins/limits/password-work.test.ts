// How many passwords of one site are worked on at once (threat OW-09).
import t from 'tap'
import { startServer } from '../../helpers/server.ts'

t.test('a site has sixteen passwords under way at once, and another its own (OW-09)', async (t) => {
  const { app } = await startServer(t, { env: { RATE_LIMITS: 'on' } })
  const from = (ip: string) => ({ ip }) as never
  const { promise, resolve } = Promise.withResolvers<void>()
  const work = (ip: string) =>
    app.limits.passwordWork(from(ip), () => promise)
  const running = Array.from({ length: 16 }, () => work('192.0.2.1'))
  await t.rejects(work('192.0.2.1'), { code: 'too_many_requests' })
  running.push(work('192.0.2.2'))
  resolve()
  await Promise.all(running)
  await work('192.0.2.1')
})
