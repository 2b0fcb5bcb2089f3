// Storage as Prometheus reads it.
import t from 'tap'
import { paths } from '../../../paths.ts'
import { startServer } from '../../helpers/server.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'

t.test('a storage that fails is counted as such, and readiness says so while the process lives', async (t) => {
  let time = 1_000_000
  const { url, app } = await startServer(t, { env: { METRICS_TOKEN: TOKEN }, now: () => time })
  for (const path of [paths.live, paths.ready, paths.health]) {
    const answer = await fetch(url + path)
    t.equal(answer.status, 200, path)
    t.same(await answer.json(), { status: 'ok' })
    t.equal(answer.headers.get('cache-control'), 'no-store')
  }
  await app.storage.close()
  time += 1
  for (const path of [paths.ready, paths.health]) {
    const answer = await fetch(url + path)
    t.equal(answer.status, 503, path)
    t.ok(Number(answer.headers.get('retry-after')) > 0)
    t.match(await answer.json(), { error: 'temporarily_unavailable' })
  }
  t.equal((await fetch(url + paths.live)).status, 200)
  const text = await (await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).text()
  t.match(
    text,
    'mcp_storage_operation_duration_seconds_count{operation="check",outcome="failed"} 1',
    'two asked, one looked'
  )
  t.match(text, 'mcp_refusals_total{code="temporarily_unavailable",route="/health/ready"} 1')
})
