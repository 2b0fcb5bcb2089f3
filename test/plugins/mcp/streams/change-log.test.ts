// The log of changes: what a stream missed, in order, for as long as the log reaches back.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../../plugins/access-rules/rights.ts'
import { concerns, createChangeLog, forgetChangesOf, type NumberedChange } from '../../../../plugins/mcp/streams/change-log.ts'
import { createLocalEventBus } from '../../../../plugins/event-bus.ts'
import { eachStorage } from '../../../helpers/each-storage.ts'

const storageAway = { collection: () => ({ update: async () => { throw new Error('away') } }) } as never
const change = (uri: string) => ({ kind: 'resource_updated' as const, uri })

eachStorage('a subscriber gets numbered changes, and can catch up after any of them', async (t, open) => {
  const now = () => 1_800_000_000
  const log = createChangeLog(createLocalEventBus(), await open(now), now, { warn () {} })
  const heard: NumberedChange[] = []
  const unsubscribe = log.subscribe((change) => heard.push(change))
  const start = await log.newest()
  t.strictSame(await log.since(start), [])
  t.equal(await log.since(start - 3_600_001), undefined, 'before the log began')
  await log.announce([])
  await log.announce([change('a'), change('b')])
  unsubscribe()
  await log.announce([change('c')])
  t.strictSame(heard, [{ number: start + 1, change: change('a') }, { number: start + 2, change: change('b') }])
  t.strictSame((await log.since(start + 1))?.map(({ change }) => change), [change('b'), change('c')])
  await log.announce(Array.from({ length: 500 }, () => change('d')))
  t.equal(await log.since(start + 1), undefined, 'the log no longer reaches back that far')
})

eachStorage('of somebody who is deleted nothing is left in the log, and others miss nothing by it (AC-38)', async (t, open) => {
  let time = 1_800_000_000
  const now = () => time
  const storage = await open(now)
  const log = createChangeLog(createLocalEventBus(), storage, now, { warn () {} })
  const start = await log.newest()
  await log.announce([change('a'), { ...change('note:theirs'), user: 'ann' }, { ...change('note:other'), user: 'bob' }])
  const stored = async () => JSON.stringify(await storage.collection('mcpChanges').find('log'))
  for (let hours = 0; hours < 24; hours++) {
    time += 3_000
    await log.announce([change(`${hours}`)])
  }
  t.match(await stored(), /note:theirs.*ann/, 'it lives on as long as anything changes')
  await forgetChangesOf(storage, 'ann')
  t.notMatch(await stored(), /note:theirs|ann/)
  const left = (await log.since(start))!
  t.same(left.map(({ number }) => number), Array.from({ length: 27 }, (_, index) => start + 1 + index))
  t.same([left[0]!.change, left[2]!.change], [change('a'), { ...change('note:other'), user: 'bob' }])
  for (const user of ['ann', 'bob', null]) {
    t.notOk(concerns(left[1]!.change, { user, rights: () => ALL_RIGHTS }))
  }
  await forgetChangesOf(storage, 'nobody')
  t.same(await log.since(start), left)
})

t.test('many changes at once are written together, and the log stays small however long their names are (UC-09)', async (t) => {
  let record: { entries: NumberedChange[] } | undefined
  let writes = 0
  const storage = {
    collection: () => ({
      find: async () => record,
      async update (_id: string, decide: (found: unknown) => { write: { record: never }, result: unknown }) {
        await new Promise(setImmediate)
        const { write, result } = decide(record)
        record = write.record
        writes++
        return result
      }
    })
  } as never
  const log = createChangeLog(createLocalEventBus(), storage, () => 1, { warn () {} })
  const heard: number[] = []
  log.subscribe(({ number }) => heard.push(number))
  const start = await log.newest()
  const long = (number: number) => change(`x://${number}`.padEnd(20_000, '.'))
  await Promise.all(Array.from({ length: 100 }, (_, number) => log.announce([long(number)])))
  t.strictSame(heard, Array.from({ length: 100 }, (_, index) => start + 1 + index))
  t.ok(writes <= 2, `${writes} writes`)
  t.ok(JSON.stringify(record).length < 300_000)
  t.equal(await log.since(start), undefined, 'who missed more asks again')
  t.strictSame((await log.since(start + 98))?.map(({ number }) => number), [start + 99, start + 100])
})

