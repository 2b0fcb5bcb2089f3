// Changes of one grant run one after the other (threat GR-06).
import t from 'tap'
import { createGrantQueue } from '../../../../plugins/oauth/grants/grant-queue.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'

t.test(
  'work on one id goes one after the other, work on others does not wait, and one fault of storage is enough for all (GR-06)',
  async (t) => {
    const inTurn = createGrantQueue()
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = inTurn('a', async () => {
      await gate.promise
      order.push('a1')
    })
    const second = inTurn('a', async () => {
      order.push('a2')
    })
    await inTurn('b', async () => {
      order.push('b')
    })
    gate.resolve()
    await Promise.all([first, second])
    t.same(order, ['b', 'a1', 'a2'])

    let asked = 0
    const away = () =>
      inTurn('a', async () => {
        asked++
        throw new StorageUnavailable('away')
      })
    const results = await Promise.allSettled([away(), away(), away()])
    t.same(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected']
    )
    t.equal(asked, 1, 'nobody waits for the same timeout again')
    const others = [
      inTurn('a', async () => {
        throw new Error('its own')
      }),
      inTurn('a', async () => 'fine')
    ]
    t.same(
      (await Promise.allSettled(others)).map(({ status }) => status),
      ['rejected', 'fulfilled'],
      'any other error is its own'
    )
  }
)

t.test('what has waited for five seconds is not begun any more, and does not keep the next from it (GR-06)', async (t) => {
  const { now } = performance
  t.teardown(() => { performance.now = now })
  let later = 0
  performance.now = () => now.call(performance) + later
  const inTurn = createGrantQueue()
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const first = inTurn('a', () => gate.promise)
  const waiting = inTurn('a', async () => { begun++ })
  later = 5_001
  gate.resolve()
  await first
  await t.rejects(waiting, StorageUnavailable)
  t.equal(begun, 0)
  t.equal(await inTurn('a', async () => 'fine'), 'fine')
})

t.test('who comes while the second is at work waits for it (GR-06)', async (t) => {
  const inTurn = createGrantQueue()
  const gate = Promise.withResolvers<void>()
  const first = inTurn('a', async () => {})
  const second = inTurn('a', () => gate.promise)
  await first
  await new Promise(setImmediate)
  let begun = false
  const third = inTurn('a', async () => { begun = true })
  t.equal(begun, false)
  gate.resolve()
  await Promise.all([second, third])
  t.equal(begun, true)
})
