// What a connection may cost in a second: up to its bound and not beyond, and from zero in the next.
import { mock } from 'node:test'
import t from 'tap'
import { createBudget } from '../../../plugins/upstreams/budget.ts'

t.test('a budget is full beyond its bound, until the second that began with the first cost has passed', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let seconds = 0
  const budget = createBudget(10, () => { seconds++ })
  const isFullAfter = (cost: number) => {
    budget.count(cost)
    return budget.isFull
  }
  t.same([isFullAfter(9), isFullAfter(1), isFullAfter(1)],
    [false, false, true])
  mock.timers.tick(999)
  t.same([budget.isFull, seconds], [true, 0])
  mock.timers.tick(1)
  t.same([budget.isFull, seconds], [false, 1])
  t.same([isFullAfter(10), isFullAfter(1)], [false, true])
  t.equal(budget.end(), true, 'a second was counted')
  mock.timers.tick(2_000)
  t.equal(seconds, 1, 'and is no more')
  t.equal(createBudget(10, () => {}).end(), false)
})
