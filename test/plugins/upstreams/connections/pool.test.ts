// Connections by key: shared while they open, kept as long as they are used, and after failures opened with pauses.
import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { OpenConnection } from '../../../../plugins/upstreams/connections/connection.ts'
import { Pool, type PoolOptions } from '../../../../plugins/upstreams/connections/pool.ts'
import { until } from '../../../helpers/until.ts'

interface Made {
  key: string
  inFlight: number
  isClosed: boolean
  end(): void
  close(): Promise<void>
  retire(): void
}

function start (t: Test, options: Partial<PoolOptions> = {}) {
  const made: Made[] = []
  const pool = new Pool({
    upstream: 'crm',
    idleMs: 60_000,
    max: () => 3,
    isHere: async () => true,
    stays: () => false,
    isFollowed: () => false,
    async open (key, _caller, onEnd) {
      await sleep(5)
      const close = () => { one.isClosed = true }
      const one: Made = { key, inFlight: 0, isClosed: false, end: onEnd, close: async () => close(), retire: close }
      made.push(one)
      return one as unknown as OpenConnection
    },
    ...options
  })
  t.teardown(() => pool.close())
  return { pool, made, get: async (key: string) => await pool.get(key, undefined) }
}

const faultOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)

t.test('those who come while it opens share it, and each key has its own', async (t) => {
  const { pool, made, get } = start(t)
  const [a, b, c] = await Promise.all([get('ann'), get('ann'), get('bob')])
  t.equal(a, b)
  t.not(a, c)
  t.equal(made.length, 2)
  t.equal(pool.size, 2)
  t.ok(Math.abs(pool.since! - Date.now() / 1_000) < 60)
})

t.test('one that nobody uses ends; one with a request, over which something is followed, or that stays, does not', async (t) => {
  const { pool, made, get } = start(
    t, { idleMs: 100, max: () => 4, stays: (key) => key === 'stays', isFollowed: (key) => key === 'followed' }
  )
  await Promise.all(['stays', 'busy', 'followed', 'idle'].map(get))
  made.find(({ key }) => key === 'busy')!.inFlight = 1
  t.ok(await until(() => made.some(({ isClosed }) => isClosed)))
  t.same(made.filter(({ isClosed }) => isClosed).map(({ key }) => key), ['idle'])
  t.equal(pool.size, 3)
})

t.test('of hundreds over which something is followed, no more stay than leave streams for others', async (t) => {
  const { pool, get } = start(
    t, { idleMs: 1_000, max: () => 1_000, isFollowed: () => true }
  )
  await Promise.all(Array.from({ length: 300 }, (_, person) => get(`${person}`)))
  const now = mock.method(performance, 'now')
  t.teardown(() => now.mock.restore())
  const later = performance.now() + 300_000
  now.mock.mockImplementation(() => later)
  t.ok(await until(() => pool.size < 300))
  t.equal(pool.size, 128)
})

t.test('one over which something is followed ends after an hour, and makes room like any other', async (t) => {
  const now = mock.method(performance, 'now')
  t.teardown(() => now.mock.restore())
  const { made, get } = start(t, { idleMs: 1_000, max: () => 1, isFollowed: () => true })
  await get('ann')
  const later = performance.now() + 3_599_000
  now.mock.mockImplementation(() => later)
  await sleep(600)
  t.equal(made[0]!.isClosed, false)
  await get('bob')
  t.same(made.map(({ isClosed }) => isClosed), [true, false], 'made room')
  now.mock.mockImplementation(() => later + 3_601_000)
  t.ok(await until(() => made[1]!.isClosed))
})

t.test('who has left is looked for four times in the time that one may be idle', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let asked = 0
  const isHere = async () => { asked++; return true }
  const { pool } = start(t, { idleMs: 40_000, isHere, stays: () => true })
  await pool.get('ann', { id: 'ann', groups: [], clientId: 'app' })
  mock.timers.tick(40_000)
  t.equal(asked, 4)
})

t.test('whoever has been locked or deleted has no connection any more; while nobody can say, all stay (UP-09)', async (t) => {
  const left = new Set<string>()
  const asked = new Set<string>()
  const isHere = async (id: string) => {
    asked.add(id)
    if (id === 'unknown') throw new Error('storage is away')
    return !left.has(id)
  }
  const { pool, made } = start(t, { idleMs: 1_000, max: () => 4, isHere, stays: () => true })
  for (const id of ['ann', 'bob', 'unknown']) await pool.get(id, { id, groups: [], clientId: 'app' })
  await pool.get('', undefined)
  made.forEach((one) => { one.inFlight = 1 })
  left.add('bob')
  t.ok(await until(() => made.some(({ isClosed }) => isClosed)))
  t.same(made.filter(({ isClosed }) => isClosed).map(({ key }) => key), ['bob'])
  t.same([...asked].sort(), ['ann', 'bob', 'unknown'])
  t.equal(pool.size, 3)
})

