// What all connections to one upstream say in a second is bounded, however many there are.
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createSharedBudget } from '../../../plugins/upstreams/shared-budget.ts'

t.test('connections that flood wait, and go on one after the other, as far as the next second reaches (UH-08)', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const share = createSharedBudget(10)
  const events: string[] = []
  const begin = (name: string) => {
    const turn = share({ pause: () => events.push(`${name} waits`) }, () => {
      events.push(`${name} reads`)
      turn.count(6)
    })
    return turn
  }
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(begin) as [ReturnType<typeof begin>, ...Array<ReturnType<typeof begin>>]
  a.count(6)
  t.same(events, [])
  for (const turn of [b, c, d]) turn!.count(6)
  t.same(events.splice(0), ['b waits', 'c waits', 'd waits'])
  t.notOk(a.isWaiting)
  t.ok(b!.isWaiting)
  d!.leave()
  mock.timers.tick(1_000)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  t.same(events.splice(0), ['b reads', 'c reads', 'c waits'], 'one in each turn, until there is no room')
  t.notOk(b!.isWaiting)
  mock.timers.tick(1_000)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  t.same(events, ['c reads'])
})
