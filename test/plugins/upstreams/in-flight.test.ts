// The share of one person in the requests that an upstream has at once.
import t from 'tap'
import { createInFlight } from '../../../plugins/upstreams/in-flight.ts'

t.test('there is room for all, and for each, until it is taken', async (t) => {
  const { enter } = createInFlight(3, 2)
  const first = enter('ann')!
  t.ok(enter('ann'))
  t.equal(enter('ann'), undefined, 'her share')
  t.ok(enter('bob'))
  t.equal(enter('eve'), undefined, 'all')
  first()
  t.ok(enter('eve'))
  t.equal(enter('ann'), undefined)
})

t.test('callers who have not signed in have all the room together', async (t) => {
  const { enter } = createInFlight(3, 2)
  for (let number = 1; number <= 3; number++) t.ok(enter(undefined))
  t.equal(enter(undefined), undefined)
})
