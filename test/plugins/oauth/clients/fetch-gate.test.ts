// The gate in front of everything that a client names: how much is fetched at all, on whose behalf (threats CL-01,
// CL-02, OW-03).
import { readFile, readdir } from 'node:fs/promises'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { createFetchGate, FETCH_BOUNDS, WHEN_BUSY, type Lane } from '../../../../plugins/oauth/clients/fetch-gate.ts'
import { FetchRefused } from '../../../../plugins/oauth/clients/safe-fetch.ts'

let addresses = 0
/** From another site each time. */
const newRequest = () => ({ ip: `2001:db8:${(addresses++).toString(16)}::1` }) as FastifyRequest
const request = newRequest()

function makeGate () {
  const state = {
    now: 1_800_000_000,
    fetched: [] as string[],
    counted: 0,
    failing: false,
    waiting: [] as Array<() => void>,
    held: false
  }
  const gate = createFetchGate({
    insecureHosts: [],
    now: () => state.now,
    limits: {
      async attempt () {
        state.counted++
      }
    },
    async fetch (url) {
      state.fetched.push(url.href)
      if (state.held) await new Promise<void>((resolve) => state.waiting.push(resolve))
      if (state.failing) throw new FetchRefused('it answers 500')
      return { body: url.href, maxAge: 300 }
    }
  })
  const ask = (url: string, lane: Lane = 'stranger', person?: string, request = newRequest()) =>
    gate.fetch({ url: new URL(url), kind: 'document', lane, person, request, read: (body) => body })
  return { state, gate, ask }
}
const refusals = async (work: Array<Promise<unknown>>) =>
  (await Promise.allSettled(work)).filter(({ status }) => status === 'rejected').length

t.test(
  'so many a minute, of one host and of all; what strangers use up is not what known clients need (CL-02)',
  async (t) => {
    const { state, ask } = makeGate()
    const { perMinute, perMinutePerShare } = FETCH_BOUNDS
    for (let index = 0; index < perMinutePerShare; index++) await ask(`https://one.example/${index}`)
    await t.rejects(ask('https://one.example/more'), { name: 'FetchRefused' })
    for (let index = perMinutePerShare; index < perMinute; index++) await ask(`https://h${index}.example/c`)
    await t.rejects(ask('https://another.example/c'), { name: 'FetchRefused' })
    t.equal(state.fetched.length, perMinute)
    await ask('https://one.example/known', 'known')
    state.now += 60
    await ask('https://one.example/more')
  }
)

t.test('so many at once, of one host and of all', async (t) => {
  const { state, ask } = makeGate()
  const { underWay, underWayPerShare } = FETCH_BOUNDS
  state.held = true
  const sameHost = Array.from({ length: underWayPerShare + 3 }, (_, index) => ask(`https://one.example/${index}`))
  const others = Array.from({ length: underWay }, (_, index) => ask(`https://h${index}.example/c`))
  const settled = refusals([...sameHost, ...others])
  await new Promise(setImmediate)
  t.equal(state.fetched.length, underWay)
  for (const go of state.waiting.splice(0)) go()
  t.equal(await settled, 3 + underWayPerShare)
  state.held = false
  await ask('https://one.example/again')
})

t.test(
  'what is under way is joined, what failed is not tried again for half a minute, and neither costs anybody anything',
  async (t) => {
    const { state, ask } = makeGate()
    await Promise.all(Array.from({ length: 50 }, () => ask('https://app.example/c')))
    t.match({ fetched: state.fetched.length, counted: state.counted }, { fetched: 1, counted: Number })
    state.failing = true
    t.equal(await refusals([ask('https://bad.example/c'), ask('https://bad.example/c', 'known')]), 2)
    const before = state.counted
    t.equal(await refusals([ask('https://bad.example/c'), ask('https://bad.example/c', 'known')]), 2)
    t.same({ fetched: state.fetched.length, counted: state.counted }, { fetched: 2, counted: before })
    state.failing = false
    state.now += 31
    await ask('https://bad.example/c')
  }
)

t.test('a stranger is counted by address, before anything that all share is used', async (t) => {
  const state = { fetched: 0 }
  const gate = createFetchGate({
    insecureHosts: [],
    now: () => 0,
    limits: {
      async attempt (what) {
        throw new Error(what)
      }
    },
    async fetch () {
      state.fetched++
      return { body: 1, maxAge: 1 }
    }
  })
  const ask = (lane: Lane, path: number) =>
    gate.fetch({ url: new URL(`https://app.example/${path}`), kind: 'document', lane, request, read: (body) => body })
  for (let index = 0; index <= FETCH_BOUNDS.perMinutePerShare; index++) { await t.rejects(ask('stranger', index), { message: 'registration' }) }
  t.equal(state.fetched, 0)
  t.match(await ask('known', 0), { value: 1 })
})

