// `npm run soak`: hours in minutes. Three instances on one Redis behind a proxy, people who work at a steady pace, and
// every minute something is restarted or killed: what is lost, what fails, and does memory grow?
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { newClient, ping, post, tokensFor, type TestClient } from '../test/helpers/oauth.ts'
import { freePort } from '../test/helpers/ports.ts'
import { startProcess, startProxy, type ServerProcess } from '../test/helpers/processes.ts'
import { startRedis, type TestRedis } from '../test/helpers/redis.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, people: { type: 'string', default: '20' } }
})
const MINUTES = Number(values.minutes)
const PEOPLE = Number(values.people)
const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const METRICS_TOKEN = 'f3b1c9a07d5e42688e1d'
/** Milliseconds between two steps of one person. */
const PACE = 500
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

const counts = {
  requests: 0,
  signIns: 0,
  refreshes: 0,
  revocations: 0,
  excused: 0,
  restarts: 0,
  kills: 0,
  redisKills: 0
}
const failed: string[] = []
const lost: string[] = []
let disturbances = 0

/**
 * One request. What fails while something is killed is tried again, as a client would; what fails at any other time is
 * counted.
 */
async function attempt<R> (what: string, work: () => Promise<R>, isGood: (answer: R) => boolean): Promise<R> {
  for (;;) {
    const wasDisturbed = disturbances > 0
    let problem: string
    let answer: R | undefined
    try {
      counts.requests++
      answer = await work()
      if (isGood(answer)) return answer
      problem = `${what}: ${JSON.stringify(answer).slice(0, 200)}`
    } catch (error) {
      problem = `${what}: ${(error as Error).message.slice(0, 200)}`
    }
    if (/invalid_grant|invalid_token|\b401\b/.test(problem)) {
      lost.push(problem)
      throw new Error(problem)
    }
    if (wasDisturbed || disturbances > 0) counts.excused++
    else failed.push(`${new Date().toISOString().slice(11, 19)} ${problem}`)
    await sleep(PACE)
  }
}

interface Held {
  access: string
  refresh: string
}

async function signIn (url: string, client: TestClient): Promise<Held> {
  const { access, refresh } = await attempt(
    'sign-in',
    () => tokensFor(url, client),
    ({ access }) => access !== undefined
  )
  counts.signIns++
  return { access, refresh }
}

async function call (url: string, { access }: Held): Promise<void> {
  await attempt(
    'call',
    () => ping(url, access),
    (status) => status === 200
  )
}

async function refresh (url: string, client: TestClient, held: Held): Promise<void> {
  const { body } = await attempt(
    'refresh',
    () => post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: held.refresh }),
    ({ status }) => status === 200
  )
  counts.refreshes++
  Object.assign(held, { access: body['access_token'], refresh: body['refresh_token'] })
}

/** Half of the people keep what they have for the whole run; the others come and go. */
async function person (
  url: string,
  client: TestClient,
  stays: boolean,
  isOver: () => boolean
): Promise<Held | undefined> {
  let held: Held | undefined
  while (!isOver()) {
    try {
      held ??= await signIn(url, client)
      for (let step = 0; step < 8 && !isOver(); step++) {
        await call(url, held)
        await sleep(PACE)
      }
      await refresh(url, client, held)
      if (stays) continue
      await attempt(
        'revoke',
        () => post(`${url}/revoke`, { ...client, token: held!.refresh }),
        ({ status }) => status === 200
      )
      counts.revocations++
      const { access } = held
      held = undefined
      if ((await ping(url, access).catch(() => undefined)) === 200) failed.push('a revoked token works')
    } catch {
      held = undefined
    }
  }
  return held
}

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
    disturbances++
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
    disturbances--
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
