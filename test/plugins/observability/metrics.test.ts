// The figures for Prometheus: who may read them, what they count, and what they survive.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { paths } from '../../../paths.ts'
import { newClient, ping, post, tokensFor } from '../../helpers/oauth.ts'
import { noPostgres, startOwnPostgres } from '../../helpers/postgres.ts'
import { startServer } from '../../helpers/server.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'

t.test('the figures tell what happened', async (t) => {
  const { url, app } = await startServer(t, { env: { METRICS_TOKEN: TOKEN } })
  const client = await newClient(url)
  const { access } = await tokensFor(url, client)
  await ping(url, access)
  await ping(url, access)
  await ping(url, 'mcp_at_made-up')
  const call = (name: string, args: object) =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
    })
  await call('search', { query: 'tides' })
  await call('search', { query: 7 })
  await call('no_such_tool', {})
  await post(`${url}/token`, {
    grant_type: 'authorization_code',
    ...client,
    code: 'made-up',
    redirect_uri: 'x',
    code_verifier: 'y'
  })
  await fetch(`${url}/nowhere/${access}`)
  const text = await (await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).text()
  const value = (line: string) =>
    Number(
      text
        .split('\n')
        .find((found) => found.startsWith(`${line} `))
        ?.slice(line.length + 1)
    )

  t.equal(value('mcp_http_requests_total{method="POST",route="/",status="200"}'), 5)
  t.equal(value('mcp_http_requests_total{method="POST",route="/",status="401"}'), 1)
  t.equal(value('mcp_http_requests_total{method="GET",route="none",status="404"}'), 1)
  t.equal(value('mcp_http_request_duration_seconds_count{route="/"}'), 6)
  t.equal(value('mcp_refusals_total{code="invalid_token",route="/"}'), 1)
  t.equal(value('mcp_refusals_total{code="invalid_grant",route="/token"}'), 1)
  t.ok(value('mcp_storage_operation_duration_seconds_count{operation="find",outcome="ok"}') > 3)
  t.equal(value('mcp_sign_ins_total{backend="demo",outcome="ok"}'), 1)
  t.equal(value('mcp_events_total{event="registration",reason=""}'), 1)
  t.equal(value('mcp_events_total{event="token",reason=""}'), 1)
  t.equal(value('mcp_events_total{event="token_refused",reason="pkce"}'), 1)
  t.equal(value('mcp_tool_calls_total{tool="search",outcome="ok"}'), 1)
  t.equal(value('mcp_tool_calls_total{tool="search",outcome="failed"}'), 1)
  t.equal(value('mcp_tool_call_duration_seconds_count{tool="search"}'), 2)
  t.notMatch(text, 'no_such_tool')
  t.equal(value('mcp_documents'), await app.library.count())
  t.equal(value('mcp_index_complete'), 1)
  t.ok(value('nodejs_eventloop_lag_p99_seconds') > 0)
  t.ok(value('process_resident_memory_bytes') > 1e6)
  t.notMatch(text, access, 'nothing that was sent is a label')
  t.notMatch(text, client.client_id)
})

const postgres = await startOwnPostgres()
t.teardown(() => postgres?.stop())

t.test(
  'without its Postgres the server is ready and says what is away, and one figure less does not take all others along (SG-15)',
  { skip: postgres ? false : noPostgres },
  async (t) => {
    const { url } = await startServer(t, { env: { METRICS_TOKEN: TOKEN, DATABASE_URL: await postgres!.newDatabase() } })
    const ready = async () => (await fetch(url + paths.ready)).json()
    const figures = async () => {
      const answer = await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })
      return `${answer.status} ${await answer.text()}`
    }
    t.same(await ready(), { status: 'ok' })
    t.match(await figures(), /^200 [^]*^mcp_documents 2$/m)
    await postgres!.kill()
    for (let tries = 0; tries < 100 && !((await ready()) as { away?: string[] }).away; tries++) await sleep(100)
    t.same(await ready(), { status: 'ok', away: ['documents and notes'] })
    const text = await figures()
    t.match(text, /^200 /)
    t.match(text, /^mcp_http_requests_open \d/m)
    t.notMatch(text, /^mcp_documents \d/m)
  }
)
