// Quotas without a server: what many share is shared fairly, on one instance and on several, and what storage has not
// been told still counts.
import t from 'tap'
import { defaultLimits, type LimitTable } from '../../../config/rate-limits.ts'
import { createAddressPlaces, ADDRESS_PLACES, type PlaceOf } from '../../../plugins/limits/address-places.ts'
import { MAX_APPS_COUNTED } from '../../../plugins/limits/apps-of-person.ts'
import { createQuotas } from '../../../plugins/limits/quotas.ts'
import { createCounters } from '../../../plugins/limits/counters.ts'
import { createSealing } from '../../../plugins/secrets.ts'
import type { Storage } from '../../../plugins/storage/contract.ts'
import { eachStorage } from '../../helpers/each-storage.ts'

const NOON = Math.floor(Date.now() / 86_400_000) * 86_400 + 12 * 3600
const APP = { clientId: 'everybodys-app' }
/** The proportions of the defaults, a tenth of their size. */
const table: LimitTable = { ...defaultLimits, 'calls-per-user': 60, 'calls-per-client': 300, 'calls-per-tool': 300 }

function openQuotas (storage: Pick<Storage, 'count'>, limits = table, now = () => NOON + 5, placeOf?: PlaceOf) {
  const counters = createCounters(storage, now, {
    warn ({ err }: { err?: unknown }) {
      throw err
    }
  })
  const quotas = createQuotas(counters, limits, now, placeOf)
  /** @returns how many of these calls were made. */
  const calls = (caller: string, count: number, { tool = 'analyze', app = APP } = {}) =>
    Array.from({ length: count }, () => quotas.take(caller, app, tool)).filter((refusal) => refusal === undefined)
      .length
  return { ...quotas, calls, counters }
}

for (const attackers of [6, 25, 1_000]) {
  eachStorage(
    `${attackers} people who spend all of an app and of a tool leave everybody else their part (ME-03)`,
    async (t, open) => {
      const { calls, take, counters } = openQuotas(await open(() => NOON + 5))
      t.teardown(counters.close)
      t.equal(calls('ann', 1), 1)
      for (let index = 0; index < attackers; index++) calls(`attacker ${index}`, 60)
      const fair = Math.max(3, Math.floor(300 / (attackers + 1)))
      t.equal(
        calls('ann', fair - 1), fair - 1,
        'below the fair part nothing is refused because of others'
      )
      t.match(
        take('ann', APP, 'analyze'),
        new RegExp(
          `limit of 300 tool calls a minute for this app is reached, and this person has had their part of it, ${fair}\\.`
        )
      )
      t.equal(
        calls('bob', 1, { app: { clientId: 'another app' } }), 1,
        'the tool is there for people of other apps'
      )
      t.equal(calls('eve', 3), 3, 'and for whoever comes last')
      await counters.flush()
      t.equal(calls('fay', 3), 3, 'also once storage has counted')
      t.equal(calls('attacker 0', 1), 0, 'who has had their part waits')
    }
  )
}

t.test('the parts of all together are not much more than the whole', async (t) => {
  const { calls, counters } = openQuotas({ count: async (list) => list.map(({ by }) => by) })
  t.teardown(counters.close)
  let made = 0
  for (let index = 0; index < 100; index++) made += calls(`person ${index}`, 60)
  t.ok(made <= 300 * (1 + Math.log(100) + 1), `${made} calls of 100 people within a limit of 300`)
})

t.test('one person alone can have all of what is shared, and no more than their own', async (t) => {
  const storage = { count: async (list: readonly { by: number }[]) => list.map(({ by }) => by) }
  const shared = openQuotas(storage, { ...table, 'calls-per-user': 1_000 })
  const own = openQuotas(storage)
  t.teardown(() => Promise.all([shared.counters.close(), own.counters.close()]))
  t.equal(shared.calls('ann', 500), 300)
  t.match(shared.take('ann', APP, 'analyze'), /for this app is reached/)
  t.equal(own.calls('ann', 100), 60)
  t.match(
    own.take('ann', APP, 'analyze'),
    /limit of 60 tool calls a minute for one person is reached\. Wait 55 seconds/
  )
})

