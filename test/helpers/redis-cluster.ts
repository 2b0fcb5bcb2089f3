// A real Redis Cluster for tests: some processes that share the slots among them, with replicas on wish.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'
import { spawnRedis } from './redis.ts'

const SLOTS = 16_384
/**
 * Milliseconds after which the others take a member for dead. Where no replica waits for that, members that only wait for a
 * processor stay in the cluster.
 */
const NODE_TIMEOUT = { withReplicas: 1_000, without: 30_000 }

export interface TestNode {
  port: number
  client: Redis
  id: string
  kill(): Promise<void>
}
export interface TestCluster {
  /** As REDIS_URL takes it. */
  url: string
  masters: TestNode[]
  replicas: TestNode[]
  stop(): Promise<void>
}

/** @param replicas of each master. Redis must be there: ask canHaveRedis first. */
export async function startCluster (masters: number, replicas = 0): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-cluster-'))
  const timeout = replicas > 0 ? NODE_TIMEOUT.withReplicas : NODE_TIMEOUT.without
  const nodes = await Promise.all(
    Array.from({ length: masters * (1 + replicas) }, (_, index) => startNode(join(folder, String(index)), timeout))
  )
  const [first, ...others] = nodes as [Node, ...Node[]]
  await Promise.all(others.map(({ port, bus }) => first.client.call('CLUSTER', 'MEET', '127.0.0.1', port, bus)))
  const each = Math.ceil(SLOTS / masters)
  await Promise.all(
    nodes
      .slice(0, masters)
      .map(({ client }, index) =>
        client.call('CLUSTER', 'ADDSLOTSRANGE', index * each, Math.min(SLOTS, (index + 1) * each) - 1)
      )
  )
  await until(async () =>
    (await Promise.all(nodes.map(({ client }) => client.call('CLUSTER', 'NODES')))).every(
      (text) => String(text).trim().split('\n').length === nodes.length
    )
  )
  await Promise.all(
    nodes.slice(masters).map(({ client }, index) => client.call('CLUSTER', 'REPLICATE', nodes[index % masters]!.id))
  )
  await until(async () =>
    (await Promise.all(nodes.map(({ client }) => client.call('CLUSTER', 'INFO')))).every((text) =>
      String(text).includes('cluster_state:ok')
    )
  )
  await until(async () =>
    (await Promise.all(nodes.slice(masters).map(({ client }) => client.info('replication')))).every((text) =>
      text.includes('master_link_status:up')
    )
  )
  return {
    url: nodes
      .slice(0, masters)
      .map(({ port }) => `redis://127.0.0.1:${port}`)
      .join(','),
    masters: nodes.slice(0, masters),
    replicas: nodes.slice(masters),
    async stop () {
      await Promise.all(nodes.map(({ kill }) => kill()))
      await rm(folder, { recursive: true, force: true })
    }
  }
}

interface Node extends TestNode {
  bus: number
}

async function startNode (folder: string, timeout: number): Promise<Node> {
  await mkdir(folder)
  const [port, bus] = [await freePort(), await freePort()]
  const server = spawnRedis(port, folder, [
    ...['--save', '', '--repl-diskless-sync-delay', '0'],
    ...['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', String(timeout)],
    ...['--cluster-replica-validity-factor', '0']
  ])
  const client = new Redis({ port, retryStrategy: () => 50, maxRetriesPerRequest: null })
  client.on('error', () => {
    /* until it listens, and when it is killed */
  })
  const id = String(await client.call('CLUSTER', 'MYID'))
  return {
    port,
    bus,
    client,
    id,
    async kill () {
      client.disconnect()
      if (server.exitCode !== null || server.signalCode !== null) return
      const over = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await over
    }
  }
}

/** @throws when it does not come true within a minute. */
export async function until (isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isTrue().catch(() => false)) return
    await sleep(100)
  }
  throw new Error('it never came true')
}
