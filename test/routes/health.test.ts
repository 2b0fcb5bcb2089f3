// The health endpoints: for anybody, cheap however often they are asked, and true (threat ST-02).
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('a thousand looks at the health endpoints are one look a second at storage (ST-02)', async (t, start) => {
  let time = 1_000_000
  const token = 'f3b1c9a07d5e42688e1d'
  const { app } = await start({ now: () => time, env: { METRICS_TOKEN: token } })
  const looks = async () => {
    const { body } = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } })
    return Number(/_count\{operation="check",outcome="\w+"\} (\d+)/.exec(body)?.[1] ?? 0)
  }
  for (let count = 0; count < 1_000; count++) { t.equal((await app.inject(count % 2 ? '/health' : '/health/ready')).statusCode, 200) }
  t.equal(await looks(), 1)
  time += 1
  await app.inject('/health/ready')
  t.equal(await looks(), 2)
})

t.test('a server that is about to end is alive and not ready, and no answer is kept by a cache', async (t) => {
  const { app } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  const ask = async (url: string) => {
    const { statusCode, headers, body } = await app.inject({ url, headers: { host: '10.0.0.7:8080' } })
    t.equal(headers['cache-control'], 'no-store', url)
    return { statusCode, retryAfter: headers['retry-after'], body }
  }
  const all = ['/health/live', '/health/ready', '/health'] as const
  for (const url of all) t.same(await ask(url), { statusCode: 200, retryAfter: undefined, body: '{"status":"ok"}' })
  app.drain()
  t.equal((await ask(all[0])).statusCode, 200)
  for (const url of all.slice(1)) {
    t.match(await ask(url), { statusCode: 503, retryAfter: '5', body: /temporarily_unavailable/ }, url)
  }
})
