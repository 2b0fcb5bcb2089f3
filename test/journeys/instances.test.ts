// Several server processes on one Redis, behind a plain round-robin proxy: they are one server to whoever uses them,
// also while they are restarted one by one, while Redis fails over, and on a Redis Cluster (threats WB-01, WB-06,
// WB-21).
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { CALLBACK, newClient, ping, post, register, tokensFor, walk, type TestClient } from '../helpers/oauth.ts'
import { freePort } from '../helpers/ports.ts'
import { noPostgres, startPostgres } from '../helpers/postgres.ts'
import { startProcess, startProxy, type ServerProcess } from '../helpers/processes.ts'
import { startCluster, until } from '../helpers/redis-cluster.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'

const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const skip = canHaveRedis() ? false : noRedis

/** Some instances behind one address. */
async function startInstances (t: Test, redisUrl: string, env: Record<string, string> = {}, count = 2) {
  const port = await freePort()
  const shared = {
    REDIS_URL: redisUrl,
    SECRET_KEY,
    PUBLIC_URL: `http://localhost:${port}`,
    TRUST_PROXY: '127.0.0.1',
    ...env
  }
  const servers = await Promise.all(Array.from({ length: count }, () => startProcess(t, shared)))
  return { servers, proxy: await startProxy(t, servers, port) }
}

const refresh = (url: string, client: TestClient, token: string) =>
  post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token })

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

interface Load {
  stop(): Promise<{
    requests: number
    failed: string[]
    tokens: Array<{ client: TestClient; access: string; refresh: string }>
  }>
}

/** People who sign in, refresh and call, without a pause, until they are stopped. */
function startLoad (url: string, client: TestClient, people: number): Load {
  const over = new AbortController()
  let requests = 0
  const failed: string[] = []
  const tokens: Array<{ client: TestClient; access: string; refresh: string }> = []
  const person = async () => {
    while (!over.signal.aborted) {
      try {
        const signedIn = await tokensFor(url, client)
        requests += 6
        if (!signedIn.access) throw new Error('no token')
        const held = { client, access: signedIn.access, refresh: signedIn.refresh }
        tokens.push(held)
        for (let call = 0; call < 10 && !over.signal.aborted; call++) {
          const status = await ping(url, held.access)
          requests++
          if (status !== 200) failed.push(`call ${status}`)
        }
        const { status, body } = await refresh(url, client, held.refresh)
        requests++
        if (status === 200) Object.assign(held, { access: body['access_token'], refresh: body['refresh_token'] })
        else failed.push(`refresh ${status} ${JSON.stringify(body)}`)
      } catch (error) {
        failed.push(`${(error as Error).message.slice(0, 300)}`)
      }
    }
  }
  const running = Promise.all(Array.from({ length: people }, person))
  return {
    async stop () {
      over.abort()
      await running
      return { requests, failed, tokens }
    }
  }
}

t.test('WB-21: a rolling restart under load fails no request and asks nobody to sign in again', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const { servers, proxy } = await startInstances(t, redis.url, { SHUTDOWN_DELAY: '1' })
  const client = await newClient(proxy.url)
  const load = startLoad(proxy.url, client, 6)
  for (let round = 0; round < 2; round++) {
    for (const server of servers) {
      await sleep(300)
      t.equal(await server.end('SIGTERM'), 0, 'ended cleanly')
      await server.start()
    }
  }
  const { requests, failed, tokens } = await load.stop()
  t.comment(`${requests} requests, ${tokens.length} sign-ins, 4 restarts`)
  t.same(failed, [])
  t.ok(tokens.length > 20)
  for (const { access } of tokens) t.equal(await ping(proxy.url, access), 200)
})

