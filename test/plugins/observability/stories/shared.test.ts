// One rebuild for all who ask at about the same time, and none that is older than a change they were told of.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createShared } from '../../../../plugins/observability/stories/shared.ts'

/** Each rebuild ends when the test says so. */
function rebuilds () {
  const begun: Array<PromiseWithResolvers<number>> = []
  const make = () => {
    begun.push(Promise.withResolvers<number>())
    return begun.at(-1)!.promise
  }
  return { begun, make }
}

t.test('who asks while it is built, or for a moment afterwards, gets the same', async (t) => {
  const { begun, make } = rebuilds()
  const shared = createShared(make, 40)
  const asked = [shared.get(), shared.get(), shared.get()]
  await sleep(60)
  asked.push(shared.get())
  t.equal(begun.length, 1, 'however long it takes')
  begun[0]!.resolve(1)
  t.same(await Promise.all(asked), [1, 1, 1, 1])
  t.equal(await shared.get(), 1)
  await sleep(80)
  const later = shared.get()
  t.equal(begun.length, 2, 'then it is built again')
  begun[1]!.resolve(2)
  t.equal(await later, 2)
})

t.test('after a change nobody gets what was begun before it', async (t) => {
  const { begun, make } = rebuilds()
  const shared = createShared(make, 40)
  const before = shared.get()
  shared.forget()
  const after = shared.get()
  t.equal(begun.length, 2)
  begun[1]!.resolve(2)
  begun[0]!.resolve(1)
  t.same(await Promise.all([before, after, shared.get()]), [1, 2, 2])
  await sleep(80)
  const later = shared.get()
  t.equal(begun.length, 3)
  begun[2]!.resolve(3)
  t.equal(await later, 3)
})

t.test('a fault is for those who waited for it, and is not kept', async (t) => {
  const { begun, make } = rebuilds()
  const shared = createShared(make, 10_000)
  const asked = [shared.get(), shared.get()]
  begun[0]!.reject(new Error('away'))
  for (const one of asked) await t.rejects(one, { message: 'away' })
  const again = shared.get()
  begun[1]!.resolve(2)
  t.equal(await again, 2)
})
