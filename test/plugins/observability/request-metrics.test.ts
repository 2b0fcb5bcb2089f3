// Figures of requests: those that are open, and no others.
import Fastify from 'fastify'
import * as prometheus from 'prom-client'
import t from 'tap'
import { invalidGrant } from '../../../errors.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
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

t.test('a refusal counts by its code, and what is no refusal as a fault of the server', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const registry = new prometheus.Registry()
  countRequests(prometheus, registry, app)
  const faults: Record<string, Error> = {
    '/known': invalidGrant('spent'),
    '/away': new StorageUnavailable('away'),
    '/large': Object.assign(new Error('large'), { statusCode: 413 }),
    '/gateway': Object.assign(new Error('gateway'), { statusCode: 502 }),
    '/bug': new TypeError('a bug')
  }
  for (const [path, fault] of Object.entries(faults)) app.get(path, async () => { throw fault })
  for (const path of Object.keys(faults)) await app.inject(path)
  const text = await registry.metrics()
  for (const [path, code] of [
    ['/known', 'invalid_grant'],
    ['/away', 'temporarily_unavailable'],
    ['/large', 'invalid_request'],
    ['/gateway', 'server_error'],
    ['/bug', 'server_error']
  ]) t.match(text, `mcp_refusals_total{code="${code}",route="${path}"} 1\n`)
})
