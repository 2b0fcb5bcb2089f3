// Figures of requests: those that are open, and no others.
import Fastify from 'fastify'
import * as prometheus from 'prom-client'
import t from 'tap'
import { countRequests } from '../../../plugins/observability/request-metrics.ts'
import { until } from '../../helpers/until.ts'

t.test('whose client has gone is not open', async (t) => {
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  const registry = new prometheus.Registry()
  countRequests(prometheus, registry, app)
  app.get('/', () => new Promise(() => {}))
  app.get('/answered', () => 'answer')
  const url = await app.listen()
  const isOpen = async (count: number) => {
    const text = await registry.metrics()
    const line = `mcp_http_requests_open ${count}\n`
    return text.includes(line)
  }
  const asked = new AbortController()
  const { signal } = asked
  const waits = fetch(url, { signal })
  t.ok(await until(() => isOpen(1)))
  await (await fetch(`${url}/answered`)).text()
  t.ok(await until(() => isOpen(1)))
  asked.abort()
  await t.rejects(waits)
  t.ok(await until(() => isOpen(0)))
})
