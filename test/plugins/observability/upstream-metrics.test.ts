// Existing servers in the figures for Prometheus: each by its name, and a broken one costs the others and health nothing.
import t from 'tap'
import { paths } from '../../../paths.ts'
import { callOf, exchangeOf } from '../../helpers/memory-upstream.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'
import { mcpJson, stdioUpstream } from '../../helpers/upstream-file.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'

t.test('state, requests and durations by server; the server stays ready whatever they do (UP-07)', async (t) => {
  const UPSTREAMS = await mcpJson(t, {
    files: stdioUpstream(),
    broken: stdioUpstream('--exit-at-start')
  })
  const { url, app } = await startServer(t, {
    env: { METRICS_TOKEN: TOKEN, UPSTREAMS },
    offer: {}
  })
  const read = async () =>
    (await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).text()
  const { upstreams } = app
  await upstreams.find('files')!.request(callOf('echo', { text: 'secret words' }), exchangeOf())
  const failed = upstreams.find('broken')!.request(callOf('echo'), exchangeOf())
  await t.rejects(failed, { name: 'UpstreamError' })
  t.ok(await until(() => upstreams.find('broken')!.status().state === 'failing'))
  const text = await read()
  const has = (line: string) => t.ok(text.split('\n').includes(line), line)
  has('mcp_upstream_up{upstream="files"} 1')
  has('mcp_upstream_up{upstream="broken"} 0')
  has('mcp_upstream_connections{upstream="files"} 1')
  has('mcp_upstream_connections{upstream="broken"} 0')
  has('mcp_upstream_requests_total{upstream="files",method="tools/call",outcome="ok"} 1')
  has('mcp_upstream_requests_total{upstream="broken",method="tools/call",outcome="unreachable"} 1')
  has('mcp_upstream_request_duration_seconds_count{upstream="files"} 1')
  t.notMatch(text, 'secret words')
  t.same(await (await fetch(url + paths.ready)).json(), { status: 'ok' })

  await upstreams.replace([])
  t.notMatch(await read(), 'mcp_upstream_up{', 'what mcp.json no longer names is gone')
})