t.test('whoever is locked while their connection opens has none either: it ends as soon as it is open (UP-09)', async (t) => {
  const opening = Promise.withResolvers<OpenConnection>()
  let asked = 0
  const isHere = async () => { asked++; return false }
  const { pool } = start(t, { idleMs: 1_000, isHere, open: () => opening.promise })
  const waiting = faultOf(
    Promise.resolve(pool.get('ann', { id: 'ann', groups: [], clientId: 'app' }))
  )
  t.ok(await until(() => asked > 0))
  let closed = 0
  opening.resolve({ inFlight: 0, async close () { closed++ } } as unknown as OpenConnection)
  t.match(await waiting, { fault: 'ended', wasSent: false })
  t.equal(closed, 1)
  t.equal(pool.size, 0)
})

t.test('with as many as may be, the one that was idle longest makes room, and none that is used', async (t) => {
  const { made, get } = start(t)
  for (const key of ['a', 'b', 'c']) {
    await get(key)
    await sleep(2)
  }
  await get('d')
  t.same(made.filter(({ isClosed }) => isClosed).map(({ key }) => key), ['a'])
  for (const one of made) one.inFlight = 1
  t.match(await faultOf(get('e')), { name: 'UpstreamError', fault: 'busy', wasSent: false })
})

t.test('one that ends by itself is opened again; one that never lasts is not, for a while', async (t) => {
  const { pool, made, get } = start(t)
  for (let time = 1; time <= 2; time++) {
    await get('ann')
    made.at(-1)!.end()
  }
  t.equal(pool.size, 0)
  t.match(await faultOf(get('ann')), { fault: 'unreachable', wasSent: false })
  t.equal(made.length, 2)
  t.ok(await get('bob'), 'of nobody else')
})

t.test('the reason of a failure is the answer until it is tried again', async (t) => {
  let tries = 0
  const { pool, get } = start(t, {
    async open () {
      throw new Error(`no such program ${++tries}`)
    }
  })
  const faults = [await faultOf(get('a')), await faultOf(get('a')), await faultOf(get('a'))] as Error[]
  t.same(faults.map(({ message }) => message), [1, 2, 2].map((number) => `no such program ${number}`))
  t.equal(pool.fault?.message, 'no such program 2')
})

t.test('what has not opened is given up when the pool is closed, and nobody waits for it', async (t) => {
  const { pool, get } = start(t, {
    open: (_key, _caller, _onEnd, signal) =>
      new Promise(
        (_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up')))
      )
  })
  const opening = faultOf(get('ann'))
  await pool.close()
  t.match(await opening, { message: 'given up' })
})

t.test('what opens while the pool is closed is closed as well', async (t) => {
  const { pool, made, get } = start(t)
  const opening = faultOf(get('ann'))
  await pool.close()
  t.match(await opening, { fault: 'ended' })
  t.ok(made[0]!.isClosed)
})

t.test('its end gives up what is still opening', async (t) => {
  const { pool, get } = start(t, {
    open: (_key, _caller, _onEnd, signal) =>
      new Promise(
        (_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up')))
      )
  })
  const opening = faultOf(get('slow'))
  await pool.close()
  t.match(await opening, { message: 'given up' })
})

t.test('a clock that had leapt ahead when one failed keeps nobody waiting (SG-12)', async (t) => {
  const { now } = Date
  const steady = performance.now.bind(performance)
  t.teardown(() => {
    Date.now = now
    performance.now = steady
  })
  let tries = 0
  const { get } = start(t, { async open () { throw new Error(`away ${++tries}`) } })
  Date.now = () => now() + 86_400_000
  await faultOf(get('a'))
  await faultOf(get('a'))
  Date.now = now
  performance.now = () => steady() + 3_000
  t.match(await faultOf(get('a')), { message: 'away 3' })
})

t.test('a person with many apps has ten connections: their own oldest idle one makes room (UP-12)', async (t) => {
  const { pool, made } = start(t, { max: () => 1_000 })
  const open = async (id: string, app: number) => await pool.get(`${id} ${app}`, { id, groups: [], clientId: `app ${app}` })
  await open('bob', 1)
  for (let app = 1; app <= 250; app++) await open('ann', app)
  t.equal(pool.size, 11)
  t.notOk(made[0]!.isClosed, 'nobody else is affected')
  for (const one of made) one.inFlight = 1
  t.match(await faultOf(open('ann', 251)), { fault: 'busy', wasSent: false })
  await open('bob', 2)
})

t.test('one that ends after it has lasted is opened again at once, and is no fault', async (t) => {
  const now = mock.method(performance, 'now')
  t.teardown(() => now.mock.restore())
  const { pool, made, get } = start(t)
  await get('ann')
  const later = performance.now() + 60_000
  now.mock.mockImplementation(() => later)
  made[0]!.end()
  t.equal(pool.fault, undefined)
  await get('ann')
  t.equal(made.length, 2)
})