t.test('many changes are told ten in a turn, so that others get theirs', async (t) => {
  const turns: number[] = []
  const bus = { publish: (_topic: string, changes: unknown[]) => turns.push(changes.length) }
  const storage = { collection: () => ({ update: async () => { throw new Error('away') } }) }
  const log = createChangeLog(bus as never, storage as never, () => 1, { warn () {} })
  const announced = log.announce(Array.from({ length: 25 }, () => change('a')))
  await new Promise(setImmediate)
  t.ok(turns.length < 3, `${turns}`)
  await announced
  t.strictSame(turns, [10, 10, 5])
})

t.test('a change that cannot be stored is published all the same, without a number', async (t) => {
  const warnings: unknown[] = []
  const storage = { collection: () => ({ update: async () => { throw new Error('away') } }) } as never
  const log = createChangeLog(createLocalEventBus(), storage, () => 1, { warn: (details) => warnings.push(details) })
  const heard: NumberedChange[] = []
  log.subscribe((change) => heard.push(change))
  await log.announce([change('a')])
  t.strictSame(heard, [{ number: 0, change: change('a') }])
  t.equal(warnings.length, 1)
})

const stream = (user: string | null) => ({ user, rights: () => ALL_RIGHTS })

t.test('a change of one person concerns no one else', async (t) => {
  t.ok(concerns(change('a'), stream('ann')) && concerns(change('a'), stream(null)))
  t.ok(concerns({ ...change('a'), user: 'ann' }, stream('ann')))
  t.notOk(concerns({ ...change('a'), user: 'ann' }, stream('bob')) || concerns({ ...change('a'), user: 'ann' }, stream(null)))
})

t.test('a change of a document concerns those who may see it', async (t) => {
  const { rightsOf, audienceOf } = evaluate({ groups: { finance: [] }, rules: [{ who: ['finance'], documents: ['f/**'] }] }, '1')
  const member = { user: 'ann', rights: () => rightsOf({ groups: ['finance'] }) }
  const hidden = { ...change('a'), audiences: [audienceOf('f/a.md')] }
  t.ok(concerns(hidden, member))
  t.notOk(concerns(hidden, { user: 'bob', rights: () => rightsOf({}) }) || concerns(hidden, { user: null, rights: () => rightsOf(null) }))
  t.notOk(concerns({ ...change('a'), audiences: [audienceOf('elsewhere')] }, member), 'nobody may see it')
  t.ok(concerns({ ...change('a'), audiences: [audienceOf('elsewhere'), audienceOf('f/a.md')] }, member), 'one of several is enough')
})

t.test('whom a change concerns is found by the rights of the stream, looked up once, however much it names (UC-11)', async (t) => {
  let lookedUp = 0
  const { rightsOf } = evaluate({ groups: {}, rules: [{ who: ['everyone'], tools: ['crm_99'] }] }, '1')
  const recipient = {
    user: 'ann',
    rights () {
      lookedUp++
      return rightsOf(null)
    }
  }
  const things = Array.from({ length: 100 }, (_, number) => [`crm_${number}`])
  t.ok(concerns({ kind: 'tools_list_changed', of: { upstream: 'crm', kind: 'tools', things } }, recipient))
  t.equal(lookedUp, 1)
  t.ok(concerns({ kind: 'resource_updated', uri: 'note:a', user: 'ann' }, recipient))
  t.equal(lookedUp, 1, 'and not where nobody else is concerned')
})

t.test('streams are told of changes in turns with other requests, and one that ended meanwhile is not (UC-11)', async (t) => {
  const log = createChangeLog(createLocalEventBus(), storageAway, () => 1, { warn () {} })
  const told: number[] = []
  const ends: Array<() => void> = []
  for (let stream = 0; stream < 10; stream++) {
    ends.push(log.subscribe(() => {
      told.push(stream)
      for (const until = performance.now() + 6; performance.now() < until;);
    }))
  }
  await log.announce([change('a')])
  t.ok(told.length < 3, `${told.length} in the first turn`)
  ends[9]!()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.strictSame(told, [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

t.test('a stream that cannot be told keeps no other from being told', async (t) => {
  const warnings: string[] = []
  const log = createChangeLog(createLocalEventBus(), storageAway, () => 1, { warn: (_, message) => warnings.push(message) })
  log.subscribe(() => { throw new Error('broken') })
  let told = 0
  log.subscribe(() => { told++ })
  await log.announce([change('a')])
  t.equal(told, 1)
  t.ok(warnings.some((line) => line.includes('could not be told')))
})
