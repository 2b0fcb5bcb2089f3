// Sessions and subscriptions on several instances that share one Redis.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { beginSession, call, listen, open, person, SECRET_KEY } from '../../../helpers/mcp-sessions.ts'
import { mcpClient, openStream } from '../../../helpers/mcp.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'

const redis = await startRedis()

t.test(
  'several instances on one Redis serve one session and one subscription',
  { skip: redis ? false : noRedis },
  async (t) => {
    const env = { REDIS_URL: redis!.url, SECRET_KEY }
    const one = await open(t, env)
    // Behind one address, as a proxy would have them.
    const two = await open(t, { ...env, PUBLIC_URL: one.url })
    const ann = await person(one.url)
    const there = mcpClient(two.url, ann.token)
    const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }

    const asking = await call(one.url, headers, 'ask', { args: { text: 'across' } })
    const [{ id }] = await asking.until(1)
    t.equal(
      (await there.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'Redis' } } }, headers))
        .status,
      202
    )
    t.match(
      (await asking.until(2))[1],
      { id: 5, result: { content: [{ text: /^across:Redis:/ }] } },
      'the answer may arrive at another instance than the question left'
    )

    const broken = await call(one.url, headers, 'held', { _meta: { progressToken: 1 } })
    await broken.until(1)
    const [priming] = broken.ids()
    broken.leave()
    const resumed = await openStream(two.url, { headers: { ...headers, 'last-event-id': priming! } })
    await resumed.until(1)
    one.release()
    t.match(
      (await resumed.until(2))[1],
      { id: 5, result: { content: [{ text: 'held done' }] } },
      'a broken stream goes on at another instance, live'
    )
    await resumed.ended

    const cancelled = await call(one.url, headers, 'held', { id: 8 })
    while (one.log.filter((line) => line === 'held began').length < 2) await delay(5)
    await there.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 8 } }, headers)
    await cancelled.ended
    t.ok(one.log.includes('held aborted'))

    const modern = await listen(two.url, { toolsListChanged: true }, ann.headers)
    const legacy = await openStream(two.url, { headers })
    await modern.until(1)
    await delay(50)
    one.app.mcp.offer(one.offer)
    t.match((await modern.until(2))[1], { method: 'notifications/tools/list_changed' })
    t.match((await legacy.until(1))[0], { method: 'notifications/tools/list_changed' })
    t.equal((await openStream(one.url, { method: 'DELETE', headers })).status, 204)
    await legacy.ended
    t.equal((await there.legacy('ping', undefined, headers)).status, 404)
    modern.leave()
  }
)

t.test(
  'while Redis is away a session is 503, and goes on afterwards (WB-06)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const server = await open(t, { REDIS_URL: redis!.url, SECRET_KEY, AUTH_BACKEND: 'none' })
    const client = mcpClient(server.url)
    const headers = { 'mcp-session-id': await beginSession(client) }
    await redis!.kill()
    const { status, headers: answered } = await client.legacy('ping', undefined, headers)
    t.equal(status, 503)
    t.ok(Number(answered.get('retry-after')) > 0)
    await redis!.restart()
    for (let waited = 0; waited < 200; waited++) {
      if ((await client.legacy('ping', undefined, headers)).status === 200) break
      await delay(50)
    }
    t.equal((await client.legacy('ping', undefined, headers)).status, 200)
  }
)

t.teardown(() => redis?.stop())
