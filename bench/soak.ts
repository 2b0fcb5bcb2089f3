// `npm run soak`: hours in minutes. Three instances on one Redis behind a proxy, people who work at a steady pace, and
// every minute something is restarted or killed: what is lost, what fails, and does memory grow?
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { newClient } from '../test/helpers/oauth.ts'
import { freePort } from '../test/helpers/ports.ts'
import { startProcess, startProxy, type ServerProcess } from '../test/helpers/processes.ts'
import { startRedis, type TestRedis } from '../test/helpers/redis.ts'
import { call, counts, disturbances, failed, lost, person, refresh } from './soak-people.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, people: { type: 'string', default: '20' } }
})
const MINUTES = Number(values.minutes)
const PEOPLE = Number(values.people)
const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const METRICS_TOKEN = 'f3b1c9a07d5e42688e1d'
const SAMPLE_MS = 5_000
/**
 * What is killed may break what was under way there; this long after everything is ready again nothing may fail any
 * more.
 */
const SETTLE_MS = 2_000

const cleanups: Array<() => unknown> = []
const t = {
  teardown: (work: () => unknown) => {
    cleanups.unshift(work)
  }
}
const log = (text: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

/** Everything that goes wrong, in turn, a third of a minute apart. */
async function disturb (servers: ServerProcess[], redis: TestRedis, isOver: () => boolean): Promise<void> {
  const [graceful, killed] = servers as [ServerProcess, ServerProcess]
  const unexcused = async () => {
    log('instance 1: SIGTERM')
    await graceful.end('SIGTERM')
    await graceful.start()
    counts.restarts++
  }
  const excused = (what: string, work: () => Promise<void>) => async () => {
    log(what)
    disturbances.now++
    await work()
    while (
      !(
        await Promise.all(
          servers.map(({ url }) =>
            fetch(`${url}/health/ready`).then(
              ({ ok }) => ok,
              () => false
            )
          )
        )
      ).every(Boolean)
    ) { await sleep(50) }
    await sleep(SETTLE_MS)
    disturbances.now--
  }
  const steps = [
    unexcused,
    excused('instance 2: SIGKILL', async () => {
      await killed.end('SIGKILL')
      await killed.start()
      counts.kills++
    }),
    excused('Redis: SIGKILL', async () => {
      await redis.kill()
      await sleep(500)
      await redis.restart()
      counts.redisKills++
    })
  ]
  for (let turn = 0; !isOver(); turn++) {
    for (let waited = 0; waited < 20_000 && !isOver(); waited += 500) await sleep(500)
    if (!isOver()) await steps[turn % steps.length]!()
  }
}

interface Sample {
  heap: number
  rss: number
}

async function sample ({ url }: ServerProcess): Promise<Sample> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return { heap: value('nodejs_heap_size_used_bytes'), rss: value('process_resident_memory_bytes') }
}

/** The least heap of a stretch is what was left after a collection. */
const floor = (samples: Sample[]) => Math.min(...samples.map(({ heap }) => heap))
const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`

async function run (): Promise<boolean> {
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is needed')
  t.teardown(() => redis.stop())
  const port = await freePort()
  const env = {
    REDIS_URL: redis.url,
    SECRET_KEY,
    METRICS_TOKEN,
    PUBLIC_URL: `http://localhost:${port}`,
    SHUTDOWN_DELAY: '1',
    TRUST_PROXY: '127.0.0.1',
    LOG_LEVEL: 'error'
  }
  const servers = await Promise.all([0, 1, 2].map(() => startProcess(t, env)))
  const proxy = await startProxy(t, servers, port)
  const client = await newClient(proxy.url)
  log(`${PEOPLE} people, three instances, ${MINUTES} minutes`)

  const end = Date.now() + MINUTES * 60_000
  const isOver = () => Date.now() >= end
  const samples: Sample[] = []
  const timer = setInterval(() => {
    sample(servers[2]!).then(
      (taken) => {
        samples.push(taken)
      },
      () => {
        /* the next one */
      }
    )
  }, SAMPLE_MS)
  const held = await Promise.all([
    disturb(servers, redis, isOver).then(() => undefined),
    ...Array.from({ length: PEOPLE }, (_, index) => person(proxy.url, client, index % 2 === 0, isOver))
  ])
  clearInterval(timer)
  for (const each of held.filter((each) => each !== undefined)) {
    await call(proxy.url, each).catch(() => {
      /* noted as lost */
    })
    await refresh(proxy.url, client, each).catch(() => {
      /* noted as lost */
    })
  }
  const [early, late] = [
    samples.slice(Math.floor(samples.length * 0.1), Math.floor(samples.length * 0.3)),
    samples.slice(Math.floor(samples.length * 0.8))
  ]
  const growth = floor(late) / floor(early)
  process.stdout.write(
    [
      '',
      `requests            ${counts.requests} (${(counts.requests / MINUTES / 60).toFixed(1)} steps a second; a sign-in is one step of seven requests)`,
      `sign-ins            ${counts.signIns}, refreshes ${counts.refreshes}, revocations ${counts.revocations}`,
      `restarts            ${counts.restarts} of an instance, ${counts.kills} kills of another, ${counts.redisKills} kills of Redis`,
      `failed while killed ${counts.excused}, each repeated until it worked`,
      `failed otherwise    ${failed.length}`,
      `lost tokens         ${lost.length}`,
      `heap of instance 3  ${mb(floor(early))} early, ${mb(floor(late))} late (x${growth.toFixed(2)}); resident ${mb(late.at(-1)?.rss ?? NaN)}`,
      ...failed.slice(0, 10),
      ...lost.slice(0, 10),
      ''
    ].join('\n')
  )
  return failed.length === 0 && lost.length === 0 && growth < 1.3
}

let good = false
try {
  good = await run()
} finally {
  for (const work of cleanups) await work()
}
process.exit(good ? 0 : 1)