eachStorage('people are counted once, whichever instances they call, and after a restart', async (t, open) => {
  const [one, two] = [openQuotas(await open(() => NOON + 5)), openQuotas(await open(() => NOON + 5))]
  t.teardown(() => Promise.all([one.counters.close(), two.counters.close()]))
  for (let round = 0; round < 3; round++) {
    for (const { calls, counters } of [one, two]) {
      for (const caller of ['ann', 'bob', 'eve']) calls(caller, 40)
      await counters.flush()
      await counters.flush()
    }
  }
  const people = `calls-per-client ${Math.floor((NOON + 5) / 60)} ${APP.clientId} people`
  t.strictSame([one.counters.value(people), two.counters.value(people)], [3, 3])
  const third = openQuotas(await open(() => NOON + 5))
  t.teardown(() => third.counters.close())
  t.equal(third.calls('ann', 1), 1, 'a process that has just begun knows nothing yet')
  await third.counters.flush()
  await third.counters.flush()
  t.equal(third.counters.value(people), 3)
  t.equal(third.calls('ann', 1), 0, 'and then counts on from where the others are')
})

t.test('messages count for their caller, also those that are refused, and each of a batch (ME-02)', async (t) => {
  let now = NOON + 10
  const { takeMessages, floodWait, counters } = openQuotas(
    { count: async (list) => list.map(({ by }) => by) },
    { ...table, 'messages-per-user': 10 },
    () => now
  )
  t.teardown(counters.close)
  t.equal(takeMessages('ann', 9), undefined)
  t.strictSame(
    takeMessages('ann', 2),
    { limit: 10, wait: 50, isFirst: true },
    'a batch that does not fit is refused whole'
  )
  t.strictSame(takeMessages('ann', 1), { limit: 10, wait: 50, isFirst: false })
  t.equal(floodWait('ann'), undefined)
  takeMessages('ann', 8)
  t.equal(floodWait('ann'), 50)
  t.strictSame([takeMessages('bob', 10), floodWait('bob')], [undefined, undefined], 'nobody pays for others')
  now += 50
  t.strictSame([takeMessages('ann', 1), floodWait('ann')], [undefined, undefined], 'a new minute')
})

/** A storage that knows which counters were written. */
function createRecorder () {
  const written = new Set<string>()
  const count = async (list: readonly { key: string; by: number }[]) =>
    list.map(({ key, by }) => {
      written.add(key)
      return by
    })
  return { written, count }
}

t.test('a person who connects ever new apps leaves a bounded number of counters, also in memory (OW-25)', async (t) => {
  const { written, count } = createRecorder()
  let now = NOON + 5
  const limits = {
    ...table,
    'calls-per-user': 5_000,
    'calls-per-tool': 5_000
  }
  const { take, calls, counters } = openQuotas({ count }, limits, () => now)
  t.teardown(counters.close)
  const use = (apps: number) => {
    for (let app = 0; app < apps; app++) take('ann', { clientId: `app ${app}` }, 'analyze')
  }
  use(2_000)
  await counters.flush()
  const ofDay = [...written].filter((key) => key.startsWith('calls-per-client-day '))
  t.ok(ofDay.length <= 3 * (MAX_APPS_COUNTED + 1), `${ofDay.length} counters of a day`)
  t.equal(calls('ann', 1, { tool: 'search', app: { clientId: 'app 1999' } }), 0, 'those beyond it are counted as one')
  t.equal(calls('ann', 1, { tool: 'search', app: { clientId: 'app 7' } }), 1)
  t.equal(calls('bob', 1, { tool: 'search', app: { clientId: 'app 1999' } }), 1, 'for others each is an app of its own')
  now += 86_400
  written.clear()
  use(10)
  await counters.flush()
  t.equal([...written].filter((key) => key.startsWith('calls-per-client-day ')).length, 30, 'the next day begins anew')
})

t.test('addresses without number, of many IPv6 networks, leave a bounded number of counters (OW-08)', async (t) => {
  const { written, count } = createRecorder()
  const placeOf = createAddressPlaces(createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A']))
  const { take, counters } = openQuotas({ count }, table, undefined, placeOf)
  t.teardown(counters.close)
  for (let index = 0; index < 5_000; index++) take(`address 2001:db8:${index.toString(16)}::`, null, 'analyze')
  await counters.flush()
  const ofDay = [...written].filter((key) => key.includes('-day '))
  t.ok(ofDay.length <= ADDRESS_PLACES.share + 2, `${ofDay.length} counters of a day`)
})
