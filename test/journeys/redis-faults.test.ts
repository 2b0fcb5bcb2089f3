// WB-06, WB-07: Redis killed, paused, slowed, cut off, read-only, or losing its answers, under load: every request
// ends, with 200 or 503; nothing works twice, nothing answered is lost, and service returns without a restart.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { newClient, ping, post, tokensFor, walk, type TestClient } from '../helpers/oauth.ts'
import { startFaultyWire } from '../helpers/faulty-wire.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'

/** Milliseconds after which a request counts as hung: three times what a command may take. */
const HUNG = 15_000
const CONNECTIONS = 4

interface Connection {
  client: TestClient
  refresh: string
  access: string
  answered: number
}

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test('faults of Redis under load (WB-06)', { skip: redis ? false : noRedis, timeout: 180_000 }, async (t) => {
  const direct = new URL(redis!.url)
  const wire = await startFaultyWire(Number(direct.port))
  t.teardown(() => wire.close())
  const through = new URL(direct)
  through.port = String(wire.port)
  // A repeat within the grace must give the same successor, so a lost answer costs nobody a sign-in.
  const { url, app } = await startServer(t, {
    env: { REDIS_URL: through.href, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', REFRESH_GRACE: '300' }
  })
  const connections: Connection[] = []
  for (let count = 0; count < CONNECTIONS; count++) {
    const client = await newClient(url)
    connections.push({ client, ...(await tokensFor(url, client)), answered: 0 })
  }

  const statuses = new Map<string, number>()
  const within = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const timer = Promise.withResolvers<never>()
    const alarm = setTimeout(() => timer.reject(new Error(`${what} hangs`)), HUNG)
    try {
      return await Promise.race([work, timer.promise])
    } finally {
      clearTimeout(alarm)
    }
  }
  const seen = (what: string, status: number) => {
    statuses.set(`${what} ${status}`, (statuses.get(`${what} ${status}`) ?? 0) + 1)
    if (status !== 200 && status !== 503) t.fail(`${what} was answered ${status}`)
  }

  async function use (connection: Connection): Promise<void> {
    const status = await within('a call', ping(url, connection.access))
    seen('call', status)
    const answer = await within(
      'a refresh',
      post(`${url}/token`, { ...connection.client, grant_type: 'refresh_token', refresh_token: connection.refresh })
    )
    seen('refresh', answer.status)
    if (answer.status === 503 && !(Number(answer.headers.get('retry-after')) > 0)) {
      t.fail('a 503 that does not say when to come back')
    }
    if (answer.status !== 200) return
    connection.refresh = answer.body['refresh_token'] as string
    connection.access = answer.body['access_token'] as string
    connection.answered++
  }

  const over = new AbortController()
  const load = connections.map(async (connection) => {
    while (!over.signal.aborted) await use(connection)
  })
  const during = async (
    name: string,
    begin: () => void | Promise<unknown>,
    milliseconds: number,
    end: () => void | Promise<unknown>
  ) => {
    const before = new Map(statuses)
    await begin()
    await sleep(milliseconds)
    await end()
    // Service returns by itself.
    const mark = connections.map(({ answered }) => answered)
    for (let tries = 0; tries < 300 && connections.some(({ answered }, index) => answered <= mark[index]!); tries++) {
      await sleep(50)
    }
    t.ok(
      connections.every(({ answered }, index) => answered > mark[index]!),
      `${name}: every connection works again`
    )
    const counts = [...statuses].map(([what, count]) => `${what}: ${count - (before.get(what) ?? 0)}`)
    t.comment(`${name}: ${counts.join(', ')}`)
  }

  await during(
    'nothing wrong',
    () => {},
    300,
    () => {}
  )
  await during(
    'killed and started again',
    () => redis!.kill(),
    1_000,
    () => redis!.restart()
  )
  await during(
    'paused',
    () => {
      wire.paused = true
    },
    5_000,
    () => {
      wire.paused = false
    }
  )
  await during(
    'slow',
    () => {
      wire.answers = 400
    },
    2_000,
    () => {
      wire.answers = 0
    }
  )
  await during(
    'slower than a command may be',
    () => {
      wire.answers = 3_500
    },
    5_000,
    () => {
      wire.answers = 0
    }
  )
  await during(
    'answers lost',
    () => {
      wire.answers = 'swallow'
    },
    4_000,
    () => {
      wire.heal()
      wire.cut()
    }
  )
  await during(
    'cut off',
    () => wire.cut(true),
    2_000,
    () => wire.heal()
  )
  await during(
    'connections broken again and again',
    async () => {
      for (let count = 0; count < 20; count++) {
        wire.cut()
        await sleep(30)
      }
    },
    0,
    () => {}
  )
  await during(
    'read-only',
    () => redis!.client.call('REPLICAOF', '127.0.0.1', '1'),
    1_500,
    () => redis!.client.call('REPLICAOF', 'NO', 'ONE')
  )
  over.abort()
  await Promise.all(load)

  for (const connection of connections) {
    t.equal(await ping(url, connection.access), 200, 'the last token that was answered works')
    await use(connection)
    const [grant] = await Promise.all([app.grants.findByRefreshToken(connection.refresh)])
    t.ok(app.grants.isCurrentRefreshToken(grant!, connection.refresh), 'and the family has gone on from it')
  }
  t.ok(
    (statuses.get('refresh 503') ?? 0) > 0 && (statuses.get('refresh 200') ?? 0) >= CONNECTIONS,
    'there was something to stand'
  )
})

t.test(
  'a code that storage was too slow for works once, for one of all who send it again (WB-07)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const direct = new URL(redis!.url)
    const wire = await startFaultyWire(Number(direct.port))
    t.teardown(() => wire.close())
    const through = new URL(direct)
    through.port = String(wire.port)
    const { url } = await startServer(t, {
      env: { REDIS_URL: through.href, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }
    })
    const client = await newClient(url)
    const { form } = await walk(url, client)
    wire.answers = 3_600
    const late = await post(`${url}/token`, form)
    t.equal(late.status, 503)
    wire.heal()
    await sleep(4_000)
    const again = await Promise.all(Array.from({ length: 10 }, () => post(`${url}/token`, form)))
    t.same(again.map(({ status, body }) => `${status} ${String(body['error'] ?? 'tokens')}`).sort(), [
      '200 tokens',
      ...Array<string>(9).fill('400 invalid_grant')
    ])
  }
)
