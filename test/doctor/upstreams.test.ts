// The existing servers behind the examined one: those that are broken
// are named, with what to do, and the token stays here.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createReport } from '../../doctor/report.ts'
import { checkUpstreams } from '../../doctor/upstreams.ts'
import { childEnvironment } from '../helpers/child-environment.ts'
import { startRecordingUpstream } from '../helpers/recording-upstream.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { mcpJson, stdioUpstream } from '../helpers/upstream-file.ts'

const METRICS_TOKEN = 'f3b1c9a07d5e42688e1d'

async function check (url: string, token: string) {
  const lines: string[] = []
  const { report, tally } = createReport((line) => lines.push(line))
  await checkUpstreams(report, new URL(url), token)
  return { all: lines.join('\n'), ...tally }
}

t.test('the server that is broken is named, and the one that works is not blamed', async (t) => {
  const UPSTREAMS = await mcpJson(t, { files: stdioUpstream(), broken: stdioUpstream('--exit-at-start') })
  const { app, url } = await startServer(t, { env: { METRICS_TOKEN, UPSTREAMS }, offer: {} })
  const { upstreams } = app
  t.ok(await until(() => upstreams.find('broken')!.status().state === 'failing' && upstreams.find('files')!.status().state === 'ready'))
  const { all, failed } = await check(url, METRICS_TOKEN)
  t.equal(failed, 1)
  t.match(all, '✓ These are reached, or nobody needs them now: files\n')
  t.match(all, /✗ The server broken is not reached: its tools answer with an error\.\n.*look for broken\./)
  t.notMatch(all, METRICS_TOKEN)

  t.match(await check(url, 'wrong'), { failed: 1, all: /does not accept the token[^]*METRICS_TOKEN/ })

  const found = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
    const child = execFile(process.execPath, ['doctor/index.ts', url, '--metrics'], {
      cwd: join(import.meta.dirname, '../..'),
      env: childEnvironment({})
    }, (error, stdout) => resolve({ code: error?.code ?? 0, stdout }))
    child.stdin!.end(`${METRICS_TOKEN}\n`)
  })
  t.match(found, { code: 1, stdout: /✗ The server broken is not reached/ }, 'the command reads the token from standard input')
})

/** A server whose metrics are these. */
const serving = (t: Test, text: string, status = 200) =>
  startRecordingUpstream(t, (_request, response) => response.writeHead(status).end(text))

t.test('what its requests fail with most often decides what to do', async (t) => {
  const { url, requests } = await serving(t, `# HELP mcp_upstream_up
mcp_upstream_up{upstream="crm"} 0
mcp_upstream_up{upstream="wiki"} 0
mcp_upstream_requests_total{upstream="crm",method="tools/call",outcome="ok"} 900
mcp_upstream_requests_total{upstream="crm",method="tools/call",outcome="timeout"} 2
mcp_upstream_requests_total{upstream="crm",method="tools/call",outcome="unauthorized"} 2
mcp_upstream_requests_total{upstream="crm",method="prompts/get",outcome="unauthorized"} 1
`)
  const { all, failed } = await check(url, METRICS_TOKEN)
  t.equal(failed, 2)
  t.match(all, /The server crm is not reached.*\n.*renew the key in its "headers" or "env" in mcp\.json/)
  t.match(all, /The server wiki is not reached.*\n.*Check that it runs/)
  t.match(requests, [{ path: '/mcp/metrics', headers: { authorization: `Bearer ${METRICS_TOKEN}` } }])
})

t.test('no metrics, no server behind it and text that is something else are told apart', async (t) => {
  const none = await serving(t, 'mcp_uptime_seconds 5\n')
  t.match(await check(none.url, 'x'), { failed: 0, passed: 1, all: /✓ There are none\./ })
  const missing = await serving(t, '{"error":"not_found"}', 404)
  t.match(await check(missing.url, 'x'), { failed: 1, all: /There are no metrics at .*\(status 404\)\.\n.*Set METRICS_TOKEN/ })
  const page = await serving(t, '<html>\n<p>Hello\n')
  t.match(await check(page.url, 'x'), { failed: 1, all: /There are no metrics/ })
  const moved = await serving(t, '', 302)
  t.match(await check(moved.url, 'x'), { failed: 1, all: /\(status 302\)/ })
})

t.test('a line of labels that are none is looked through once', async (t) => {
  const { url } = await serving(t, `mcp_upstream_up{${'a'.repeat(60_000)}} 1\n`)
  const before = process.cpuUsage()
  await check(url, METRICS_TOKEN)
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 500_000, `${user + system} µs`)
})
