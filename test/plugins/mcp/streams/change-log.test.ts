// The log of changes: what a stream missed, in order, for as long as the log reaches back.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../../plugins/access-rules/rights.ts'
import { concerns, createChangeLog, type NumberedChange } from '../../../../plugins/mcp/streams/change-log.ts'
import { createLocalEventBus } from '../../../../plugins/event-bus.ts'
import { eachStorage } from '../../../helpers/each-storage.ts'

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
