// Counters that cost a call nothing: here at once, in storage a moment later, and nothing lost between the two.
import t from 'tap'
import { defaultLimits, type LimitTable } from '../../../config/rate-limits.ts'
import { createCounters } from '../../../plugins/limits/counters.ts'
import { createQuotas } from '../../../plugins/limits/quotas.ts'
import { until } from '../../helpers/until.ts'
import type { Storage } from '../../../plugins/storage/contract.ts'

const NOON = Math.floor(Date.now() / 86_400_000) * 86_400 + 12 * 3600
const APP = { clientId: 'everybodys-app' }
const table: LimitTable = { ...defaultLimits }

t.test('what could not be counted is not free: it counts here at once, and in storage later (ME-11)', async (t) => {
  let isAway = true
  const stored = new Map<string, number>()
  const count: Storage['count'] = async (list) => {
    if (isAway) throw new Error('away')
    return list.map(({ key, by }) => {
      stored.set(key, (stored.get(key) ?? 0) + by)
      return stored.get(key)!
    })
  }
  const counters = createCounters({ count }, () => NOON, { warn () {} })
  const { take } = createQuotas(counters, { ...table, 'calls-per-user': 2 }, () => NOON)
  for (let call = 0; call < 2; call++) {
    t.equal(take('ann', APP, 'analyze'), undefined)
    await counters.flush()
  }
  t.match(take('ann', APP, 'analyze'), /2 tool calls a minute/)
  isAway = false
  await counters.close()
  t.strictSame(
    [...new Set([...stored].filter(([key]) => !key.endsWith(' people')).map(([, n]) => n))], [2]
  )
  t.strictSame(
    [...new Set([...stored].filter(([key]) => key.endsWith(' people')).map(([, n]) => n))],
    [1],
    'and the person is counted once'
  )
})

t.test('what could not be counted is tried again by itself (ME-11)', async (t) => {
  let tries = 0
  const count: Storage['count'] = async (list) => {
    if (++tries < 3) throw new Error('away')
    return list.map(({ by }) => by)
  }
  const counters = createCounters({ count }, () => NOON, { warn () {} })
  t.teardown(counters.close)
  counters.add([{ key: 'k', endsAt: NOON + 60, watched: true }])
  t.ok(await until(() => tries === 3))
})

t.test('a counter ends at its second, and this process\'s own calls count before storage has them', async (t) => {
  let now = NOON
  const counters = createCounters({ count: async (list) => list.map(({ by }) => by + 10) }, () => now, { warn () {} })
  t.teardown(counters.close)
  const counter = { key: 'k', endsAt: NOON + 60, watched: true }
  counters.add([counter], 3)
  t.equal(counters.value('k'), 3)
  await counters.flush()
  t.equal(counters.value('k'), 13, 'with those of other instances')
  counters.add([counter])
  t.equal(counters.value('k'), 14)
  now = NOON + 59
  t.equal(counters.value('k'), 14)
  now = NOON + 60
  t.equal(counters.value('k'), 0)
  t.equal(counters.value('never'), 0)
})

t.test('what is being written to storage counts meanwhile (ME-11)', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const count: Storage['count'] = async (list) => {
    await promise
    return list.map(({ by }) => by)
  }
  const counters = createCounters({ count }, () => NOON, { warn () {} })
  const counter = { key: 'k', endsAt: NOON + 60, watched: true }
  counters.add([counter], 3)
  const written = counters.flush()
  counters.add([counter], 2)
  t.equal(counters.value('k'), 5)
  resolve()
  await written
  t.equal(counters.value('k'), 5)
  await counters.close()
})

t.test('an outage is said once at its begin and once at its end, and a stop says how many are lost', async (t) => {
  let isAway = true
  const lines: Array<[object, string]> = []
  const count: Storage['count'] = async (list) => {
    if (isAway) throw new Error('away')
    return list.map(({ by }) => by)
  }
  const log = { warn: (details: object, message: string) => lines.push([details, message]) } as never
  const counters = createCounters({ count }, () => NOON, log)
  for (let round = 0; round < 3; round++) {
    counters.add([{ key: 'k', endsAt: NOON + 60, watched: false }])
    await counters.flush()
  }
  t.equal(lines.length, 1)
  isAway = false
  await counters.flush()
  t.equal(lines.length, 2)
  t.equal(counters.value('k'), 0, 'what nobody watches is not kept once it is stored')
  isAway = true
  counters.add([{ key: 'k', endsAt: NOON + 60, watched: false }], 7)
  await counters.close()
  t.match(JSON.stringify(lines.at(-1)), /7/)
})

t.test('what is written costs what has changed, however many counters there are (BW-26)', async (t) => {
  let [asked, now] = [0, NOON]
  const clock = () => {
    asked++
    return now
  }
  const stored = new Map<string, number>()
  const count: Storage['count'] = async (list) =>
    list.map(({ key, by }) => stored.set(key, (stored.get(key) ?? 0) + by).get(key)!)
  const counters = createCounters({ count }, clock, { warn () {} })
  t.teardown(counters.close)
  const counter = (number: number) => ({ key: `call ${number}`, endsAt: NOON + (number === 0 ? 60 : 3_600), watched: true })
  for (let number = 0; number < 10_000; number++) counters.add([counter(number)])
  await counters.flush()
  asked = 0
  for (let time = 0; time < 200; time++) {
    counters.add([counter(1)])
    await counters.flush()
  }
  t.ok(asked < 2_000, `the clock was asked ${asked} times`)
  t.equal(counters.value('call 1'), 201)
  now += 60
  await counters.flush()
  t.same([counters.value('call 0'), counters.value('call 2')], [0, 1])
})

t.test('what could not be counted is counted later in small steps, a fault in the middle of it too (TF-04)', async (t) => {
  const steps: number[] = []
  const stored = new Map<string, number>()
  let left = 0
  const count: Storage['count'] = async (list) => {
    if (left-- <= 0) throw new Error('away')
    steps.push(list.length)
    return list.map(({ key, by }) => {
      stored.set(key, (stored.get(key) ?? 0) + by)
      return stored.get(key)!
    })
  }
  const counters = createCounters({ count }, () => NOON, { warn () {} })
  const endsAt = NOON + 60
  for (let number = 0; number < 1_200; number++) counters.add([{ key: `call ${number}`, endsAt, watched: true }])
  for (left of [0, 2, Infinity]) await counters.flush()
  await counters.close()
  t.strictSame(steps, [500, 500, 200])
  t.strictSame([stored.size, ...new Set(stored.values())], [1_200, 1], 'each once')
})
