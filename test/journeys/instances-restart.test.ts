// Several server processes that are restarted one by one, whose Redis fails over, or that run on a Redis Cluster: no
// request is lost (threats WB-06, WB-21).
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { newClient, ping, tokensFor, type TestClient } from '../helpers/oauth.ts'
import { freePort } from '../helpers/ports.ts'
import { type ServerProcess } from '../helpers/processes.ts'
import { startCluster, until } from '../helpers/redis-cluster.ts'
import { startRedis } from '../helpers/redis.ts'
import { skip, startInstances, refresh } from './instances/cluster.ts'

interface Load {
  stop(): Promise<{
    requests: number
    failed: string[]
    tokens: Array<{ client: TestClient; access: string; refresh: string }>
  }>
}

/** Requests come all the time; without pauses the processor would be busy with little else. */
const PAUSE_MS = 100

/** People who sign in, refresh and call until they are stopped. */
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
          await sleep(PAUSE_MS)
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

t.test('a rolling restart under load fails no request and asks nobody to sign in again (WB-21)', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const { servers, proxy } = await startInstances(t, redis.url, { SHUTDOWN_DELAY: '1' })
  const client = await newClient(proxy.url)
  const load = startLoad(proxy.url, client, 3)
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
  t.ok(tokens.length > 10)
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

t.test('Redis fails over to its replica: 503 meanwhile, no restart, no token lost (WB-06)', { skip }, async (t) => {
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