/** An address whose server can change, as a managed Redis has: open connections break when it does. */
async function movableAddress (t: Test, first: number) {
  let target = first
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1')
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => {
        /* the other end is told by the close */
      })
      end.on('close', () => {
        sockets.delete(end)
        socket.destroy()
        upstream.destroy()
      })
    }
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    moveTo (port: number) {
      target = port
    },
    breakAll () {
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Calls until they succeed again. @returns the other answers that came meanwhile. */
async function untilItWorks (servers: ServerProcess[], access: string): Promise<Set<number>> {
  const seen = new Set<number>()
  for (const { url } of servers) {
    await until(async () => {
      const status = await ping(url, access)
      if (status === 200) return true
      seen.add(status)
      return false
    })
  }
  return seen
}

t.test('WB-06: Redis fails over to its replica: 503 meanwhile, no restart, no token lost', { skip }, async (t) => {
  const [primary, replica] = [(await startRedis())!, (await startRedis())!]
  t.teardown(() => Promise.all([primary.stop(), replica.stop()]))
  const portOf = ({ url }: { url: string }) => Number(new URL(url).port)
  const [a, b] = [primary, replica].map((server) => new Redis({ port: portOf(server) })) as [Redis, Redis]
  a.on('error', () => {
    /* it is killed below */
  })
  t.teardown(() => {
    a.disconnect()
    b.disconnect()
  })
  await b.replicaof('127.0.0.1', portOf(primary))
  await until(async () => (await b.info('replication')).includes('master_link_status:up'))

  const address = await movableAddress(t, portOf(primary))
  const { servers, proxy } = await startInstances(t, `redis://127.0.0.1:${address.port}`)
  const client = await newClient(proxy.url)
  const tokens = await Promise.all(Array.from({ length: 10 }, () => tokensFor(proxy.url, client)))
  await a.wait(1, 5_000)

  t.test('the primary dies', async (t) => {
    await primary.kill()
    address.breakAll()
    for (const { url } of servers) {
      await until(async () => (await ping(url, tokens[0]!.access)) === 503)
      // What it said last counts for a second.
      await until(async () => (await fetch(`${url}/health/ready`)).status === 503)
      t.equal((await fetch(`${url}/health/live`)).status, 200)
      const refused = await refresh(url, client, tokens[0]!.refresh)
      t.equal(refused.status, 503)
      t.ok(Number(refused.headers.get('retry-after')) > 0)
    }
  })

  t.test('the replica is promoted', async (t) => {
    address.moveTo(portOf(replica))
    await b.replicaof('NO', 'ONE')
    t.same(
      [...(await untilItWorks(servers, tokens[0]!.access))].filter((status) => status !== 503),
      []
    )
    for (const { access, refresh: token } of tokens) {
      t.equal(await ping(proxy.url, access), 200)
      t.equal((await refresh(proxy.url, client, token)).status, 200)
    }
  })

  t.test('a primary that became a replica is left by itself', async (t) => {
    // Read-only, and nobody breaks the connections: the servers must notice.
    await b.replicaof('127.0.0.1', await freePort())
    await until(async () => (await fetch(`${servers[0]!.url}/health/ready`)).status === 503)
    await b.replicaof('NO', 'ONE')
    await until(async () => (await fetch(`${servers[0]!.url}/health/ready`)).status === 200)
    t.equal((await tokensFor(proxy.url, client)).access.slice(0, 7), 'mcp_at_')
  })
})

t.test(
  'a Redis Cluster of three, with replicas: sign-ins work, and a member that dies takes nothing along',
  { skip },
  async (t) => {
    const cluster = await startCluster(3, 1)
    t.teardown(() => cluster.stop())
    const { servers, proxy } = await startInstances(t, cluster.url, {
      RATE_LIMITS: 'registration=50,sign-in=500,authorization=500'
    })
    const client = await newClient(proxy.url)
    const tokens = await Promise.all(Array.from({ length: 12 }, () => tokensFor(proxy.url, client)))
    for (const { access } of tokens) t.equal(await ping(proxy.url, access), 200)
    const sizes = await Promise.all(cluster.masters.map(({ client }) => client.dbsize()))
    t.ok(
      sizes.every((size) => size > 0),
      `every member holds some of it: ${sizes}`
    )
    await Promise.all(cluster.masters.map(({ client }) => client.wait(1, 5_000)))

    await cluster.masters[0]!.kill()
    await until(async () =>
      (await Promise.all(servers.map(({ url }) => fetch(`${url}/health/ready`)))).every(({ ok }) => ok)
    )
    for (const { access } of tokens) await until(async () => (await ping(proxy.url, access)) === 200)
    for (const { refresh: token } of tokens) {
      await until(async () => (await refresh(proxy.url, client, token)).status === 200)
    }
    t.ok((await tokensFor(proxy.url, client)).access)
  }
)

t.test('a Redis Cluster of one process with all slots', { skip }, async (t) => {
  const cluster = await startCluster(1)
  t.teardown(() => cluster.stop())
  const { proxy } = await startInstances(t, cluster.url, { RATE_LIMITS: 'on' })
  const client = await newClient(proxy.url)
  const { access, refresh: token } = await tokensFor(proxy.url, client)
  t.equal(await ping(proxy.url, access), 200)
  t.equal((await refresh(proxy.url, client, token)).status, 200)
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
