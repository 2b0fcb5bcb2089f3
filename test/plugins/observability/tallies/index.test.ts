// The sums of hours and days: written in batches, added up over instances, gone with the person and with time.
import { createTallies } from '../../../../plugins/observability/tallies/index.ts'
import { mergeInTurns } from '../../../../plugins/observability/tallies/tally.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { storageTest } from '../../../helpers/storages.ts'

const HOUR = 3_600
const call = (user: string, tool = 'search') =>
  ({ at: '', event: 'tool_call', tool, user, client: 'c1', clientName: 'Claude', outcome: 'ok', ms: 12 }) as const

storageTest('calls of two instances are one sum, by hour and by day', async (t, start) => {
  const { app } = await start()
  const [one, other] = [createTallies(app.storage, app.now, app.log), createTallies(app.storage, app.now, app.log)]
  t.teardown(() => Promise.all([one.close(), other.close()]))
  for (const tallies of [one, one, other]) tallies.add(call('ann'))
  await other.flush()
  const day = await one.read('day')
  t.equal(day.length, 24)
  t.equal(day.at(-1)!.at, Math.floor(app.now() / HOUR) * HOUR)
  for (const range of ['day', 'week', 'month'] as const) {
    const slots = await one.read(range)
    t.match(
      slots.at(-1)!.slot,
      { tools: [['search', { calls: 3 }]], people: [['ann', { calls: 3 }]], appNames: [['c1', 'Claude']] },
      range
    )
  }
})

storageTest('a month of full days is read and added up in turns with other requests (AS-03)', async (t, start) => {
  const { app } = await start()
  let turns = 0
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  t.teardown(() => clearImmediate(next))
  const month = await app.tallies.read('month')
  t.ok(turns >= month.length)
  turns = 0
  await mergeInTurns(month.map(({ slot }) => slot))
  t.ok(turns >= month.length)
})

storageTest('a person who is deleted is in no sum any more, stored or waiting', async (t, start) => {
  const { app } = await start()
  app.audit.note('tool_call', call('ann'))
  app.audit.note('tool_call', call('bob'))
  const limits = () => ['ann', 'bob'].forEach((user) => app.audit.note('limit', { user, reason: 'messages-per-user' }))
  limits()
  await app.tallies.flush()
  app.audit.note('tool_call', call('ann'))
  limits()
  await app.tallies.forget('ann')
  for (const range of ['day', 'month'] as const) {
    const { slot } = (await app.tallies.read(range)).at(-1)!
    t.same(slot.people.map(([id]) => id), ['bob'], range)
    t.match(slot.tools, [['search', { calls: 3 }]])
    t.match(
      slot.limits,
      [{ user: 'bob', hits: 2 }],
      `${range}: nor of the limits they met`
    )
    t.equal(slot.limits.length, 1)
  }
})

storageTest('what is older than the range is not shown, and the next hour begins with nothing', async (t, start) => {
  let now = 1_800_000_000
  const { app } = await start()
  const tallies = createTallies(app.storage, () => now, app.log)
  t.teardown(() => tallies.close())
  tallies.add(call('ann'))
  await tallies.flush()
  now += HOUR
  t.same((await tallies.read('day')).at(-1)!.slot.tools, [])
  t.match((await tallies.read('day')).at(-2)!.slot.tools, [['search', { calls: 1 }]])
  now += 24 * HOUR
  t.ok((await tallies.read('day')).every(({ slot }) => slot.tools.length === 0))
  t.match((await tallies.read('week')).at(-2)!.slot.tools, [['search', { calls: 1 }]])
})

storageTest('while storage is away calls wait, and are written when it is back', async (t, start) => {
  const { app } = await start()
  let isAway = true
  const storage: Parameters<typeof createTallies>[0] = {
    collection (kind) {
      const inner = app.storage.collection<any>(kind)
      const update = async (...given: Parameters<typeof inner.update>) => {
        if (isAway) throw new StorageUnavailable('away')
        return inner.update(...given)
      }
      return Object.assign(Object.create(inner), inner, { update })
    }
  }
  const tallies = createTallies(storage, app.now, app.log)
  t.teardown(() => tallies.close())
  tallies.add(call('ann'))
  await tallies.flush()
  t.same((await tallies.read('week')).at(-1)!.slot.tools, [])
  isAway = false
  t.match((await tallies.read('week')).at(-1)!.slot.tools, [['search', { calls: 1 }]])
})

storageTest('of somebody who came today only the days since then are looked at (AW-02)', async (t, start) => {
  const { app } = await start()
  let looked = 0
  const storage = {
    collection: <T>(kind: string) => {
      const records = app.storage.collection<T>(kind)
      const update: typeof records.update = (...asked) => {
        looked++
        return records.update(...asked)
      }
      return { ...records, update }
    }
  }
  const tallies = createTallies(storage, app.now, app.log)
  t.teardown(() => tallies.close())
  tallies.add(call('ann'))
  await tallies.flush()
  looked = 0
  await tallies.forget('ann', app.now() - 60)
  t.ok(looked <= 4, `${looked} records were looked at`)
  t.same((await tallies.read('day')).flatMap(({ slot }) => slot.people), [])
})
