// Several server processes on one Redis, behind a round-robin proxy: they act as one server (threat WB-01).
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { CALLBACK, newClient, ping, post, register, tokensFor, walk } from '../helpers/oauth.ts'
import { noPostgres, startPostgres } from '../helpers/postgres.ts'
import { startProcess } from '../helpers/processes.ts'
import { until } from '../helpers/redis-cluster.ts'
import { startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'
import { SECRET_KEY, skip, startInstances, refresh } from './instances/cluster.ts'

t.test('a sign-in that hops between instances at every step', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const { servers, proxy } = await startInstances(t, redis.url)

  t.test('registration, authorization, sign-in, consent, token and tool call each land on another', async (t) => {
    const client = await newClient(proxy.url)
    const before = [...proxy.counts]
    const { access, refresh: token } = await tokensFor(proxy.url, client)
    t.ok(
      proxy.counts.every((count, index) => count > before[index]!),
      `both took part: ${proxy.counts}`
    )
    for (const { url } of servers) t.equal(await ping(url, access), 200)
    const refreshed = await refresh(servers[0]!.url, client, token)
    t.equal(refreshed.status, 200)
    t.equal((await refresh(servers[1]!.url, client, refreshed.body['refresh_token'] as string)).status, 200)
  })

  t.test(
    'a sign-in begun on one is finished on the other, and a step that was taken on one is spent on the other',
    async (t) => {
      const client = await newClient(servers[0]!.url)
      const { form } = await walk(proxy.url, client)
      t.equal((await post(`${servers[1]!.url}/token`, form)).status, 200)
      const again = await post(`${servers[0]!.url}/token`, form)
      t.equal(again.status, 400)
      t.match(again.body, { error: 'invalid_grant' })
    }
  )

  t.test('a revocation is seen by all within 100 ms', async (t) => {
    const client = await newClient(proxy.url)
    for (let round = 0; round < 5; round++) {
      const { access, refresh: token } = await tokensFor(proxy.url, client)
      // Whatever an instance may remember of the token, it does now.
      for (const { url } of servers) t.equal(await ping(url, access), 200)
      t.equal((await post(`${servers[round % 2]!.url}/revoke`, { ...client, token })).status, 200)
      await sleep(100)
      for (const { url } of servers) t.equal(await ping(url, access), 401)
    }
  })
})

t.test('limits are counted together', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const { servers } = await startInstances(t, redis.url, { RATE_LIMITS: 'registration=6' })
  const statuses: number[] = []
  for (let index = 0; index < 8; index++) {
    statuses.push((await register(servers[index % 2]!.url, { redirect_uris: [CALLBACK] })).status)
  }
  t.same(statuses, [201, 201, 201, 201, 201, 201, 429, 429])
})
const postgres = await startPostgres()
t.teardown(() => postgres?.stop())

t.test(
  'with Postgres, what was written on one is found on the other',
  { skip: skip || (postgres ? false : noPostgres) },
  async (t) => {
    const redis = (await startRedis())!
    t.teardown(() => redis.stop())
    const { servers, proxy } = await startInstances(t, redis.url, { DATABASE_URL: await postgres!.newDatabase() })
    const { access } = await tokensFor(proxy.url, await newClient(proxy.url), { scope: 'mcp:read mcp:write' })
    const call = async (url: string, name: string, args: object) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
      })
      return ((await answer.json()) as { result: { structuredContent: Record<string, unknown> } }).result
        .structuredContent
    }
    const { id } = await call(servers[0]!.url, 'write', {
      title: 'Otters',
      text: 'Ann has seen eleven quiet otters at the weir.'
    })
    t.match(await call(servers[1]!.url, 'fetch', { id }), { id, text: /eleven quiet otters/ })
    t.match(await call(servers[1]!.url, 'search', { query: 'otters at the weir' }), { results: [{ id }] })
  }
)

t.test('what changes on one is told to every stream that is open on any', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const env = { AUTH_BACKEND: 'none', REDIS_URL: redis.url, SECRET_KEY }
  const servers = [await startServer(t, { env }), await startServer(t, { env })] as const
  const told: string[][] = []
  for (const { url } of [servers[0], servers[1], servers[1]]) {
    const client = new Client({ name: 'listener', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(url)))
    t.teardown(() => client.close())
    const heard: string[] = []
    told.push(heard)
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri)
    })
    client.setNotificationHandler('notifications/resources/list_changed', () => {
      heard.push('list')
    })
    const { honoredFilter } = await client.listen({
      resourcesListChanged: true,
      resourceSubscriptions: ['note://mine']
    })
    t.match(honoredFilter, { resourcesListChanged: true, resourceSubscriptions: ['note://mine'] })
  }
  for (const { app } of servers) {
    await app.mcp.announce([
      { kind: 'resource_updated', uri: 'note://mine' },
      { kind: 'resource_updated', uri: 'note://not-asked-for' },
      { kind: 'resources_list_changed' }
    ])
  }
  await until(async () => told.every(({ length }) => length === 4))
  for (const heard of told) t.same(heard, ['note://mine', 'list', 'note://mine', 'list'])
})

t.test(
  'a process that sleeps wakes up where it was: tokens live on, and those whose time passed are over',
  async (t) => {
    const server = await startProcess(t, { ACCESS_TOKEN_TTL: '3' })
    const url = `http://localhost:${server.port}`
    const client = await newClient(url)
    const { access, refresh: token } = await tokensFor(url, client)
    process.kill(server.pid(), 'SIGSTOP')
    const waking = ping(url, access)
    await sleep(3_500)
    process.kill(server.pid(), 'SIGCONT')
    t.equal(await waking, 401, 'the call that wakes it is answered, and the time that passed counts')
    const refreshed = await refresh(url, client, token)
    t.equal(refreshed.status, 200)
    t.equal(await ping(url, refreshed.body['access_token'] as string), 200)
  }
)
