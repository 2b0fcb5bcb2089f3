// Quotas of tool calls by person, client and tool, in words a model can act on, counted together by all instances.
import t from 'tap'
import { MAX_APPS_COUNTED } from '../../../plugins/limits/apps-of-person.ts'
import { demoPerson, keyFor } from '../../helpers/access-keys.ts'
import { Browser } from '../../helpers/browser.ts'
import { mcpClient } from '../../helpers/mcp.ts'
import { person, stored } from '../../helpers/mcp-held.ts'
import { newClient, post, walk } from '../../helpers/oauth.ts'
import { noRedis, startRedis } from '../../helpers/redis.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

interface Result {
  isError?: boolean
  content: Array<{ text: string }>
}

for (const [name, env] of [
  ['SQLite', {}],
  ['Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    // Noon: a day has hours left then.
    let seconds = Math.floor(Date.now() / 86_400_000) * 86_400 + 12 * 3600 + 10
    const server = await startServer(t, {
      env: {
        ...env,
        RATE_LIMITS: 'calls-per-user=3,calls-per-client=5,calls-per-tool=8,calls-per-tool-day=9',
        ACCESS_TOKEN_TTL: '86400'
      },
      now: () => seconds
    })
    const { url } = server
    const connect = async (client: { client_id: string }, browser = new Browser()) => {
      const { form } = await walk(url, client, {}, browser)
      return (await post(`${url}/token`, form)).body['access_token'] as string
    }
    const call = async (token: string, tool = 'search') => {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream'
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: tool, arguments: tool === 'search' ? { query: 'tides' } : { id: 'tides.md' } }
        })
      })
      const { result } = (await response.json()) as { result: Result }
      return result.isError ? result.content[0]!.text : 'ok'
    }

    const [one, other] = [await newClient(url), await newClient(url)]
    const [ann, bob] = [new Browser(), new Browser()]
    const [anns, bobs, bobsOther] = [await connect(one, ann), await connect(one, bob), await connect(other, bob)]

    t.same([await call(anns), await call(anns), await call(anns)], ['ok', 'ok', 'ok'])
    t.match(await call(anns), /not made.*3 tool calls a minute for one person.*Wait 50 seconds/)
    t.same([await call(bobs), await call(bobs)], ['ok', 'ok'], 'one person does not pay for another')
    t.match(await call(bobs), /5 tool calls a minute for this app/, 'a client has its own limit')
    t.equal(await call(bobsOther), 'ok')
    t.match(await call(bobsOther), /3 tool calls a minute for one person/, 'a person is counted over all their apps')

    seconds += 60
    t.same([await call(anns), await call(anns), await call(bobs)], ['ok', 'ok', 'ok'], 'a new minute')
    t.match(await call(bobs), /9 tool calls a day for search.*hours/)
    t.equal(await call(bobs, 'fetch'), 'ok', 'another tool is not touched')

    await server.app.usage.flush()
    await server.restart()
    // One call tells this process what was counted before.
    seconds += 60
    await call(anns)
    await server.app.usage.flush()
    t.match(await call(anns), /9 tool calls a day/, 'a restart does not begin the day anew')
  })
}

t.test('what is known of the first use of a connection ends with it (OW-25, WB-05)', async (t) => {
  const server = await startServer(t)
  const { url, app } = server
  const ann = await person(url)
  await ann.mcp.legacy('tools/list')
  const hasRecords = async (count: number) => (await stored(app, 'firstUse')).length === count
  t.ok(await until(() => hasRecords(1)))
  await post(`${url}/revoke`, { ...ann.client, token: ann.refresh })
  t.ok(await hasRecords(0))

  const { accessKeys } = app
  const { id } = await demoPerson(server)
  for (const end of ['revoke', 'revokeAllOf'] as const) {
    const key = await keyFor(server, id)
    const { legacy } = mcpClient(url, key.secret)
    await legacy('tools/list')
    t.ok(await until(() => hasRecords(1)))
    await accessKeys[end](end === 'revoke' ? key.id : id)
    t.ok(await hasRecords(0), end)
  }
})

t.test('the calls of a connection are counted by day, and thirty days are shown', async (t) => {
  const today = Math.floor(Date.now() / 86_400_000) * 86_400
  let now = today + 12 * 3_600
  const { app } = await startServer(t, { now: () => now })
  const call = () =>
    app.usage.called({ grantId: 'g', user: { id: 'ann' } } as never)
  call()
  call()
  t.match(await app.usage.ofGrant('g'), { calls: 2, lastCallDay: today })
  now += 29 * 86_400
  call()
  t.match(await app.usage.ofGrant('g'), { calls: 3, lastCallDay: today + 29 * 86_400 })
  now += 86_400
  t.match(await app.usage.ofGrant('g'), { calls: 1, lastCallDay: today + 29 * 86_400 })
  t.equal((await app.usage.ofGrant('another')).calls, 0)
})

t.test('a person who connects ever new apps leaves a bounded number of counters (OW-25)', async (t) => {
  const { app } = await startServer(t)
  const { length: before } = await Array.fromAsync(app.storage.entries())
  const call = (grantId: string, id: string) =>
    app.usage.called({ grantId, user: { id } } as never)
  for (let n = 0; n < 2 * MAX_APPS_COUNTED; n++) call(`g${n}`, 'ann')
  call('of bob', 'bob')
  await app.usage.flush()
  const left = (await Array.fromAsync(app.storage.entries())).length - before
  t.equal(left, MAX_APPS_COUNTED + 2)
  const callsOf = async (id: string) => (await app.usage.ofGrant(id)).calls
  t.equal(await callsOf('g0'), 1)
  t.equal(await callsOf('of bob'), 1)
})