t.test('a site with many networks, naming many hosts, leaves other strangers their fetches (OW-09)', async (t) => {
  const { state, ask } = makeGate()
  const network = (index: number) => ({ ip: `2001:db8:ffff:${index.toString(16)}::1` }) as FastifyRequest
  for (let index = 0; index < FETCH_BOUNDS.perMinute; index++) {
    await ask(`https://evil${index}.example/c`, 'stranger', undefined, network(index)).catch(() => {})
  }
  t.equal(state.fetched.length, FETCH_BOUNDS.perMinutePerShare)
  await ask('https://good.example/c')
})

t.test('a site with many networks leaves others a host that it asks again and again (CL-13)', async (t) => {
  const { state, ask } = makeGate()
  const asked = FETCH_BOUNDS.perMinutePerShare
  for (let index = 0; index < asked; index++) {
    const ip = `2001:db8:ffff:${index.toString(16)}::1`
    const url = `https://app.example/${index}`
    const request = { ip } as FastifyRequest
    await ask(url, 'stranger', undefined, request)
      .catch(() => {})
  }
  const most = FETCH_BOUNDS.perMinuteOfSiteAtHost
  t.equal(state.fetched.length, most)
  await ask('https://app.example/client')
})

t.test('one person with apps at many hosts, or a few of them, leave other people their fetches (CL-10)', async (t) => {
  const { state, ask } = makeGate()
  const { perMinute, perMinutePerShare } = FETCH_BOUNDS
  const flood = (person: string) =>
    Array.from({ length: perMinute }, (_, index) => () => ask(`https://${person}${index}.example/c`, 'known', person))
  for (const person of ['mallory', 'her-second', 'her-third', 'her-fourth', 'her-fifth']) {
    for (const next of flood(person)) await next().catch(() => {})
  }
  t.equal(state.fetched.length, 2 * perMinutePerShare + 3 * WHEN_BUSY.perMinutePerShare)
  await ask('https://good.example/keys', 'known', 'ann')
  await t.rejects(ask('https://good.example/more', 'known', 'mallory'), { name: 'FetchRefused' })
})

t.test('hosts that stall leave other hosts and people their fetches (CL-10)', async (t) => {
  const { state, ask } = makeGate()
  state.held = true
  const stalled = Array.from({ length: 8 }, (_, host) =>
    Array.from({ length: 4 }, (_, index) => ask(`https://h${host}.example/${index}`, 'known', `person ${host}`))
  ).flat()
  const good = ask('https://good.example/keys', 'known', 'ann')
  const settled = refusals([...stalled, good])
  await new Promise(setImmediate)
  t.equal(state.fetched.length, FETCH_BOUNDS.underWay / 2 + 4 + 1)
  t.equal(state.fetched.at(-1), 'https://good.example/keys')
  for (const go of state.waiting.splice(0)) go()
  t.equal(await settled, 12)
})

t.test('nothing else fetches what a client names (CL-01)', async (t) => {
  const folder = new URL('../../../../plugins/oauth/clients/', import.meta.url)
  const texts = await Promise.all(
    (await readdir(folder)).map(async (file) => ({ file, text: await readFile(new URL(file, folder), 'utf8') }))
  )
  t.same(
    texts
      .filter(({ text }) => /\bfetchDocument\b/.test(text))
      .map(({ file }) => file)
      .sort(),
    ['fetch-gate.ts', 'safe-fetch.ts']
  )
  t.same(
    texts
      .filter(({ text }) => /\bfetch ?\(|node:https?'|node:dns/.test(text.replaceAll(/gate\.fetch|fetch<T>/g, '')))
      .map(({ file }) => file)
      .sort(),
    ['bounded-agent.ts', 'fetch-gate.ts', 'public-address.ts', 'safe-fetch.ts']
  )
})

t.test("an app's own host has a budget of its own: key sets named elsewhere use up none of it (OW-03)", async (t) => {
  const { ask, state } = makeGate()
  const { perMinutePerShare } = FETCH_BOUNDS
  for (let index = 0; index < perMinutePerShare; index++) await ask(`https://app.example/${index}`, 'known elsewhere')
  await t.rejects(ask('https://app.example/more', 'known elsewhere'), { name: 'FetchRefused' })
  await ask('https://app.example/keys', 'known')
  t.equal(state.fetched.length, perMinutePerShare + 1)
})

t.test('what counts by address, how long a failure is remembered, and how many are (CL-02)', async (t) => {
  const { state, ask } = makeGate()
  await ask('https://one.example/1', 'known')
  await ask('https://one.example/2', 'known elsewhere')
  t.equal(state.counted, 0, 'an app that somebody has allowed costs the address of the request nothing')
  await ask('https://one.example/3')
  t.equal(state.counted, 1)

  state.failing = true
  await t.rejects(ask('https://one.example/broken', 'known'))
  const asked = state.fetched.length
  state.now += 29
  await t.rejects(ask('https://one.example/broken', 'known'))
  t.equal(state.fetched.length, asked, 'not asked again within half a minute')
  state.now += 1
  await t.rejects(ask('https://one.example/broken', 'known'))
  t.equal(state.fetched.length, asked + 1)
})
